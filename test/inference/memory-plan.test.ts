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

  it('holds a 7B in 4 bits on one card of 12 GB and SDXL on another, and makes room on the one that is asked for', () => {
    const budgets = new Map(['cuda', 'cuda:1'].map((device) => [device, 0.9 * 12 * GiB]))
    const [words, pictures, fill] = [need('7b', 5.2, 'cuda'), need('sdxl', 9.4, 'cuda:1'), need('fill', 9.4, 'cuda:1')]
    const state = { ...stateOf(0, [resident(words)], claim(1, pictures)), budgets }
    expect(nextStep(state)).toEqual({ type: 'admit', claim: 1, drop: [], passed: [] })
    const both = { ...state, residents: [resident(words), resident(pictures, { lastUse: 1 })] }
    expect(nextStep({ ...both, waiting: [claim(2, fill)] })).toMatchObject({ type: 'admit', drop: ['sdxl'] })
    expect(nextStep({ ...both, waiting: [claim(2, need('13b', 8, 'cuda'))] })).toMatchObject({ drop: ['7b'] })
    expect(nextStep({ ...both, budgets: new Map([['cuda', 0.9 * 12 * GiB]]), waiting: [] })).toBeUndefined()
    // On one card they would not be there together.
    const one = stateOf(0.9 * 12, [resident(need('7b', 5.2))], claim(1, need('sdxl', 9.4)))
    expect(nextStep(one)).toMatchObject({ type: 'admit', drop: ['7b'] })
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
