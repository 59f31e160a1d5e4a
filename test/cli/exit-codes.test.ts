import { describe, expect, it } from 'vitest'
import { exitCodeMeanings, exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts'
import { errorCodes } from '../../src/contract/errors.ts'

describe('exit codes', () => {
  it('stand for every error, and none of them for success', () => {
    for (const code of errorCodes) expect(Object.values(exitCodes)).toContain(exitCodeOf(code))
    expect(Object.values(exitCodes)).not.toContain(0)
  })

  it('are distinct and explained', () => {
    const codes = Object.values(exitCodes)
    expect(new Set(codes).size).toBe(codes.length)
    expect(Object.keys(exitCodeMeanings)).toEqual(Object.keys(exitCodes))
  })

  it.each([
    ['config/invalid', 2],
    ['config/port-in-use', 8],
    ['input/empty', 3],
    ['input/invalid-option', 2],
    ['image/too-large', 3],
    ['weights/hash-mismatch', 4],
    ['model/not-found', 4],
    ['inference/worker-crashed', 5],
    ['inference/cancelled', 130],
    ['storage/full', 6],
    ['access/limit', 7],
    ['internal', 1],
  ] as const)('%s leaves with %i', (code, exit) => expect(exitCodeOf(code)).toBe(exit))
})
