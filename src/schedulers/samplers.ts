import type { SamplerName } from '../contract/inference.ts'
import type { SchedulerClass } from './create-scheduler.ts'

/** A sampler as people choose it: what is put over a checkpoint's own scheduler_config.json. */
export interface Sampler {
  readonly label: string
  readonly overrides: Readonly<Record<string, unknown>> & { readonly _class_name: SchedulerClass }
}

/**
 * The samplers offered, by name. The checkpoint keeps what belongs to its training: betas, prediction type, offset,
 * spacing. Clamping the clean sample is for pixels; latents go beyond 1, and a file written for another class may lack
 * the option, whose default is on.
 */
export const samplers: Readonly<Record<SamplerName, Sampler>> = {
  ddim: { label: 'DDIM', overrides: { _class_name: 'DDIMScheduler', clip_sample: false } },
  pndm: { label: 'PNDM (PLMS)', overrides: { _class_name: 'PNDMScheduler', skip_prk_steps: true } },
  euler: { label: 'Euler', overrides: { _class_name: 'EulerDiscreteScheduler', use_karras_sigmas: false } },
  'euler-a': { label: 'Euler ancestral', overrides: { _class_name: 'EulerAncestralDiscreteScheduler' } },
  'dpmpp-2m': {
    label: 'DPM++ 2M',
    overrides: { ...dpmpp2m(), use_karras_sigmas: false },
  },
  'dpmpp-2m-karras': {
    label: 'DPM++ 2M Karras',
    overrides: { ...dpmpp2m(), use_karras_sigmas: true },
  },
}

function dpmpp2m() {
  return { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver++', solver_order: 2 } as const
}
