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

describe('the prefix cache', () => {
  it('gives back what both conversations begin with', () => {
    const prefix = createPrefixCache(create)
    prefix.keep([1, 2, 'cat:0', 'cat:1', 5], filled(5))
    expect(prefix.take([1, 2, 'cat:0', 'cat:1', 6, 7]).length).toBe(4)
  })

  it('always leaves the last position to be computed', () => {
    const prefix = createPrefixCache(create)
    prefix.keep([1, 2, 3], filled(3))
    expect(prefix.take([1, 2, 3]).length).toBe(2)
  })

  it('does not take one picture for another', () => {
    const prefix = createPrefixCache(create)
    prefix.keep([1, 'cat:0', 'cat:1'], filled(3))
    expect(prefix.take([1, 'dog:0', 'dog:1', 4]).length).toBe(1)
  })

  it('knows only as many positions as were computed', () => {
    const prefix = createPrefixCache(create)
    prefix.keep([1, 2, 3, 4], filled(2))
    expect(prefix.take([1, 2, 3, 4, 5]).length).toBe(2)
  })

  it('never lends one cache twice', () => {
    const prefix = createPrefixCache(create)
    const cache = filled(3)
    prefix.keep([1, 2, 3], cache)
    expect(prefix.take([1, 2, 3, 4])).toBe(cache)
    expect(prefix.take([1, 2, 3, 4])).not.toBe(cache)
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
})
