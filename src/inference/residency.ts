import { AppError } from '../contract/errors.ts'
import type { KeptForLater, ResidentModel } from '../contract/inference.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../runtime/session.ts'
import { fitsBeside, nextStep, type Claim, type MemoryState, type MemoryStep, type ModelNeed } from './memory-plan.ts'
import { ownedBy } from './owned-runtime.ts'

/** What a request does with a model, as far as its memory depends on it. */
export interface Work {
  /** Of a picture. */
  readonly pixels?: number | undefined
  /** What is added to the picture model, by its place among the model's adapters. */
  readonly adapters?: readonly ('ipAdapter' | 'controlNet')[]
}

/** How a model comes into memory. Sessions loaded through `runtime` belong to it. */
export interface Loader<Model> {
  readonly role: string
  readonly name: string
  /** Leaves memory only where nothing else can. */
  readonly pinned?: boolean
  /** Bytes that it takes: weights, and room for the work. An estimate; 0 where nothing is known. */
  needBytes(work: Work): number
  load(runtime: Runtime): Promise<Model>
  /** What the loaded model keeps for later requests. */
  kept?(this: void, model: Model): KeptForLater
}

interface Resident {
  readonly id: string
  readonly loader: Loader<unknown>
  readonly model: Promise<unknown>
  readonly sessions: ReadonlySet<Session>
  /** At the largest work so far. */
  estimatedBytes: number
  /** Once it is loaded. */
  kept?: () => KeptForLater | undefined
  loaded: boolean
  /** Leases that have it. */
  users: number
  /** Milliseconds since the epoch. */
  lastUse: number
}

interface OpenClaim extends Claim {
  readonly loaders: readonly Loader<unknown>[]
  readonly lease: Map<Loader<unknown>, Resident>
  passes: number
  readonly settle: (error?: AppError) => void
}

/** Models for one request: none of them leaves memory before `end`. */
export interface Lease {
  /**
   * Waits until there is room for all the models that a request needs beside those in use. Throws AppError
   * `model/too-large` when they do not fit even alone.
   */
  claim(loaders: readonly Loader<unknown>[], work?: Work): Promise<void>
  /** The loader's model, claimed if it was not; loaded when it is not there. Requests at once share one load. */
  get<Model>(loader: Loader<Model>, work?: Work): Promise<Model>
  end(): void
}

/** A model that was not loaded ahead. */
export interface Unloaded {
  readonly loader: Loader<unknown>
  readonly reason?: unknown
}

/** The models in memory, by their loaders. */
export interface Residency {
  lease(): Lease
  /** Loads those that fit beside what is there, and returns the others, with the reason where a load failed. */
  preload(loaders: readonly Loader<unknown>[]): Promise<readonly Unloaded[]>
  /** What is in memory, or on its way; the longest unused first. */
  list(): readonly ResidentModel[]
}

/** Where models of a role are loaded, and what they may take there. */
export interface ResidencyPlaces {
  runtimeOf(this: void, role: string): Runtime
  /** Bytes for models by `deviceName`; on a device without a line they stay. */
  readonly budgets: ReadonlyMap<string, number>
}

/** Keeps models in memory by need and recency, within each device's budget; the decisions are memory-plan.ts's. */
export function createResidency({ runtimeOf, budgets }: ResidencyPlaces): Residency {
  const deviceOf = ({ role }: Loader<unknown>) => runtimeOf(role).deviceName
  const ids = new Map<Loader<unknown>, string>()
  const residents = new Map<Loader<unknown>, Resident>()
  let waiting: readonly OpenClaim[] = []
  let releasing: Promise<unknown> = Promise.resolve()
  let lastId = 0
  let timer: NodeJS.Timeout | undefined

  const needOf = (loader: Loader<unknown>, work: Work): ModelNeed => {
    const id = ids.get(loader) ?? `${loader.role} ${loader.name} ${ids.size}`
    ids.set(loader, id)
    return { id, device: deviceOf(loader), bytes: loader.needBytes(work) }
  }

  const stateNow = (): MemoryState => ({
    budgets,
    residents: [...residents.values()].map((model) => ({
      id: model.id,
      device: deviceOf(model.loader),
      bytes: Math.max(model.estimatedBytes, weightBytes(model)),
      users: model.users,
      lastUse: model.lastUse,
      pinned: model.loader.pinned === true,
    })),
    waiting,
    now: Date.now(),
  })

  /** Does what the plan says until there is nothing to do. */
  function proceed(): void {
    clearTimeout(timer)
    for (let step = nextStep(stateNow()); step; step = nextStep(stateNow())) {
      if (step.type === 'wait') {
        timer = setTimeout(proceed, step.until - Date.now())
        return
      }
      take(step)
    }
  }

  function take(step: Exclude<MemoryStep, { type: 'wait' }>): void {
    if (step.type !== 'refuse') for (const resident of residentsOf(step.drop)) release(resident)
    if (step.type === 'drop') return
    const claim = waiting.find(({ id }) => id === step.claim)!
    waiting = waiting.filter((other) => other !== claim)
    if (step.type === 'refuse') return claim.settle(tooLarge(claim.loaders, step))
    for (const other of waiting) if (step.passed.includes(other.id)) other.passes += 1
    for (const [n, loader] of claim.loaders.entries()) use(loader, claim.needs[n]!, claim.lease)
    claim.settle()
  }

  const residentsOf = (dropped: readonly string[]) => [...residents.values()].filter(({ id }) => dropped.includes(id))

  function use(loader: Loader<unknown>, { id, bytes }: ModelNeed, lease: OpenClaim['lease']): void {
    const resident = residents.get(loader) ?? load(loader, id, bytes)
    resident.estimatedBytes = Math.max(resident.estimatedBytes, bytes)
    if (lease.get(loader) !== resident) resident.users += 1
    resident.lastUse = Date.now()
    lease.set(loader, resident)
  }

  function load(loader: Loader<unknown>, id: string, estimatedBytes: number): Resident {
    const { owned, sessions } = ownedBy(runtimeOf(loader.role))
    const model = releasing.then(() => loader.load(owned)) // what has to leave has left
    const resident: Resident = { id, loader, model, sessions, estimatedBytes, loaded: false, users: 0, lastUse: 0 }
    residents.set(loader, resident)
    model.then(
      (loaded) => {
        resident.loaded = true
        resident.kept = () => loader.kept?.(loaded)
        proceed()
      },
      () => release(resident), // a failed load still leaves the sessions that it had opened
    )
    return resident
  }

  function release(resident: Resident): void {
    if (residents.get(resident.loader) === resident) residents.delete(resident.loader)
    const gone = resident.model
      .catch(() => undefined)
      .then(() => Promise.all([...resident.sessions].map((session) => session.release())))
    releasing = Promise.allSettled([releasing, gone])
    void gone.then(proceed)
  }

  function lease(): Lease {
    const held = new Map<Loader<unknown>, Resident>()
    const claim = async (loaders: readonly Loader<unknown>[], work: Work = {}) => {
      const needs = loaders.map((loader) => needOf(loader, work))
      await new Promise<void>((resolve, reject) => {
        const settle = (error?: AppError) => {
          if (error) reject(error)
          else resolve()
        }
        waiting = [...waiting, { id: ++lastId, needs, loaders, lease: held, holds: held.size > 0, passes: 0, settle }]
        proceed()
      })
    }
    const giveBack = (loader: Loader<unknown>, resident: Resident) => {
      held.delete(loader)
      resident.users -= 1
      resident.lastUse = Date.now()
    }
    return {
      claim,
      async get<Model>(loader: Loader<Model>, work: Work = {}) {
        if (!held.has(loader)) await claim([loader], work)
        const resident = held.get(loader)!
        resident.lastUse = Date.now()
        try {
          return (await resident.model) as Model
        } catch (error) {
          if (held.get(loader) === resident) giveBack(loader, resident)
          throw error
        }
      },
      end() {
        const own = waiting.filter((open) => open.lease === held)
        waiting = waiting.filter((open) => open.lease !== held)
        for (const open of own) open.settle(new AppError('inference/cancelled', { message: 'the request has ended' }))
        for (const [loader, resident] of held) giveBack(loader, resident)
        proceed()
      },
    }
  }

  async function preload(loaders: readonly Loader<unknown>[]): Promise<readonly Unloaded[]> {
    const left: Unloaded[] = []
    const loading = loaders.map(async (loader) => {
      if (!fitsBeside(stateNow(), [needOf(loader, {})])) return left.push({ loader })
      const own = lease()
      await own.get(loader).catch((reason: unknown) => left.push({ loader, reason }))
      return own.end()
    })
    await Promise.all(loading)
    return left
  }

  const list = () =>
    [...residents.values()]
      .sort((a, b) => a.lastUse - b.lastUse)
      .map((model): ResidentModel => {
        const { loader, estimatedBytes, loaded, users, lastUse: lastUsedAt } = model
        const { role, name, pinned = false } = loader
        const kept = model.kept?.()
        const device = deviceOf(loader)
        const bytes = weightBytes(model)
        return { role, name, device, bytes, estimatedBytes, loaded, users, lastUsedAt, pinned, ...(kept && { kept }) }
      })

  return { lease, preload, list }
}

const weightBytes = ({ sessions }: Resident): number =>
  [...sessions].reduce((sum, session) => sum + session.weightBytes, 0)

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`

/** What to do about models that do not fit. */
function tooLarge(
  loaders: readonly Loader<unknown>[],
  { device, bytes, budget }: Extract<MemoryStep, { type: 'refuse' }>,
): AppError {
  const names = loaders.map(({ role, name }) => `${name} (${role})`).join(' with ')
  return new AppError('model/too-large', {
    message: `${names} needs about ${mebibytes(bytes)} of memory on the device ${device}, there are ${mebibytes(budget)} for models`,
    hint: 'Choose a smaller picture, a smaller model, or less precision (LLMGA_MLLM_PRECISION=int8 or int4); LLMGA_MEMORY_LIMIT allows more.',
    details: { device, bytes, budget },
  })
}
