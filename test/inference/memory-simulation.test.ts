import { expect, it } from 'vitest'
import { nextStep, type Claim, type ModelNeed, type ResidentNeed } from '../../src/inference/memory-plan.ts'

const GiB = 2 ** 30

interface Work {
  readonly needs: readonly ModelNeed[]
  readonly ms: number
}

interface Person {
  /** What they ask for, one after the other. */
  readonly asks: readonly Work[]
  readonly thinkMs: number
}

interface Outcome {
  readonly loads: Readonly<Record<string, number>>
  readonly peak: number
  readonly refused: number
  readonly served: number
  /** Longest wait for the models, loading not counted. */
  readonly longestWaitMs: number
  readonly endMs: number
}

interface Waiting {
  readonly person: number
  readonly work: Work
  readonly since: number
}

/** Milliseconds to load a GiB. */
const loadMsPerGiB = 1500

/** People at one device, with as many places for each first model as the bot has: one. Events in order of their time. */
function simulate(budget: number, people: readonly Person[]): Outcome {
  const residents = new Map<string, ResidentNeed>()
  const claims = new Map<number, Waiting>()
  const passes = new Map<number, number>()
  const places = new Map<string, Waiting[]>() // the bot's line before each lane; the first one is at the models
  const loads: Record<string, number> = {}
  const counts = { refused: 0, served: 0, peak: 0, longestWaitMs: 0 }
  let events: { at: number; run: () => void }[] = []
  let [now, lastId] = [0, 0]
  const after = (ms: number, run: () => void) => void events.push({ at: now + ms, run })

  function ask(person: number, turn: number): void {
    const work = people[person]!.asks[turn]
    if (!work) return
    const line = places.get(work.needs[0]!.id) ?? []
    places.set(work.needs[0]!.id, [...line, { person, work, since: now }])
    if (line.length === 0) enter(work.needs[0]!.id)
  }

  function enter(lane: string): void {
    const first = places.get(lane)?.[0]
    if (first) claims.set(++lastId, { ...first, since: now })
    plan()
  }

  const turns = people.map(() => 0)
  function leave({ person, work }: Waiting): void {
    const lane = work.needs[0]!.id
    places.set(lane, places.get(lane)!.slice(1))
    after(2, () => enter(lane)) // the next one comes when this one has told the bot that it is done
    after(people[person]!.thinkMs, () => ask(person, ++turns[person]!))
  }

  function admit(id: number, drop: readonly string[]): void {
    for (const model of drop) {
      expect(residents.get(model)!.users).toBe(0)
      residents.delete(model)
    }
    const waiting = claims.get(id)!
    claims.delete(id)
    counts.longestWaitMs = Math.max(counts.longestWaitMs, now - waiting.since)
    let ms = waiting.work.ms
    for (const need of waiting.work.needs) {
      const known = residents.get(need.id)
      if (!known) {
        loads[need.id] = (loads[need.id] ?? 0) + 1
        ms += (need.bytes / GiB) * loadMsPerGiB
      }
      const bytes = Math.max(known?.bytes ?? 0, need.bytes)
      residents.set(need.id, { ...need, bytes, users: (known?.users ?? 0) + 1, lastUse: now, pinned: false })
    }
    const bytes = [...residents.values()].reduce((sum, model) => sum + model.bytes, 0)
    counts.peak = Math.max(counts.peak, bytes)
    after(ms, () => {
      for (const { id: model } of waiting.work.needs) {
        const used = residents.get(model)!
        residents.set(model, { ...used, users: used.users - 1, lastUse: now })
      }
      counts.served += 1
      leave(waiting)
      plan()
    })
  }

  function plan(): void {
    for (;;) {
      const waiting = [...claims].map(([id, { work }]): Claim => ({
        id,
        needs: work.needs,
        passes: passes.get(id) ?? 0,
      }))
      const state = { budgets: new Map([['gpu', budget]]), residents: [...residents.values()], waiting, now }
      const step = nextStep(state)
      if (!step) return
      if (step.type === 'wait') return after(step.until - now, plan)
      if (step.type === 'drop') throw new Error('nothing has grown')
      if (step.type === 'refuse') {
        const waiting = claims.get(step.claim)!
        claims.delete(step.claim)
        counts.refused += 1
        leave(waiting)
        continue
      }
      for (const id of step.passed) passes.set(id, (passes.get(id) ?? 0) + 1)
      admit(step.claim, step.drop)
    }
  }

  for (const person of people.keys()) after(person * 700, () => ask(person, 0))
  for (let count = 0; events.length > 0; count++) {
    if (count > 100_000) throw new Error('it does not come to an end')
    const next = events.reduce((a, b) => (b.at < a.at ? b : a))
    events = events.filter((event) => event !== next)
    now = next.at
    next.run()
  }
  expect(claims.size).toBe(0)
  return { loads, ...counts, endMs: now }
}

const need = (id: string, gib: number): ModelNeed => ({ id, device: 'gpu', bytes: gib * GiB })
/** A language model of 7e9 weights in blocks of 4 bits with its vision tower, 1 GiB for threads. */
const talker = need('talker', 5.2)
/** SDXL in half precision, with room for 1024 x 1024. */
const painter = need('painter', 9.4)
const mender = need('mender', 0.4)

const chat: Work = { needs: [talker], ms: 4_000 }
const picture: Work = { needs: [painter, mender], ms: 9_000 }

/** So many people who ask for words and then for the picture, again and again. */
const crowd = (people: number, rounds: number, thinkMs: number): Person[] =>
  Array.from({ length: people }, () => ({
    asks: Array.from({ length: rounds }, () => [chat, picture]).flat(),
    thinkMs,
  }))

const card = 0.9 * 12 * GiB
const machine = 0.75 * 16 * GiB

it('one person on a card of 12 GB: each change of the model loads once', () => {
  const { loads, peak, served } = simulate(card, crowd(1, 6, 3_000))
  expect(served).toBe(12)
  expect(loads).toEqual({ talker: 6, painter: 6, mender: 1 })
  expect(peak).toBeLessThanOrEqual(card)
})

it('several people on a card of 12 GB: pictures are drawn together, and nobody waits for ever', () => {
  const { loads, peak, served, longestWaitMs } = simulate(card, crowd(8, 6, 1_000))
  expect(served).toBe(96)
  expect(peak).toBeLessThanOrEqual(card)
  // One after the other, as they were asked, would be 96 loads: each request after one of the other kind.
  expect(loads['talker']).toBeLessThanOrEqual(96 / 2 / 5)
  expect(loads['painter']).toBeLessThanOrEqual(96 / 2 / 5)
  expect(loads['mender']).toBe(1)
  // Nine drawings and a load of each model at most.
  expect(longestWaitMs).toBeLessThan(10 * picture.ms + loadMsPerGiB * 16)
})

it('in 16 GB of memory: what fits beside each other is loaded once', () => {
  const small = { ...picture, needs: [need('painter', 6.2), mender] } // SDXL in 8 bits
  const people = crowd(8, 6, 1_000).map(({ asks, ...person }) => ({
    ...person,
    asks: asks.map((work) => (work === picture ? small : work)),
  }))
  const { loads, peak, served, longestWaitMs } = simulate(machine, people)
  expect(served).toBe(96)
  expect(loads).toEqual({ talker: 1, painter: 1, mender: 1 })
  expect(peak).toBeLessThanOrEqual(machine)
  expect(longestWaitMs).toBe(0)
})

it('in 16 GB of memory: SDXL in full precision is refused, and the chat goes on', () => {
  const large = { ...picture, needs: [need('painter', 16.4)] }
  const people: Person[] = [
    { asks: [chat, large, chat], thinkMs: 10 },
    { asks: [chat, chat], thinkMs: 10 },
  ]
  expect(simulate(machine, people)).toMatchObject({ refused: 1, served: 4, loads: { talker: 1 } })
})

it('stays within the budget for random people, models and sizes, and serves everybody', () => {
  let state = 3
  const dice = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  for (let round = 0; round < 20; round++) {
    const models = Array.from({ length: 5 }, (_, n) => need(`model ${n}`, 1 + dice(6)))
    const work = (): Work => {
      const [first, second] = [models[dice(5)]!, models[dice(5)]!]
      return { needs: first === second ? [first] : [first, second], ms: 100 + dice(5000) }
    }
    const people = Array.from({ length: 6 }, () => ({ asks: Array.from({ length: 8 }, work), thinkMs: dice(3000) }))
    const { peak, served, refused } = simulate(12 * GiB, people)
    expect(peak).toBeLessThanOrEqual(12 * GiB)
    expect(served + refused).toBe(48)
    expect(refused).toBe(0)
  }
})
