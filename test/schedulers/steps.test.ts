import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../src/schedulers/create-scheduler.ts'
import { ancestralSigmas } from '../../src/schedulers/euler-ancestral.ts'
import { ddimStep } from '../../src/schedulers/ddim.ts'
import { dpmppOrder } from '../../src/schedulers/dpmpp.ts'
import { adamsBashforth, transfer } from '../../src/schedulers/pndm.ts'
import { predict, diffuse } from '../../src/schedulers/prediction.ts'
import { emptyHistory, type Scheduler } from '../../src/schedulers/scheduler.ts'
import { karrasSigmas, sigmaTable, timestepOf } from '../../src/schedulers/sigmas.ts'
import { createTorchGenerator } from '../../src/tensor/torch-random.ts'
import { distance, latentDiffusion } from '../contracts/scheduler.ts'

const size = 64
const truth = createTorchGenerator(1)
  .randn([size])
  .data.map((value) => value * 0.5)

it('runs DDIM forwards again after running it backwards', () => {
  const options = { ...latentDiffusion, _class_name: 'DDIMScheduler' }
  const forwards = createScheduler(options, { steps: 50 })
  const backwards = createScheduler(options, { steps: 50, overrides: { _class_name: 'DDIMInverseScheduler' } })
  const epsilon = createTorchGenerator(6).randn([size]).data
  const walk = (scheduler: Scheduler, start: Float32Array) =>
    scheduler.timesteps.reduce((sample, _, stepIndex) => {
      const input = { modelOutput: epsilon, sample, stepIndex, history: emptyHistory, noise: () => epsilon }
      return scheduler.step(input).sample
    }, start)
  expect(distance(walk(forwards, walk(backwards, truth)), truth)).toBeLessThan(1e-4)
})

describe('the parts', () => {
  it.each(['epsilon', 'v_prediction', 'sample'] as const)('%s tells the same clean sample and noise', (type) => {
    const epsilon = createTorchGenerator(7).randn([size]).data
    const alpha = 0.3
    const sample = diffuse(truth, epsilon, alpha)
    const velocity = diffuse(
      epsilon,
      truth.map((value) => -value),
      alpha,
    )
    const output = { epsilon, v_prediction: velocity, sample: truth }[type]
    const prediction = predict(type, output, sample, alpha)
    expect(distance(prediction.original, truth)).toBeLessThan(1e-5)
    expect(distance(prediction.epsilon, epsilon)).toBeLessThan(1e-5)
  })

  it('takes the same way by DDIM without noise and by the transfer of PNDM', () => {
    const epsilon = createTorchGenerator(8).randn([size]).data
    const sample = diffuse(truth, epsilon, 0.2)
    const prediction = predict('epsilon', epsilon, sample, 0.2)
    const ddim = ddimStep({ prediction, alphaNow: 0.2, alphaNext: 0.5 })
    expect(distance(transfer(sample, epsilon, 0.2, 0.5), ddim)).toBeLessThan(1e-5)
  })

  it.each([1, 2, 3, 4])('weights %i equal estimates to that estimate', (count) => {
    const estimates = Array.from({ length: count }, () => truth)
    expect(distance(adamsBashforth(estimates), truth)).toBeLessThan(1e-6)
  })

  it('splits a step into a way down and noise that add up', () => {
    const { down, up } = ancestralSigmas(5, 3)
    expect(Math.hypot(down, up)).toBeCloseTo(3, 12)
    expect(ancestralSigmas(5, 0)).toEqual({ down: 0, up: 0 })
  })

  it('begins and ends Karras sigmas where it is told', () => {
    const sigmas = karrasSigmas(0.03, 14.6, 10)
    expect(sigmas[0]).toBeCloseTo(14.6, 12)
    expect(sigmas[9]).toBeCloseTo(0.03, 12)
    expect(sigmas).toEqual(sigmas.toSorted((a, b) => b - a))
  })

  it('finds the timestep of a sigma, between two of them and beyond the ends', () => {
    const table = sigmaTable(Float32Array.of(0.9, 0.5, 0.1))
    expect(table[1]).toBe(1)
    expect(timestepOf(1, table)).toBeCloseTo(1, 6)
    expect(timestepOf(Math.sqrt(3), table)).toBeCloseTo(1.5, 6)
    expect(timestepOf(100, table)).toBe(2)
    expect(timestepOf(0.001, table)).toBe(0)
  })

  const rule = {
    solver_order: 3,
    lower_order_final: true,
    euler_at_final: false,
    final_sigmas_type: 'sigma_min',
  } as const
  it.each([
    ['rises with what is known', rule, 20, [1, 2, 3, 3]],
    ['falls at the end of few steps', rule, 6, [1, 2, 3, 3, 2, 1]],
    ['stays high at the end of many steps', rule, 15, [1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]],
    ['is one where the last sigma is 0', { ...rule, final_sigmas_type: 'zero' } as const, 15, undefined],
    ['is one with euler_at_final', { ...rule, euler_at_final: true }, 15, undefined],
  ])('the order of DPM-Solver++ %s', (_, options, steps, orders) => {
    const found = Array.from({ length: steps }, (_, i) => dpmppOrder(options, i, steps, Math.min(3, i + 1)))
    if (orders) expect(found.slice(0, orders.length)).toEqual(orders)
    else expect(found.at(-1)).toBe(1)
  })
})
