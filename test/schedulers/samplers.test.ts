import { describe, expect, it } from 'vitest'
import { samplerNames } from '../../src/contract/inference.ts'
import { createScheduler, type SchedulerClass } from '../../src/schedulers/create-scheduler.ts'
import { namesOfSampler, samplerOf, samplers } from '../../src/schedulers/samplers.ts'
import { emptyHistory } from '../../src/schedulers/scheduler.ts'
import { latentDiffusion, schedulerContract } from '../contracts/scheduler.ts'

for (const name of samplerNames)
  schedulerContract(
    `the sampler ${name}`,
    ({ overrides, ...run }) =>
      createScheduler(latentDiffusion, { ...run, overrides: { ...overrides, ...samplers[name].overrides } }),
    { mixesOutputs: name === 'pndm' },
  )

const variants: readonly (readonly [SchedulerClass, Record<string, unknown>])[] = [
  ['DDIMScheduler', { timestep_spacing: 'linspace', set_alpha_to_one: true }],
  ['PNDMScheduler', { skip_prk_steps: true, timestep_spacing: 'trailing' }],
  ['EulerDiscreteScheduler', { use_karras_sigmas: true, timestep_spacing: 'leading' }],
  ['EulerAncestralDiscreteScheduler', { timestep_spacing: 'leading' }],
  ['DPMSolverMultistepScheduler', { use_karras_sigmas: true, solver_type: 'heun' }],
  ['DPMSolverMultistepScheduler', { solver_order: 3 }],
  ['UniPCMultistepScheduler', { solver_order: 3, use_karras_sigmas: true }],
]
for (const [_class_name, options] of variants)
  schedulerContract(
    `${_class_name} ${JSON.stringify(options)}`,
    ({ overrides, ...run }) =>
      createScheduler({ ...latentDiffusion, ...options, _class_name }, { ...run, overrides: { ...overrides } }),
    { mixesOutputs: _class_name === 'PNDMScheduler' },
  )

describe('samplerOf', () => {
  it.each([
    ['euler a', 'euler-a'],
    ['Euler ancestral', 'euler-a'],
    ['k_euler_ancestral', 'euler-a'],
    ['k_euler', 'euler'],
    ['EULER', 'euler'],
    ['dpm++ 2m karras', 'dpmpp-2m-karras'],
    ['DPM++ 2M SDE Karras', 'dpmpp-2m-sde-karras'],
    ['dpmpp_2m_sde', 'dpmpp-2m-sde'],
    ['dpm++', 'dpmpp-2m'],
    ['plms', 'pndm'],
    ['UniPC', 'unipc'],
    ['DDIM sampler', 'ddim'],
    ['EulerDiscreteScheduler', 'euler'],
    ['Hyper-SD', 'tcd'],
    ['lcm', 'lcm'],
    ['ddpm', 'ddpm'],
  ])('takes %s for %s', (text, name) => expect(samplerOf(text)).toBe(name))

  it.each(['', 'heun', 'euler b', 'dpm', '++', '2m'])('takes "%s" for none', (text) =>
    expect(samplerOf(text)).toBeUndefined(),
  )

  it('has one sampler for each thing that people say', () => {
    for (const name of samplerNames)
      for (const called of namesOfSampler(name)) expect([called, samplerOf(called)]).toEqual([called, name])
  })
})

describe('options of a preset', () => {
  const ddim = (options: Record<string, unknown>, eta?: number) =>
    createScheduler(latentDiffusion, {
      steps: 10,
      ...(eta === undefined ? {} : { eta }),
      overrides: { ...options, ...samplers.ddim.overrides },
    })

  it('may make DDIM random, unless the run says otherwise', () => {
    expect(ddim({}).drawsAt(0)).toBe(false)
    expect(ddim({ eta: 1 }).drawsAt(0)).toBe(true)
    expect(ddim({ eta: 1 }, 0).drawsAt(0)).toBe(false)
    expect(() => ddim({ eta: 'much' })).toThrow('eta is "much"')
    expect(() => ddim({ eta: 2 })).toThrow('eta is 2')
  })

  it('reach the arithmetic: the same output means another picture to a network of velocities', () => {
    const input = {
      modelOutput: Float32Array.of(0.5),
      sample: Float32Array.of(1),
      stepIndex: 0,
      history: emptyHistory,
      noise: () => Float32Array.of(0),
    }
    const [asNoise, asVelocity] = [ddim({}), ddim({ prediction_type: 'v_prediction' })]
    expect(asNoise.step(input).denoised).not.toEqual(asVelocity.step(input).denoised)
  })
})
