import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Checker } from './check.ts'
import { loadCase } from './case.ts'
import { computeOn } from './golden-runtime.ts'
import { runCase } from './runner.ts'

const folder = (name: string) => fileURLToPath(new URL(`cases/${name}`, import.meta.url))

beforeAll(() => computeOn('cpu', 'fp16'))

describe('golden vectors in fp16', () => {
  it.each(['sd/unet_sd15_odd', 'sd/text_encoder_sd15'])('%s is within what fp16 may be off', async (name) => {
    const { outcome, failures, crash, isHalf } = await runCase(folder(name))
    expect({ outcome, failures, crash, isHalf }).toEqual({
      outcome: 'pass',
      failures: [],
      crash: undefined,
      isHalf: true,
    })
  })

  it('are held to their own tolerance where no graph is loaded', async () => {
    expect(await runCase(folder('sd/sched_tcd'))).toMatchObject({ outcome: 'pass', isHalf: false })
  })

  it('do not pass when they are further off than that', () => {
    const goldenCase = loadCase(folder('sd/unet_sd15_odd'))
    const judged = (value: number, isHalf: boolean) => {
      const check = new Checker(goldenCase, () => isHalf)
      check.floats('output', [value, 4], [1, 4])
      return check.comparisons[0]!.pass
    }
    expect(judged(1.03, true)).toBe(true)
    expect(judged(1.03, false)).toBe(false)
    expect(judged(1.04, true)).toBe(false)
  })
})
