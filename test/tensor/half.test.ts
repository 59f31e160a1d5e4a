import { expect, it } from 'vitest'
import { halfToFloat, roundToHalf } from '../../src/tensor/half.ts'

it('rounds every binary16 value to itself, and what lies between two to the nearer, halves to even', () => {
  const all = halfToFloat(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits))
  for (let i = 0; i < all.length; i += 17) {
    expect(roundToHalf(all[i]!)).toBe(all[i])
    expect(roundToHalf(-all[i]!)).toBe(-all[i]!)
    if (i + 1 === all.length) continue
    const [low, high] = [all[i]!, all[i + 1]!]
    expect(roundToHalf(low + (high - low) * 0.4)).toBe(low)
    expect(roundToHalf(low + (high - low) * 0.6)).toBe(high)
    expect(roundToHalf((low + high) / 2)).toBe(i % 2 === 0 ? low : high)
  }
  expect([roundToHalf(1.1), roundToHalf(0), roundToHalf(70000), roundToHalf(NaN)]).toEqual([
    1.099609375,
    0,
    Infinity,
    NaN,
  ])
})
