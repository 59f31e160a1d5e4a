import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergePairs } from '../../src/tokenizers/merge-pairs.ts'

/** The definition, word for word: again and again the best, leftmost pair. */
function mergeSlowly(symbols: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const merged = [...symbols]
  for (;;) {
    const candidates = merged.slice(1).map((right, i) => ranks.get(`${merged[i]} ${right}`) ?? Infinity)
    const best = Math.min(Infinity, ...candidates)
    if (best === Infinity) return merged
    const at = candidates.indexOf(best)
    merged.splice(at, 2, merged[at]! + merged[at + 1]!)
  }
}

describe('mergePairs', () => {
  test('joins the best pair first, the leftmost among equals', () => {
    const pairs = fc.uniqueArray(
      fc.tuple(fc.stringMatching(/^[ab]{1,3}$/), fc.stringMatching(/^[ab]{1,3}$/)).map((pair) => pair.join(' ')),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(pairs, fc.array(fc.constantFrom('a', 'b'), { maxLength: 24 }), (list, symbols) => {
        const ranks = new Map(list.map((pair, rank) => [pair, rank]))
        const got = mergePairs(symbols, (left, right) => ranks.get(`${left} ${right}`))
        expect(got).toEqual(mergeSlowly(symbols, ranks))
      }),
      { numRuns: 500 },
    )
  })

  test('takes a word of 100,000 characters in its stride', () => {
    const start = performance.now()
    const merged = mergePairs(Array.from('a'.repeat(100_000)), (left, right) => {
      const length = left.length + right.length
      return left.length === right.length && length <= 64 ? length : undefined
    })
    expect(merged.join('')).toHaveLength(100_000)
    expect(merged[0]).toHaveLength(64)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
