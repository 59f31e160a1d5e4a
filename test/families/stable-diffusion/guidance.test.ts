import { describe, expect, it } from 'vitest'
import { guide, stackBatch } from '../../../src/families/stable-diffusion/guidance.ts'
import { float32 } from '../../../src/tensor/tensor.ts'

const output = float32(Float32Array.of(1, 2, 3, 4, 3, 1, 4, 8), [2, 1, 2, 2])

/** Unbiased standard deviation. */
function deviation(values: ArrayLike<number>): number {
  const all = Array.from(values)
  const mean = all.reduce((a, b) => a + b, 0) / all.length
  return Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / (all.length - 1))
}

describe('guidance', () => {
  it('stacks rows on the batch axis', () => {
    const a = float32(Float32Array.of(1, 2), [1, 2])
    const b = float32(Float32Array.of(3, 4, 5, 6), [2, 2])
    expect(stackBatch(a, b)).toEqual(float32(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]))
  })

  it.each([
    [0, [1, 2, 3, 4]],
    [1, [3, 1, 4, 8]],
    [7.5, [16, -5.5, 10.5, 34]],
  ])('of %d goes from the unconditional half that far towards the conditional one', (scale, expected) => {
    expect([...guide(output, scale)]).toEqual(expected)
  })

  it('is brought to the deviation of the conditional half when rescaled', () => {
    const plain = guide(output, 7.5)
    const whole = guide(output, 7.5, 1)
    expect(deviation(whole)).toBeCloseTo(deviation([3, 1, 4, 8]), 5)
    whole.forEach((value, i) => expect(value / plain[i]!).toBeCloseTo(whole[0]! / plain[0]!, 6))
    guide(output, 7.5, 0.7).forEach((value, i) => expect(value).toBeCloseTo(0.7 * whole[i]! + 0.3 * plain[i]!, 5))
  })
})
