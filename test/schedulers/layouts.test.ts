import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../src/schedulers/create-scheduler.ts'
import { samplers } from '../../src/schedulers/samplers.ts'
import type { RunOptions } from '../../src/schedulers/scheduler.ts'

/** The scheduler_config.json of Stable Diffusion 1.5. */
const sd15 = {
  _class_name: 'PNDMScheduler',
  _diffusers_version: '0.6.0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
  clip_sample: false,
}

type Row = readonly [name: string, overrides: Record<string, unknown>, run: RunOptions, timesteps: readonly number[]]

// Those of the sampler goldens (diffusers 0.42), and small ones worked out by hand.
const layouts: readonly Row[] = [
  ['PNDM twice its second', {}, { steps: 4 }, [751, 501, 501, 251, 1]],
  ['PNDM in one step', {}, { steps: 1 }, [1]],
  ['PNDM from a picture', {}, { steps: 10, strength: 0.5 }, [501, 401, 301, 201, 101, 1]],
  [
    'PNDM with Runge-Kutta',
    { skip_prk_steps: false },
    { steps: 7 },
    [853, 782, 782, 711, 711, 640, 640, 569, 569, 498, 498, 427, 427, 285, 143, 1],
  ],
  ['DDIM leading', { _class_name: 'DDIMScheduler' }, { steps: 5 }, [801, 601, 401, 201, 1]],
  ['DDIM linspace', { _class_name: 'DDIMScheduler', timestep_spacing: 'linspace' }, { steps: 3 }, [999, 500, 0]],
  ['DDIM trailing', { _class_name: 'DDIMScheduler', timestep_spacing: 'trailing' }, { steps: 3 }, [999, 666, 332]],
  ['DDIM from a picture', { _class_name: 'DDIMScheduler' }, { steps: 5, strength: 0.6 }, [401, 201, 1]],
  ['DDIM backwards', { _class_name: 'DDIMInverseScheduler' }, { steps: 4 }, [1, 251, 501, 751]],
  ['Euler, fractions', { _class_name: 'EulerDiscreteScheduler' }, { steps: 5 }, [999, 749.25, 499.5, 249.75, 0]],
  ['DPM++ open-ended', { _class_name: 'DPMSolverMultistepScheduler' }, { steps: 5 }, [999, 799, 599, 400, 200]],
  [
    'DPM++ Karras',
    { _class_name: 'DPMSolverMultistepScheduler', use_karras_sigmas: true },
    { steps: 5 },
    [999, 786, 427, 59, 0],
  ],
  ['LCM', { _class_name: 'LCMScheduler' }, { steps: 4 }, [999, 759, 499, 259]],
]

describe('layouts', () => {
  it.each(layouts)('%s', (_, overrides, run, timesteps) => {
    expect(createScheduler(sd15, { ...run, overrides }).timesteps).toEqual(timesteps)
  })

  it('has as many trailing steps as asked for where rounding would give one more', () => {
    const overrides = { _class_name: 'DDIMScheduler', timestep_spacing: 'trailing' }
    const { timesteps } = createScheduler(sd15, { steps: 61, overrides })
    expect(timesteps).toHaveLength(61)
    expect(Math.min(...timesteps)).toBeGreaterThanOrEqual(0)
  })

  it('says where a cut layout begins', () => {
    const whole = createScheduler(sd15, { steps: 10 })
    const cut = createScheduler(sd15, { steps: 10, strength: 0.3 })
    expect(cut.firstIndex).toBe(7)
    expect(cut.allTimesteps).toEqual(whole.timesteps)
    expect(cut.timesteps[0]).toBe(whole.timesteps[7])
  })

  it('leaves out the Runge-Kutta start where a run begins in the middle', () => {
    const overrides = { skip_prk_steps: false }
    const cut = createScheduler(sd15, { steps: 10, strength: 0.5, overrides })
    expect(cut.timesteps).toEqual([501, 401, 301, 201, 101, 1])
  })
})

describe('options', () => {
  it.each([
    ['steps of 0', { steps: 0 }],
    ['half a step', { steps: 2.5 }],
    ['more steps than were trained', { steps: 1001 }],
    ['strength over 1', { steps: 5, strength: 1.1 }],
    ['strength that leaves no step', { steps: 5, strength: 0.1 }],
    ['eta below 0', { steps: 5, eta: -1 }],
    ['steps that are no number', { steps: NaN }],
  ])('refuses %s', (_, run) => {
    const overrides = { _class_name: 'DDIMScheduler' }
    expect(() => createScheduler(sd15, { ...run, overrides })).toThrow(
      expect.objectContaining({ code: 'input/invalid-option' }),
    )
  })

  it.each([
    ['an unknown class', { _class_name: 'HeunDiscreteScheduler' }, /HeunDiscreteScheduler/],
    ['no class', { _class_name: undefined }, /_class_name/],
    ['an inherited name', { _class_name: 'toString' }, /toString/],
    ['dynamic thresholding', { thresholding: true }, /thresholding is true/],
    ['a schedule without code', { beta_schedule: 'squaredcos_cap_v2' }, /beta_schedule is "squaredcos_cap_v2"/],
    [
      'a stochastic third order',
      { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++', solver_order: 3 },
      /sde-dpmsolver\+\+/,
    ],
  ])('refuses %s, naming it', (_, overrides, message) => {
    const refused = () => createScheduler(sd15, { steps: 5, overrides })
    expect(refused).toThrow(expect.objectContaining({ code: 'model/unsupported' }))
    expect(refused).toThrow(message)
  })

  it('reads betas that a checkpoint brings along', () => {
    const trained = { _class_name: 'DDIMScheduler', trained_betas: [0.5, 0.5], num_train_timesteps: 2 }
    expect([...createScheduler(trained, { steps: 2 }).alphasCumprod]).toEqual([0.5, 0.25])
  })

  it('ends a rescaled schedule in pure noise', () => {
    const overrides = { _class_name: 'DDIMScheduler', rescale_betas_zero_snr: true }
    expect(createScheduler(sd15, { steps: 5, overrides }).alphasCumprod[999]).toBe(0)
  })
})

describe('samplers by name', () => {
  it.each(Object.entries(samplers))('%s runs on the configuration of Stable Diffusion 1.5', (_, { overrides }) => {
    const scheduler = createScheduler(sd15, { steps: 20, overrides })
    expect(scheduler.timesteps.length).toBeGreaterThanOrEqual(20)
    expect(scheduler.alphasCumprod[999]).toBeCloseTo(0.00466, 5)
  })

  it.each(Object.entries(samplers))('%s keeps the prediction type of a checkpoint', (_, { overrides }) => {
    const velocity = { ...sd15, prediction_type: 'v_prediction' }
    const input = {
      modelOutput: Float32Array.of(1),
      sample: Float32Array.of(0.5),
      stepIndex: 0,
      history: { outputs: [] },
      noise: () => Float32Array.of(0),
    }
    const withNoise = createScheduler(sd15, { steps: 5, overrides }).step(input).denoised
    const withVelocity = createScheduler(velocity, { steps: 5, overrides }).step(input).denoised
    expect(withVelocity).not.toEqual(withNoise)
  })
})
