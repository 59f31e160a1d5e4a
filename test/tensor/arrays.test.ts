import { describe, expect, it } from 'vitest'
import { clampTo, combine } from '../../src/tensor/combine.ts'
import { nearestInterpolate } from '../../src/tensor/interpolate.ts'
import { roundHalfEven } from '../../src/tensor/round.ts'
import { float32 } from '../../src/tensor/tensor.ts'

describe('combine', () => {
  it('sums coefficients times arrays and leaves the arrays alone', () => {
    const a = Float32Array.of(1, 2)
    expect(combine([2, a], [-1, Float32Array.of(0.5, 0.5)])).toEqual(Float32Array.of(1.5, 3.5))
    expect(a).toEqual(Float32Array.of(1, 2))
  })

  it('leaves out what is multiplied by 0, infinities too', () => {
    expect(combine([1, Float32Array.of(1)], [0, Float32Array.of(Infinity)])).toEqual(Float32Array.of(1))
  })

  it('refuses arrays of different lengths', () => {
    expect(() => combine([1, Float32Array.of(1)], [1, Float32Array.of(1, 2)])).toThrow(RangeError)
  })
})

it('clamps both ways', () => {
  expect(clampTo(Float32Array.of(-3, 0.5, 3), 1)).toEqual(Float32Array.of(-1, 0.5, 1))
})

it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [2.4, 2],
  [2.6, 3],
  [-0.5, 0],
  [-1.5, -2],
])('rounds %d to %d, halves to even', (value, rounded) => {
  expect(roundHalfEven(value) + 0).toBe(rounded)
})

it('repeats and skips places as torch does when it resizes to the nearest', () => {
  const x = float32(Float32Array.of(0, 1, 2, 3, 4, 5), [1, 2, 3])
  const { data, shape } = nearestInterpolate(x, 4, 2)
  expect(shape).toEqual([1, 4, 2])
  expect([...data]).toEqual([0, 1, 0, 1, 3, 4, 3, 4])
})
