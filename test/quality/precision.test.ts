import { describe, expect, it } from 'vitest'
import { pictureQuestions, precisionLosses } from './precision.ts'

describe('the embedded language model in int8', () => {
  it('gives the replies of fp32, in at least 99 of 100 tokens (a twentieth of the questions)', async () => {
    const [fp32, int8] = await precisionLosses(pictureQuestions(20), ['fp32', 'int8'])
    expect(fp32).toMatchObject({ agreement: 1, logitError: 0 })
    expect(int8!.tokens).toBeGreaterThan(60)
    expect(int8!.agreement).toBeGreaterThanOrEqual(0.99)
    expect(int8!.logitError).toBeGreaterThan(0) // other weights were really taken
    expect(int8!.logitError).toBeLessThan(0.02)
    expect(int8!.perplexity / fp32!.perplexity).toBeLessThan(1.01)
  })
})
