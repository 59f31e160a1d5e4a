import { describe, expect, it } from 'vitest'
import {
  fitsBeside,
  nextStep,
  type Claim,
  type MemoryState,
  type ModelNeed,
  type ResidentNeed,
} from '../../src/inference/memory-plan.ts'

const GiB = 2 ** 30
const need = (id: string, gib: number, device = 'gpu'): ModelNeed => ({ id, device, bytes: gib * GiB })
const resident = (model: ModelNeed, extra: Partial<ResidentNeed> = {}): ResidentNeed => ({
  ...model,
  users: 0,
  lastUse: 0,
  pinned: false,
  ...extra,
})
const claim = (id: number, ...needs: readonly ModelNeed[]): Claim => ({ id, needs, passes: 0 })
const stateOf = (gib: number, residents: readonly ResidentNeed[], ...waiting: readonly Claim[]): MemoryState => ({
  budgets: new Map([['gpu', gib * GiB]]),
  residents,
  waiting,
  now: 10_000,
})

const [talker, painter, mender] = [need('talker', 5), need('painter', 9), need('mender', 1)]

describe('the plan of memory', () => {
  it('lets a request in whose models are there or fit', () => {
    const admit = { type: 'admit', claim: 1, drop: [], passed: [] }
    expect(nextStep(stateOf(10, [], claim(1, talker)))).toEqual(admit)
    expect(nextStep(stateOf(10, [resident(talker, { users: 3 })], claim(1, talker)))).toEqual(admit)
    expect(nextStep(stateOf(15, [resident(talker)], claim(1, painter, mender)))).toEqual(admit)
    expect(nextStep(stateOf(15, []))).toBeUndefined()
  })

  it('drops the longest unused, pinned ones last, and no more than it must', () => {
    const there = [
      resident(mender, { lastUse: 1 }),
      resident(talker, { lastUse: 2 }),
      resident(need('old', 4), { lastUse: 3 }),
    ]
    expect(nextStep(stateOf(15, there, claim(1, painter)))).toMatchObject({ drop: ['talker'] })
    const pinned = there.map((model) => ({ ...model, pinned: model.id === 'talker' }))
    expect(nextStep(stateOf(15, pinned, claim(1, painter)))).toMatchObject({ drop: ['old'] })
    expect(nextStep(stateOf(10, pinned, claim(1, painter)))).toMatchObject({ drop: ['talker', 'old'] })
  })

  it('never drops a model in use, and waits for it', () => {
    expect(nextStep(stateOf(10, [resident(talker, { users: 1 })], claim(1, painter)))).toBeUndefined()
  })

  it('refuses what does not fit alone, with the figures', () => {
    const refused = { type: 'refuse', claim: 1, device: 'gpu', bytes: 10 * GiB, budget: 9.5 * GiB }
    expect(nextStep(stateOf(9.5, [], claim(1, painter, mender)))).toEqual(refused)
    expect(nextStep({ ...stateOf(9.5, [], claim(1, need('painter', 99, 'cpu'))) })).toMatchObject({ type: 'admit' })
  })

  it('waits a moment before it drops what was used just now', () => {
    const state = stateOf(10, [resident(talker, { lastUse: 9_900 })], claim(1, painter))
    expect(nextStep(state)).toEqual({ type: 'wait', until: 10_150 })
    expect(nextStep({ ...state, now: 10_150 })).toMatchObject({ type: 'admit', drop: ['talker'] })
  })

  it('lets requests for what is in memory pass, but not for ever', () => {
    const busy = [resident(talker, { users: 1 })]
    const waiting = [claim(1, painter), claim(2, talker)]
    expect(nextStep(stateOf(10, busy, ...waiting))).toEqual({ type: 'admit', claim: 2, drop: [], passed: [1] })
    expect(nextStep(stateOf(10, busy, { ...waiting[0]!, passes: 8 }, waiting[1]!))).toBeUndefined()
  })

  it('counts a resident at the larger of what it has and what it is asked for', () => {
    const state = stateOf(10, [resident(talker), resident(need('painter', 4))], claim(1, need('painter', 6)))
    expect(nextStep(state)).toMatchObject({ type: 'admit', drop: ['talker'] })
    expect(fitsBeside(state, [need('painter', 5)])).toBe(true)
    expect(fitsBeside(state, [need('painter', 6)])).toBe(false)
  })

  it('drops idle models that have grown beyond the budget', () => {
    const there = [resident(need('talker', 7)), resident(need('painter', 4), { users: 1 })]
    expect(nextStep(stateOf(10, there))).toEqual({ type: 'drop', drop: ['talker'] })
  })
})
