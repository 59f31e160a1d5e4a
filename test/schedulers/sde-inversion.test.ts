import { describe, expect, it } from 'vitest'
import { invertStep, noised, sdeSchedule, sdeStep } from '../../src/schedulers/sde-inversion.ts'
import { createTorchGenerator } from '../../src/tensor/torch-random.ts'
import { distance, latentDiffusion } from '../contracts/scheduler.ts'

const size = 64
const generator = createTorchGenerator(11)
const normals = () => generator.randn([size]).data
const clean = normals()

/** Inverts with one network's outputs and samples with another's. */
function thereAndBack(steps: number, skip: number, inverting: Float32Array[], sampling: Float32Array[]) {
  const schedule = sdeSchedule(latentDiffusion, { steps, skip })
  const samples = [clean]
  for (let index = steps - 1; index >= 0; index--) samples.push(noised(schedule, clean, normals(), index))
  let before: Float32Array | undefined
  const noises = inverting.map((modelOutput, index) => {
    const [sample, cleaner] = [samples[steps - index]!, samples[steps - 1 - index]!]
    const step = invertStep(schedule, { index, modelOutput, sample, before, cleaner })
    samples[steps - 1 - index] = step.cleaner
    before = step.original
    return step.noise
  })
  before = undefined
  let sample = samples.at(-1)!
  sampling.forEach((modelOutput, index) => {
    const step = sdeStep(schedule, { index, modelOutput, sample, before, noise: noises[index]! })
    sample = step.sample
    before = step.original
  })
  return sample
}

const outputs = (count: number) => Array.from({ length: count }, normals)

describe('the noise of a stochastic sampler', () => {
  it('leads back to the picture when the network says the same', () => {
    const said = outputs(20)
    expect(distance(thereAndBack(20, 0.25, said, said), clean)).toBeLessThan(1e-3)
  })

  it('leads elsewhere when it does not', () => {
    expect(distance(thereAndBack(20, 0.25, outputs(20), outputs(20)), clean)).toBeGreaterThan(0.1)
  })

  it('ends with a step of another order than the inversion at fewer than 15 steps, as released', () => {
    const said = outputs(8)
    expect(distance(thereAndBack(8, 0.25, said, said), clean)).toBeGreaterThan(1e-3)
  })
})

describe('its timesteps', () => {
  it.each([
    [6, 0.25, [749, 599, 449, 300, 150, 1]],
    [1, 0.25, [749]],
    [3, 0, [999, 500, 1]],
    [2, 0.36, [639, 1]],
  ])('are %i from a share of %d left out', (steps, skip, timesteps) => {
    expect(sdeSchedule(latentDiffusion, { steps, skip }).timesteps).toEqual(timesteps)
  })

  it.each([
    [0, 0.25],
    [1.5, 0.25],
    [10, 1],
    [10, -0.1],
    [200, 0.9],
  ])('are refused for %d steps and a share of %d', (steps, skip) => {
    expect(() => sdeSchedule(latentDiffusion, { steps, skip })).toThrow('do not fit into 1000 timesteps')
  })
})
