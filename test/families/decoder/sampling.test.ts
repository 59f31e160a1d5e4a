import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkSampling,
  chooseToken,
  drawToken,
  processLogits,
  softmax,
} from '../../../src/families/decoder/sampling.ts'

const logits = Float32Array.of(1, 3, -2, 3, 0)
const never = () => {
  throw new Error('greedy decoding asks for no random number')
}

describe('processed logits', () => {
  it('leave the given array as it is', () => {
    const given = logits.slice()
    processLogits(given, [0, 1], { temperature: 0.5, topK: 1, topP: 0.5, repetitionPenalty: 2 })
    expect(given).toEqual(logits)
  })

  it('weaken each token that was there once, however often it was', () => {
    expect([...processLogits(logits, [1, 1, 2], { repetitionPenalty: 2 })]).toEqual([1, 1.5, -4, 3, 0])
  })

  it('keep all that equal the k-th largest', () => {
    expect([...processLogits(logits, [], { topK: 1 })]).toEqual([-Infinity, 3, -Infinity, 3, -Infinity])
  })

  it('take a k of 0 and a p of 1 for off', () => {
    expect(processLogits(logits, [], { topK: 0, topP: 1 })).toEqual(logits)
  })

  it('keep the largest, and the fewest tokens that reach p', () => {
    const probabilities = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(probabilities, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, p) => {
        const given = Float32Array.from(values)
        const all = softmax(given)
        const kept = processLogits(given, [], { topP: p })
        const shares = [...kept.keys()].filter((i) => kept[i] !== -Infinity).map((i) => all[i]!)
        const sum = shares.reduce((a, b) => a + b, 0)
        expect(shares).toContain(Math.max(...all))
        expect(sum).toBeGreaterThanOrEqual(p - 1e-6)
        if (shares.length > 1) expect(sum - Math.min(...shares)).toBeLessThanOrEqual(p + 1e-6)
      }),
    )
  })
})

describe('the next token', () => {
  it('is the first of the largest at temperature 0, without a random number', () => {
    expect(chooseToken(logits, [], { temperature: 0, topK: 3, topP: 0.1 }, never)).toBe(1)
  })

  it('obeys the penalty at temperature 0', () => {
    expect(chooseToken(logits, [1], { temperature: 0, repetitionPenalty: 1.5 }, never)).toBe(3)
  })

  it('lies where the cumulative probability passes the random number', () => {
    const three = Float32Array.from([0.2, 0.3, 0.5], Math.log)
    expect([0, 0.19, 0.21, 0.49, 0.51, 1 - 2 ** -24].map((uniform) => drawToken(three, uniform))).toEqual([
      0, 0, 1, 1, 2, 2,
    ])
  })

  it('is never one that was left out', () => {
    const some = Float32Array.of(-Infinity, 1, -Infinity, 1, -Infinity)
    expect([0, 0.3, 0.6, 0.9999999].map((uniform) => drawToken(some, uniform))).toEqual([1, 1, 3, 3])
  })
})

it.each([
  ['temperature', { temperature: -0.1 }],
  ['temperature', { temperature: NaN }],
  ['top-k', { topK: 1.5 }],
  ['top-p', { topP: 0 }],
  ['top-p', { topP: 1.1 }],
  ['repetition penalty', { repetitionPenalty: 0 }],
])('a wrong %s is refused by name', (name, settings) => {
  expect(() => checkSampling(settings)).toThrow(name)
})
