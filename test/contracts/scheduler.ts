import { describe, expect, it } from 'vitest'
import type { AppError } from '../../src/contract/errors.ts'
import type { SchedulerOptions } from '../../src/schedulers/create-scheduler.ts'
import { emptyHistory, type Scheduler, type StepHistory } from '../../src/schedulers/scheduler.ts'
import { createTorchGenerator } from '../../src/tensor/torch-random.ts'

/** What a checkpoint's file says, the sampler's own options aside. */
export const latentDiffusion = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
}

const size = 64
const normals = (seed: number, count = size) => createTorchGenerator(seed).randn([count]).data
const truth = normals(1).map((value) => value * 0.5)

type Prediction = 'epsilon' | 'v_prediction'

/** Shares of the clean sample and of unit noise in a sample before a step, as addNoise mixes them (it is linear). */
function levelAt(scheduler: Scheduler, stepIndex: number): { kept: number; added: number } {
  const share = (clean: number, noise: number) =>
    scheduler.addNoise(Float32Array.of(clean), Float32Array.of(noise), stepIndex)[0]!
  return { kept: share(1, 0), added: share(0, 1) }
}

/** What a network says that knows the picture: the noise in the sample, or the velocity (arXiv 2202.00512). */
function oracle(scheduler: Scheduler, sample: Float32Array, stepIndex: number, type: Prediction): Float32Array {
  const { kept, added } = levelAt(scheduler, stepIndex)
  const norm = Math.hypot(kept, added)
  return sample.map((value, i) => {
    const epsilon = (value - kept * truth[i]!) / added
    return type === 'epsilon' ? epsilon : (kept * epsilon - added * truth[i]!) / norm
  })
}

interface Walk {
  readonly samples: readonly Float32Array[]
  readonly denoised: readonly Float32Array[]
}

/** Runs all steps with the oracle. */
function walk(scheduler: Scheduler, start: Float32Array, type: Prediction = 'epsilon', seed = 2): Walk {
  const generator = createTorchGenerator(seed)
  const noise = () => generator.randn([size]).data
  let history: StepHistory = emptyHistory
  const samples = [start]
  const denoised: Float32Array[] = []
  scheduler.timesteps.forEach((_, stepIndex) => {
    const sample = samples.at(-1)!
    const modelOutput = oracle(scheduler, sample, stepIndex, type)
    const step = scheduler.step({ modelOutput, sample, stepIndex, history, noise })
    history = step.history
    samples.push(step.sample)
    denoised.push(step.denoised)
  })
  return { samples, denoised }
}

export const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

const fromNoise = (scheduler: Scheduler, seed = 3) => normals(seed).map((value) => value * scheduler.initNoiseSigma)

interface Traits {
  /** Mixes what the network says at several steps before it knows the noise in it: another way to the same picture (PNDM). */
  readonly mixesOutputs?: boolean
}

/** What every sampler has to do, whatever its arithmetic. `create` lays it out over `latentDiffusion`. */
export function schedulerContract(
  name: string,
  create: (options: SchedulerOptions) => Scheduler,
  { mixesOutputs = false }: Traits = {},
): void {
  describe(name, () => {
    it('finds the picture that a perfect network knows, and shows it at every step', () => {
      const scheduler = create({ steps: 12 })
      const { samples, denoised } = walk(scheduler, fromNoise(scheduler))
      for (const seen of denoised) expect(distance(seen, truth)).toBeLessThan(2e-3)
      // Some stop at the noise of the first training step, alphas_cumprod 0.99915, and not at none.
      expect(distance(samples.at(-1)!, truth)).toBeLessThan(0.2)
    })

    it('begins from a picture at the level that a share of the steps leaves', () => {
      const scheduler = create({ steps: 12, strength: 0.5 })
      expect(scheduler.timesteps).toEqual(scheduler.allTimesteps.slice(scheduler.firstIndex))
      expect(scheduler.firstIndex).toBe(6)
      const start = scheduler.addNoise(truth, normals(4), 0)
      expect(distance(walk(scheduler, start).samples.at(-1)!, truth)).toBeLessThan(0.2)
    })

    it('goes the same way with a network that predicts velocities', () => {
      const [byNoise, byVelocity] = [create({ steps: 10 }), velocities({})]
      const start = fromNoise(byNoise)
      const ways = [walk(byNoise, start), walk(byVelocity, start, 'v_prediction')]
      for (const seen of ways[1]!.denoised) expect(distance(seen, truth)).toBeLessThan(2e-3)
      if (mixesOutputs) expect(distance(ways[1]!.samples.at(-1)!, truth)).toBeLessThan(0.2)
      else ways[0]!.samples.forEach((sample, i) => expect(distance(sample, ways[1]!.samples[i]!)).toBeLessThan(5e-3))
    })

    it('begins from pure noise with zero terminal SNR', () => {
      const scheduler = velocities({ rescale_betas_zero_snr: true, timestep_spacing: 'trailing' })
      const { denoised, samples } = walk(scheduler, fromNoise(scheduler), 'v_prediction')
      expect(samples.every((sample) => sample.every(Number.isFinite))).toBe(true)
      expect(distance(denoised.at(-1)!, truth)).toBeLessThan(2e-3)
    })

    it('asks the network about training timesteps, from the noisiest on, with samples of unit variance', () => {
      const scheduler = create({ steps: 10 })
      const { timesteps } = scheduler
      expect(timesteps).toEqual(timesteps.toSorted((a, b) => b - a))
      expect(timesteps.every((t) => t >= 0 && t <= 999)).toBe(true)
      const input = scheduler.scaleModelInput(fromNoise(scheduler), 0)
      expect(Math.sqrt(input.reduce((sum, value) => sum + value ** 2, 0) / size)).toBeCloseTo(
        Math.sqrt(normals(3).reduce((sum, value) => sum + value ** 2, 0) / size),
        1,
      )
    })

    it('keeps nothing between calls: the same arguments give the same results, and none is changed', () => {
      const scheduler = create({ steps: 8 })
      const start = fromNoise(scheduler, 5)
      const copy = start.slice()
      const first = walk(scheduler, start)
      walk(scheduler, fromNoise(scheduler, 6)) // another run between the two
      expect(walk(scheduler, copy)).toEqual(first)
      expect(start).toEqual(copy)
    })

    it('takes arrays of any length', () => {
      const scheduler = create({ steps: 4 })
      const modelOutput = normals(7, 5)
      const noise = () => normals(8, 5)
      const step = scheduler.step({ modelOutput, sample: normals(9, 5), stepIndex: 0, history: emptyHistory, noise })
      expect([step.sample.length, step.denoised.length]).toEqual([5, 5])
      expect(scheduler.scaleModelInput(modelOutput, 0)).toHaveLength(5)
    })

    it('draws exactly where it says so', () => {
      const scheduler = create({ steps: 6 })
      let history: StepHistory = emptyHistory
      scheduler.timesteps.forEach((_, stepIndex) => {
        let draws = 0
        const noise = () => (draws++, new Float32Array(size))
        const input = { modelOutput: new Float32Array(size), sample: truth, stepIndex, history, noise }
        history = scheduler.step(input).history
        expect(draws).toBe(scheduler.drawsAt(stepIndex) ? 1 : 0)
      })
    })

    it('knows the picture after one step, when that is all', () => {
      const scheduler = create({ steps: 1 })
      expect(scheduler.timesteps).toHaveLength(1)
      const { samples, denoised } = walk(scheduler, fromNoise(scheduler))
      expect(distance(denoised[0]!, truth)).toBeLessThan(2e-3)
      expect(samples[1]!.every(Number.isFinite)).toBe(true)
    })

    it('runs or refuses as many steps as there are training timesteps', () => {
      let scheduler: Scheduler
      try {
        scheduler = create({ steps: 1000 })
      } catch (error) {
        expect(error).toMatchObject({
          code: 'input/invalid-option',
          message: expect.stringContaining('1000') as string,
        })
        return
      }
      const last = scheduler.timesteps.length - 1
      for (const stepIndex of [0, last]) {
        const { kept, added } = levelAt(scheduler, stepIndex)
        expect([kept, added].every(Number.isFinite)).toBe(true)
      }
      expect(distance(walk(scheduler, fromNoise(scheduler)).denoised[last]!, truth)).toBeLessThan(5e-3)
    })

    it.each<[string, SchedulerOptions]>([
      ['no step', { steps: 0 }],
      ['half a step', { steps: 1.5 }],
      ['more steps than timesteps', { steps: 1001 }],
      ['a share beyond the whole', { steps: 10, strength: 1.1 }],
      ['a share that leaves no step', { steps: 10, strength: 0.05 }],
      ['a negative eta', { steps: 10, eta: -1 }],
    ])('refuses %s in a sentence', (_name, options) => {
      let refusal: AppError | undefined
      try {
        create(options)
      } catch (error) {
        refusal = error as AppError
      }
      expect(refusal).toMatchObject({ code: 'input/invalid-option', hint: expect.stringMatching(/\w/) as string })
    })

    function velocities(overrides: Record<string, unknown>): Scheduler {
      return create({ steps: 10, overrides: { ...overrides, prediction_type: 'v_prediction' } })
    }
  })
}
