import { once } from 'node:events'
import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Logger } from 'pino'
import { AppError, isForThePerson, type AppErrorData } from '../contract/errors.ts'
import type { InferenceEvent, InferenceRequest } from '../contract/inference.ts'
import { openDevices, type Devices } from './devices.ts'
import { checkedHash, checkModelFiles, openFileHashes, type FileHashes } from './model-files.ts'
import type { ResolvedModel, ResolvedModels } from './model-presets.ts'
import { chooseModel } from './offered-models.ts'
import { createOutbox, createWorkerLog, type Outbox } from './outbox.ts'
import type { ModelRole } from './preset-schema.ts'
import { memoryHint, type ToWorker, type WorkerSetup } from './protocol.ts'
import type { ModelSource, ModelTable, Registry, RequestKind, TaggedRequest } from './registry.ts'
import { createEstimate } from './memory-estimate.ts'
import { createResidency, type Lease, type Loader, type Work } from './residency.ts'
import { cancelled, createTurnTaking, type Seat, type TurnTaking } from './turn-taking.ts'

/** A little less than the bot's: its timers come on time while all cores compute (docs/decisions/020). */
const workerNiceness = 5

/** What nearly every thread uses; the others wait for a request. */
const preloadedRoles = ['mllm', 't2i'] as const

/**
 * Serves requests from the parent process with the pipelines of `registry`, until the channel closes: all that a
 * worker's program does.
 */
export async function serve<Models extends ModelTable>(registry: Registry<Models>): Promise<void> {
  // Ctrl-C and service managers signal the whole group; the bot decides when its worker leaves.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  // Also when the bot is gone. The event loop runs between native runs only, so none is torn.
  process.once('disconnect', () => process.exit())
  setPriority(workerNiceness) // inherited by the threads that onnxruntime starts from here on
  const outbox = createOutbox()
  const [first] = (await once(process, 'message')) as [ToWorker]
  if (first.type !== 'setup') throw new AppError('internal', { message: `expected setup, got ${first.type}` })
  const desk = await openDesk(registry, first.setup, outbox)
  process.on('message', (message: ToWorker) => desk.take(message))
  outbox.send({ type: 'ready', device: desk.device })
}

/** Takes the bot's messages and runs the requests among them. */
async function openDesk<Models extends ModelTable>(registry: Registry<Models>, setup: WorkerSetup, outbox: Outbox) {
  const log = createWorkerLog(setup.logLevel, outbox)
  const hashes = await openFileHashes(setup.cacheDir)
  const devices = await openDevices(setup, {
    precisionOn: (device) => (device === 'cpu' ? 'fp32' : (setup.gpuPrecision ?? 'fp32')),
    cacheDir: setup.cacheDir,
    hashOf: (file) => hashes.sha256(file),
    warn: (line) => log.warn(line),
    tell: (line) => log.info(line),
    ...(setup.threads === undefined ? {} : { threads: setup.threads }),
  })
  const turns = createTurnTaking({ pause: outbox.exchange, now: () => performance.now() })
  const residency = createResidency(devices)
  const loaderOf = createLoaders(registry, { hashes, turns, log, setup, devices })
  const running = new Map<number, AbortController>()

  async function run<Kind extends RequestKind>(id: number, request: TaggedRequest<Kind>): Promise<void> {
    const abort = new AbortController()
    const { signal } = abort
    running.set(id, abort)
    const { lane, start } = registry.pipelines[request.kind]
    const seat = turns.open(lane, signal)
    const lease = residency.lease()
    const emit = (event: InferenceEvent) => outbox.send({ type: 'event', id, event })
    try {
      emit({ type: 'started' })
      const events = start(request, sourceOf(lease, seat, signal, workOf(request)), { signal, turn: seat.turn })
      let next = await events.next()
      for (; next.done !== true; next = await events.next()) emit(next.value)
      emit({ type: 'done', result: next.value })
    } catch (error) {
      emit({ type: 'error', error: describeError(error, log) })
    } finally {
      seat.leave()
      lease.end()
      running.delete(id)
    }
  }

  const sourceOf = (lease: Lease, seat: Seat, signal: AbortSignal, work: Work): ModelSource<Models> => ({
    offers: (role, name) =>
      name === undefined ? setup.models[role].length > 0 : setup.models[role].some((model) => model.name === name),
    claim: (models) => {
      const loaders = models.map(({ role, name }) => loaderOf(role, chooseModel(setup.models, role, name)))
      return seat.aside(() => untilAborted(lease.claim(loaders, work), signal))
    },
    get: async (role, name) => {
      const loader = loaderOf(role, chooseModel(setup.models, role, name))
      return seat.aside(() => untilAborted(lease.get(loader, work), signal))
    },
  })

  async function preload(): Promise<void> {
    const loaders = preloadedRoles.map((role) => loaderOf(role, chooseModel(setup.models, role)))
    for (const { loader, reason } of await residency.preload(loaders)) {
      if (reason !== undefined) describeError(reason, log)
      else log.info({ role: loader.role, model: loader.name }, 'model not loaded ahead: no room beside the others')
    }
  }

  function take(message: ToWorker): void {
    if (message.type === 'request') void run(message.id, message.request)
    else if (message.type === 'cancel') running.get(message.id)?.abort()
    else if (message.type === 'status')
      outbox.send({
        type: 'status',
        resident: residency.list(),
        ...budgetFigures(devices),
        processBytes: process.memoryUsage.rss(),
      })
  }

  if (setup.preload === true) void preload()
  return { device: devices.summary, take }
}

interface LoaderContext {
  readonly hashes: FileHashes
  readonly turns: TurnTaking
  readonly log: Logger
  readonly setup: WorkerSetup
  readonly devices: Devices
}

/** One figure for one device, else one for each. */
function budgetFigures({ budgets, runtimeOf }: Devices) {
  if (runtimeOf('mllm') !== runtimeOf('t2i')) return { budgets: Object.fromEntries(budgets) }
  const budgetBytes = budgets.get(runtimeOf('mllm').deviceName)
  return budgetBytes === undefined ? {} : { budgetBytes }
}

/** What a request says about its memory: the size of its picture, and what is added to the picture model for it. */
const workOf = (request: InferenceRequest): Work => {
  const { width, height } = 'width' in request && 'height' in request ? request : {}
  const adapters = [
    ...('subject' in request && request.subject !== undefined ? (['ipAdapter'] as const) : []),
    ...('control' in request && request.control !== undefined ? (['controlNet'] as const) : []),
  ]
  return { ...(width === undefined || height === undefined ? {} : { pixels: width * height }), adapters }
}

/**
 * Loaders, one a model, that check the files and load in one turn: reading would crawl beside another request's native
 * runs, which leave the event loop one round a step.
 */
function createLoaders<Models extends ModelTable>(
  { roles }: Registry<Models>,
  { hashes, turns, log, setup, devices }: LoaderContext,
) {
  const { chatMemoryBytes, runtimeOf } = devices
  const loaders = new Map<ResolvedModel, Loader<unknown>>()
  return <Role extends ModelRole>(role: Role, model: ResolvedModels[Role]): Loader<Models[Role]> => {
    const { name, files } = model
    const load: Loader<Models[Role]>['load'] = async (runtime) => {
      const seat = turns.open(roles[role].lane)
      try {
        await seat.turn()
        const begin = performance.now()
        const sha256 = await checkModelFiles(files, hashes)
        const loaded = await roles[role].load(model, {
          runtime,
          identity: { name, sha256 },
          hashOf: (file) => checkedHash(file, hashes),
          chatMemoryBytes,
        })
        log.info({ role, model: name, ms: Math.round(performance.now() - begin) }, 'model loaded')
        return loaded
      } finally {
        seat.leave()
      }
    }
    const known = loaders.get(model) as Loader<Models[Role]> | undefined // the role's, as it was stored
    if (known) return known
    const needBytes = createEstimate(model, { device: runtimeOf(role).device, chatMemoryBytes })
    const pinned = setup.pinned?.includes(role) ?? false
    const { kept } = roles[role]
    const loader: Loader<Models[Role]> = { role, name, pinned, needBytes, load, ...(kept && { kept }) }
    loaders.set(model, loader)
    return loader
  }
}

/** The result of `work`, or `inference/cancelled` as soon as `signal` is aborted; the work itself goes on. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancelled())
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel, { once: true })
    work.then(resolve, reject)
  })
}

/** What a pipeline threw, as it crosses to the bot: code and message; the stack stays in the log. */
function describeError(error: unknown, log: Logger): AppErrorData {
  const known = asAppError(error)
  if (known.code !== 'inference/cancelled' && !isForThePerson(known.code)) log.error({ err: error }, 'request failed')
  const { details, ...rest } = known.toJSON()
  return details === undefined || !isCloneable(details) ? rest : { ...rest, details }
}

function asAppError(error: unknown): AppError {
  if (!(error instanceof RangeError && /allocation failed|out of memory/i.test(error.message)))
    return AppError.from(error, 'inference/failed')
  return new AppError('inference/out-of-memory', { message: error.message, hint: memoryHint, retryable: true })
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
