import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { fairOrder, type Waiting } from '../../src/bot/fair-order.ts'
import { createFairQueue, type Lane, type Place } from '../../src/bot/queue.ts'

/** `a1x`: person a, thread 1, job x. */
const jobs = (...names: string[]): Waiting[] =>
  names.map((id) => ({ id, server: 's', person: id[0]!, thread: `${id[0]}${id[1]}` }))
const never = {
  servers: new Map<string, number>(),
  people: new Map<string, number>(),
  threads: new Map<string, number>(),
}
const order = (waiting: readonly Waiting[], served = never) => fairOrder(waiting, served).map(({ id }) => id)

describe('the fair order', () => {
  it('goes round the people, then round their threads, then by arrival', () => {
    expect(order(jobs('a1x', 'a1y', 'a2x', 'b1x', 'a1z', 'c1x', 'b1y'))).toEqual([
      'a1x',
      'b1x',
      'c1x',
      'a2x',
      'b1y',
      'a1y',
      'a1z',
    ])
  })

  it('lets those go first who were served longest ago', () => {
    const served = {
      servers: new Map<string, number>(),
      people: new Map([
        ['a', 3],
        ['b', 2],
      ]),
      threads: new Map([
        ['a1', 3],
        ['b1', 2],
      ]),
    }
    expect(order(jobs('a1x', 'b1x', 'c1x', 'a2x'), served)).toEqual(['c1x', 'b1x', 'a2x', 'a1x'])
  })

  it('keeps the order of each thread, and lets nobody wait for more than one job of each other person', () => {
    const name = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'))
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (names) => {
        const waiting = jobs(...names.map(([person, thread], index) => `${person}${thread}${index}`))
        const result = order(waiting)
        expect([...result].sort()).toEqual(waiting.map(({ id }) => id).sort())
        for (const thread of new Set(waiting.map((one) => one.thread))) {
          const own = result.filter((id) => id.startsWith(thread))
          expect(own).toEqual(waiting.filter((one) => one.thread === thread).map(({ id }) => id))
        }
        for (const person of ['a', 'b', 'c']) {
          const first = result.findIndex((id) => id.startsWith(person))
          expect(first).toBeLessThan(3)
        }
      }),
    )
  })
})

it('500 waiting jobs are put in order at once: no arrival looks at every pair of them', () => {
  const crowd = Array.from({ length: 500 }, (_, n) => ({
    id: `j${n}`,
    server: `s${n % 4}`,
    person: `p${n % 40}`,
    thread: `t${n}`,
  }))
  let looks = 0
  const people = new Map<string, number>()
  people.get = () => (looks++, undefined)
  expect(order(crowd, { ...never, people })).toHaveLength(500)
  expect(looks).toBeLessThan(500 * 40)
})

describe('forty people of one server', () => {
  it('do not starve one person of another: after two turns of each lane they have been served', () => {
    const crowd = Array.from({ length: 40 }, (_, n) => ({
      id: `c${n}`,
      server: 'big',
      person: `p${n}`,
      thread: `t${n}`,
    }))
    const ten = Array.from({ length: 10 }, (_, n) => ({ id: `s${n}`, server: 'small', person: 'q', thread: `u${n}` }))
    const ids = order([...crowd, ...ten])
    expect(ten.map(({ id }) => ids.indexOf(id))).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
    const crowdAlone = ids.filter((id) => id.startsWith('c'))
    expect(crowdAlone).toEqual(crowd.map(({ id }) => id)) // and among the forty nobody is passed over
  })
})

describe('the queue', () => {
  function open(perPerson = 9, capacity = { chat: 1, draw: 1 }) {
    const queue = createFairQueue({ capacity, perPerson })
    const log: string[] = []
    const places = new Map<string, Place>()
    const aborts = new Map<string, AbortController>()
    const enter = (name: string, lane: Lane = 'draw') => {
      const abort = new AbortController()
      aborts.set(name, abort)
      const onPosition = (position: number) => log.push(`${name} is ${position}`)
      return queue.enter({ ...jobs(name)[0]!, lane, signal: abort.signal, onPosition }).then(
        (place) => (places.set(name, place), log.push(`${name} begins`)),
        (error: { code: string }) => log.push(`${name} ${error.code}`),
      )
    }
    const tick = () => new Promise((resolve) => setImmediate(resolve))
    return { queue, log, places, aborts, enter, tick }
  }

  it('lets one in at a time, and tells the others their place whenever it changes', async () => {
    const { queue, log, places, enter, tick } = open()
    for (const name of ['a1x', 'a2x', 'b1x']) void enter(name)
    await tick()
    expect(log).toEqual(['a2x is 1', 'b1x is 1', 'a2x is 2', 'a1x begins'])
    expect([queue.position('a1x'), queue.position('b1x'), queue.position('a2x')]).toEqual([0, 1, 2])
    places.get('a1x')!.leave()
    places.get('a1x')!.leave()
    await tick()
    expect(log.slice(4)).toEqual(['a2x is 1', 'b1x begins'])
  })

  it('lends places for talking beside those for drawing', async () => {
    const { log, enter, tick } = open()
    void enter('a1x', 'draw')
    void enter('b1x', 'chat')
    void enter('c1x', 'chat')
    await tick()
    expect(log).toEqual(['c1x is 1', 'a1x begins', 'b1x begins'])
  })

  it('passes over a person who holds as many places as allowed', async () => {
    const { log, places, enter, tick } = open(1, { chat: 1, draw: 2 })
    for (const name of ['a1x', 'a2x', 'b1x']) void enter(name)
    await tick()
    expect(log).toEqual(['a2x is 1', 'a1x begins', 'b1x begins'])
    places.get('a1x')!.leave()
    await tick()
    expect(log.at(-1)).toBe('a2x begins')
  })

  it('lets a waiting job go at once, and refuses one that was cancelled before', async () => {
    const { queue, log, aborts, enter, tick } = open()
    for (const name of ['a1x', 'a1y', 'a1z']) void enter(name)
    aborts.get('a1y')!.abort()
    await tick()
    expect(log).toEqual(['a1y is 1', 'a1z is 2', 'a1z is 1', 'a1x begins', 'a1y inference/cancelled'])
    const gone = queue.enter({
      ...jobs('a1q')[0]!,
      lane: 'draw',
      signal: AbortSignal.abort(),
      onPosition: () => undefined,
    })
    await expect(gone).rejects.toMatchObject({ code: 'inference/cancelled' })
  })

  it('remembers who was served, so that coming back does not jump the line', async () => {
    const { log, places, enter, tick } = open()
    void enter('a1x')
    void enter('b1x')
    void enter('c1x')
    await tick()
    for (const name of ['a1x', 'b1x']) {
      void enter(`a1${name}`)
      places.get(name)!.leave()
      await tick()
    }
    expect(log.filter((line) => line.endsWith('begins'))).toEqual(['a1x begins', 'b1x begins', 'c1x begins'])
  })
})
