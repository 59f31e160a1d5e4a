/** What a model takes on its device: its weights, and room for the largest work that it is asked for. */
export interface ModelNeed {
  readonly id: string
  readonly device: string
  readonly bytes: number
}

/** A model in memory, or on its way there. */
export interface ResidentNeed extends ModelNeed {
  /** Requests that use it now. */
  readonly users: number
  /** Milliseconds, on the clock of `now`. */
  readonly lastUse: number
  /** Leaves only where nothing else can. */
  readonly pinned: boolean
}

/** A request that waits for models: for all of them at once, so that no two hold what the other waits for. */
export interface Claim {
  readonly id: number
  readonly needs: readonly ModelNeed[]
  /** It holds models already: it is let in even above the budget, rather than waiting for who may wait for it. */
  readonly holds?: boolean
  /** How often a later request was let in before it. */
  readonly passes: number
}

export interface MemoryState {
  /** Bytes for models by device; a device without a line has no limit. */
  readonly budgets: ReadonlyMap<string, number>
  readonly residents: readonly ResidentNeed[]
  /** Oldest first. */
  readonly waiting: readonly Claim[]
  readonly now: number
}

/** What is to be done next; afterwards the planner is asked again. */
export type MemoryStep =
  /** Let the models go, then load what the claim lacks, and let it begin. The claims of `passed` came before it. */
  | {
      readonly type: 'admit'
      readonly claim: number
      readonly drop: readonly string[]
      readonly passed: readonly number[]
    }
  /** It does not fit even alone. */
  | {
      readonly type: 'refuse'
      readonly claim: number
      readonly device: string
      readonly bytes: number
      readonly budget: number
    }
  /** Models have grown beyond the budget. */
  | { readonly type: 'drop'; readonly drop: readonly string[] }
  /** Nothing before that time, unless something changes. */
  | { readonly type: 'wait'; readonly until: number }

/**
 * For how long after its last use a model stays although another is waited for: who asks for it again at once (the next
 * picture in line) would load it anew, which takes much longer.
 */
const lingerMs = 250

/** Requests for what is in memory that may pass one that waits for room; then nobody passes it. */
const mostPasses = 8

/** The next step, or undefined when there is none until something changes. A pure function: tested by simulation. */
export function nextStep(state: MemoryState): MemoryStep | undefined {
  const overgrown = roomFor(state, [])
  if (overgrown.drop.length > 0) return { type: 'drop', drop: overgrown.drop.map(({ id }) => id) }
  const barred = new Set<string>()
  const passed: number[] = []
  const times: number[] = []
  for (const claim of state.waiting) {
    const excess = excessAlone(state, claim)
    if (excess) return { type: 'refuse', claim: claim.id, ...excess }
    if (!claim.holds && claim.needs.some(({ device }) => barred.has(device))) continue
    const { drop, fits } = roomFor(state, claim.needs)
    const freeAt =
      claim.passes >= mostPasses ? state.now : Math.max(state.now, ...drop.map(({ lastUse }) => lastUse + lingerMs))
    if ((fits || claim.holds) && freeAt <= state.now)
      return { type: 'admit', claim: claim.id, drop: drop.map(({ id }) => id), passed }
    if (fits) times.push(freeAt)
    passed.push(claim.id)
    if (claim.passes >= mostPasses) for (const { device } of claim.needs) barred.add(device)
  }
  return times.length > 0 ? { type: 'wait', until: Math.min(...times) } : undefined
}

/** Whether models fit beside what is there without anything leaving. */
export const fitsBeside = (state: MemoryState, needs: readonly ModelNeed[]): boolean => {
  const { drop, fits } = roomFor(state, needs)
  return fits && drop.length === 0
}

/** The larger need of each model. */
function union(needs: readonly ModelNeed[]): ReadonlyMap<string, ModelNeed> {
  const found = new Map<string, ModelNeed>()
  for (const need of needs) if (need.bytes >= (found.get(need.id)?.bytes ?? 0)) found.set(need.id, need)
  return found
}

const bytesOn = (device: string, needs: Iterable<ModelNeed>): number =>
  [...needs].reduce((sum, need) => sum + (need.device === device ? need.bytes : 0), 0)

function excessAlone({ budgets }: MemoryState, { needs }: Claim) {
  const alone = [...union(needs).values()]
  for (const [device, budget] of budgets) {
    const bytes = bytesOn(device, alone)
    if (bytes > budget) return { device, bytes, budget }
  }
  return undefined
}

/**
 * The idle models that must leave so that `needs` and what is in use fit: the longest unused first, pinned ones last, and
 * none that need not. `fits` is false where what is in use leaves no room.
 */
function roomFor({ budgets, residents }: MemoryState, needs: readonly ModelNeed[]) {
  const wanted = union(needs)
  const all = union([...residents, ...needs])
  const drop: ResidentNeed[] = []
  let fits = true
  for (const [device, budget] of budgets) {
    const idle = residents
      .filter((model) => model.device === device && model.users === 0 && !wanted.has(model.id))
      .sort((a, b) => Number(a.pinned) - Number(b.pinned) || a.lastUse - b.lastUse)
    let bytes = bytesOn(device, all.values())
    const leaving: ResidentNeed[] = []
    while (bytes > budget && leaving.length < idle.length) {
      const model = idle[leaving.length]!
      leaving.push(model)
      bytes -= model.bytes
    }
    fits &&= bytes <= budget
    for (const model of leaving.toReversed()) {
      if (bytes + model.bytes <= budget) bytes += model.bytes
      else drop.push(model)
    }
  }
  return { drop, fits }
}
