import { describe, expect, it } from 'vitest'
import { afterTurn, createTurnTaking, nextTurn, type Lane, type Shares } from '../../src/inference/turn-taking.ts'

const fresh: Shares = { chatMs: 0, drawingMs: 0 }
const waiting = (...seats: [name: string, lane: Lane, lastTurn: number][]) =>
  seats.map(([name, lane, lastTurn]) => ({ name, lane, lastTurn }))

describe('nextTurn', () => {
  it.each([
    ['nobody when nobody waits', waiting(), fresh, undefined],
    ['chat before drawing', waiting(['d', 'drawing', 0], ['c', 'chat', 0]), fresh, 'c'],
    ['a drawing that waits alone', waiting(['d', 'drawing', 9]), { chatMs: 0, drawingMs: 50 }, 'd'],
    ['a chat that waits alone, whatever it had', waiting(['c', 'chat', 9]), { chatMs: 99, drawingMs: 50 }, 'c'],
    ['chat within its share', waiting(['d', 'drawing', 1], ['c', 'chat', 9]), { chatMs: 50, drawingMs: 50 }, 'c'],
    [
      'drawing once chat had its share',
      waiting(['c', 'chat', 0], ['d', 'drawing', 9]),
      { chatMs: 51, drawingMs: 50 },
      'd',
    ],
    ['of equals who waited longest', waiting(['a', 'chat', 7], ['b', 'chat', 3], ['c', 'chat', 5]), fresh, 'b'],
    ['of newcomers who came first', waiting(['a', 'chat', 7], ['b', 'chat', 0], ['c', 'chat', 0]), fresh, 'b'],
  ])('picks %s', (_rule, seats, shares, expected) => {
    expect(nextTurn(seats, shares)?.name).toBe(expected)
  })
})

describe('afterTurn', () => {
  it('adds up chat since the last drawing turn', () => {
    const shares = afterTurn(afterTurn({ chatMs: 0, drawingMs: 40 }, 'chat', 5), 'chat', 6)
    expect(shares).toEqual({ chatMs: 11, drawingMs: 40 })
    expect(afterTurn(shares, 'drawing', 70)).toEqual({ chatMs: 0, drawingMs: 70 })
  })
})

/** A device with a clock that only turns move. */
function fakeDevice() {
  let time = 0
  const order: string[] = []
  const turns = createTurnTaking({ pause: () => Promise.resolve(), now: () => time })
  /** A request of `count` turns that take `ms` each. */
  async function request(name: string, lane: Lane, count: number, ms: number, signal?: AbortSignal): Promise<void> {
    const seat = turns.open(lane, signal)
    try {
      for (let i = 0; i < count; i++) {
        await seat.turn()
        order.push(name)
        time += ms
      }
    } finally {
      seat.leave()
    }
  }
  return { turns, order, request, time: () => time }
}

describe('turn taking', () => {
  it('leaves the device to a load that takes turns of its own, in the middle of a request', async () => {
    const { turns, order, request } = fakeDevice()
    const seat = turns.open('drawing')
    await seat.turn()
    order.push('before')
    const loaded = await seat.aside(async () => {
      await request('load', 'drawing', 2, 10)
      return 'a model'
    })
    order.push('after')
    expect(loaded).toBe('a model')
    const other = request('other', 'chat', 1, 10) // waits: the seat has its turn again
    await Promise.resolve()
    expect(order).toEqual(['before', 'load', 'load', 'after'])
    seat.leave()
    await other
  })

  it('gives chat as long between two steps as a step takes', async () => {
    const { request, order } = fakeDevice()
    await Promise.all([request('D', 'drawing', 4, 50), request('c', 'chat', 20, 10)])
    expect(order.join('')).toBe('cDccccccDccccccDccccccDc')
  })

  it('does not starve a drawing under endless chat, however long a token takes', async () => {
    const { request, order } = fakeDevice()
    await Promise.all([request('D', 'drawing', 5, 1), request('c', 'chat', 50, 1000), request('e', 'chat', 50, 1000)])
    expect(order.slice(0, 15).join('')).toBe('cDeDcDeDcDecece')
  })

  it('goes round among requests of one kind', async () => {
    const { request, order } = fakeDevice()
    const all = ['a', 'b', 'c'].map((name) => request(name, 'drawing', 3, 10))
    await Promise.all(all)
    expect(order.join('')).toBe('abcabcabc')
  })

  it('lends the device to one at a time, from a turn to the next call of the same seat', async () => {
    const { turns } = fakeDevice()
    const [first, second] = [turns.open('chat'), turns.open('chat')]
    let begun = false
    await first.turn()
    const later = second.turn().then(() => (begun = true))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(begun).toBe(false)
    first.leave()
    await later
  })

  it('refuses a cancelled seat at once while it waits, and the others go on', async () => {
    const { request, order } = fakeDevice()
    const abort = new AbortController()
    const dropped = request('x', 'chat', 5, 1, abort.signal)
    const kept = request('k', 'chat', 3, 1)
    abort.abort()
    await expect(dropped).rejects.toMatchObject({ code: 'inference/cancelled' })
    await kept
    expect(order.join('')).toBe('kkk')
  })

  it('refuses a seat that was cancelled during its turn at its next one, and frees the device', async () => {
    const { turns } = fakeDevice()
    const abort = new AbortController()
    const [first, second] = [turns.open('chat', abort.signal), turns.open('drawing')]
    await first.turn()
    const next = second.turn()
    abort.abort()
    await expect(first.turn()).rejects.toMatchObject({ code: 'inference/cancelled' })
    await next
  })
})
