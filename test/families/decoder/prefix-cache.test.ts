import { describe, expect, it } from 'vitest'
import { KvCache } from '../../../src/families/decoder/kv-cache.ts'
import { createPrefixCache } from '../../../src/families/decoder/prefix-cache.ts'

const create = () => new KvCache({ layers: 1, kvHeads: 1, headDim: 2 })
function filled(positions: number): KvCache {
  const cache = create()
  const rows = () => [new Float32Array(2 * positions).fill(1)]
  cache.append(positions, rows(), rows())
  return cache
}
/** Bytes of a cache of up to 64 positions. */
const smallest = filled(1).bytes

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const open = (maxBytes?: number) => createPrefixCache({ createCache: create, maxBytes })

describe('the prefix cache', () => {
  it('gives back what both conversations begin with', () => {
    const prefix = open()
    prefix.keep([1, 2, 'cat:0', 'cat:1', 5], filled(5))
    expect(prefix.take([1, 2, 'cat:0', 'cat:1', 6, 7]).length).toBe(4)
  })

  it('always leaves the last position to be computed', () => {
    const prefix = open()
    prefix.keep([1, 2, 3], filled(3))
    expect(prefix.take([1, 2, 3]).length).toBe(2)
  })

  it('does not take one picture for another', () => {
    const prefix = open()
    prefix.keep([1, 'cat:0', 'cat:1'], filled(3))
    expect(prefix.take([1, 'dog:0', 'dog:1', 4]).length).toBe(1)
  })

  it('knows only as many positions as were computed', () => {
    const prefix = open()
    prefix.keep([1, 2, 3, 4], filled(2))
    expect(prefix.take([1, 2, 3, 4, 5]).length).toBe(2)
  })

  it('never lends one cache twice', () => {
    const prefix = open()
    const cache = filled(3)
    prefix.keep([1, 2, 3], cache)
    expect(prefix.take([1, 2, 3, 4])).toBe(cache)
    expect(prefix.take([1, 2, 3, 4])).not.toBe(cache)
  })

  it('keeps several conversations, each for its own next turn', () => {
    const prefix = open()
    for (const thread of [100, 200, 300]) prefix.keep([1, 2, ...range(thread, thread + 20)], filled(22))
    expect(prefix.size).toBe(3)
    for (const thread of [200, 100, 300]) {
      const keys = [1, 2, ...range(thread, thread + 20), 7, 8, 9]
      const cache = prefix.take(keys)
      expect(cache.length).toBe(22)
      prefix.keep(keys, cache)
    }
    expect(prefix.size).toBe(3)
  })

  it('copies what conversations share, so that none loses its own', () => {
    const prefix = open()
    const cache = filled(20)
    prefix.keep(range(0, 20), cache)
    const other = prefix.take([...range(0, 8), 99])
    expect(other).not.toBe(cache)
    expect(other.length).toBe(8)
    expect(cache.length).toBe(20)
  })

  it('keeps one of two conversations where the one is the beginning of the other', () => {
    const prefix = open()
    prefix.keep(range(0, 20), filled(20))
    prefix.keep(range(0, 12), filled(12))
    expect(prefix.size).toBe(1)
    prefix.keep(range(0, 30), filled(30))
    expect(prefix.size).toBe(1)
    expect(prefix.take(range(0, 31)).length).toBe(30)
  })

  it('lets the longest unused go when there are too many bytes, and counts what is lent', () => {
    const prefix = open(3 * smallest)
    for (const thread of [100, 200, 300]) prefix.keep(range(thread, thread + 20), filled(20))
    const used = prefix.take(range(100, 121))
    prefix.keep(range(100, 121), used)
    prefix.keep(range(400, 420), filled(20))
    expect(prefix.bytes).toBe(3 * smallest)
    expect(prefix.take(range(200, 221)).length).toBe(0)
    expect(prefix.size).toBe(2)
    expect(prefix.take(range(100, 122)).length).toBe(20)
    expect(prefix.bytes).toBe(3 * smallest)
  })

  it('keeps nothing where nothing may be kept', () => {
    const prefix = open(0)
    prefix.keep([1, 2, 3], filled(3))
    expect(prefix).toMatchObject({ bytes: 0, size: 0 })
  })
})

describe('the cache of keys and values', () => {
  it('grows without moving what it holds, and masks what it does not', () => {
    const cache = create()
    for (let i = 0; i < 150; i++) cache.append(1, [Float32Array.of(i, -i)], [Float32Array.of(i, -i)])
    const { capacity } = cache
    expect(capacity).toBeGreaterThanOrEqual(150)
    expect(capacity).toBeLessThan(2 * 150)
    expect([...cache.keys[0]!.subarray(0, 150)]).toEqual(Array.from({ length: 150 }, (_, i) => i))
    expect([...cache.keys[0]!.subarray(capacity, capacity + 3)]).toEqual([-0, -1, -2])
    expect([...cache.values[0]!.subarray(298, 300)]).toEqual([149, -149])
    expect(cache.bias.findIndex((value) => value !== 0)).toBe(150)
    cache.truncate(20)
    expect(cache.bias.findIndex((value) => value !== 0)).toBe(20)
  })

  it('is copied in part', () => {
    const cache = create()
    for (let i = 0; i < 150; i++) cache.append(1, [Float32Array.of(i, -i)], [Float32Array.of(i, -i)])
    const copy = cache.fork(70)
    cache.truncate(0)
    cache.append(1, [Float32Array.of(7, 7)], [Float32Array.of(7, 7)])
    expect(copy.length).toBe(70)
    expect([...copy.keys[0]!.subarray(0, 70)]).toEqual(range(0, 70))
    expect([...copy.keys[0]!.subarray(copy.capacity, copy.capacity + 3)]).toEqual([-0, -1, -2])
    expect([...copy.values[0]!.subarray(138, 140)]).toEqual([69, -69])
    expect(copy.bias.findIndex((value) => value !== 0)).toBe(70)
  })
})
