import { samplerNames, type SamplerName } from '../contract/inference.ts'
import type { SchedulerClass } from './create-scheduler.ts'

/** A sampler as people choose it: what is put over a checkpoint's own scheduler_config.json. */
export interface Sampler {
  readonly label: string
  /** What people call it beside its name and its label, in other programs and in papers. */
  readonly aliases: readonly string[]
  readonly overrides: Readonly<Record<string, unknown>> & { readonly _class_name: SchedulerClass }
}

/**
 * The samplers offered, by name. The checkpoint keeps what belongs to its training: betas, prediction type, terminal
 * SNR, offset, spacing. Clamping the clean sample is for pixels; latents go beyond 1, and a file written for another
 * class may lack the option, whose default is on.
 */
export const samplers: Readonly<Record<SamplerName, Sampler>> = {
  ddim: {
    label: 'DDIM',
    aliases: ['DDIMScheduler'],
    overrides: { _class_name: 'DDIMScheduler', clip_sample: false },
  },
  ddpm: {
    label: 'DDPM',
    aliases: ['DDPMScheduler'],
    overrides: { _class_name: 'DDPMScheduler', clip_sample: false, variance_type: 'fixed_small' },
  },
  pndm: {
    label: 'PNDM',
    aliases: ['PLMS', 'PNDMScheduler'],
    overrides: { _class_name: 'PNDMScheduler', skip_prk_steps: true },
  },
  euler: {
    label: 'Euler',
    aliases: ['k_euler', 'EulerDiscrete', 'EulerDiscreteScheduler'],
    overrides: euler(false),
  },
  'euler-karras': { label: 'Euler Karras', aliases: ['k_euler Karras'], overrides: euler(true) },
  'euler-a': {
    label: 'Euler a',
    aliases: [
      'Euler ancestral',
      'k_euler_a',
      'k_euler_ancestral',
      'EulerAncestralDiscrete',
      'EulerAncestralDiscreteScheduler',
    ],
    overrides: { _class_name: 'EulerAncestralDiscreteScheduler' },
  },
  'dpmpp-2m': {
    label: 'DPM++ 2M',
    aliases: ['k_dpmpp_2m', 'DPM++', 'DPM-Solver++', 'DPMSolverMultistep', 'DPMSolverMultistepScheduler'],
    overrides: dpmpp('dpmsolver++', false),
  },
  'dpmpp-2m-karras': {
    label: 'DPM++ 2M Karras',
    aliases: ['k_dpmpp_2m_karras', 'k_dpmpp_2m_ka', 'DPM++ Karras', 'DPM-Solver++ Karras'],
    overrides: dpmpp('dpmsolver++', true),
  },
  'dpmpp-2m-sde': {
    label: 'DPM++ 2M SDE',
    aliases: ['k_dpmpp_2m_sde', 'SDE-DPM-Solver++'],
    overrides: dpmpp('sde-dpmsolver++', false),
  },
  'dpmpp-2m-sde-karras': {
    label: 'DPM++ 2M SDE Karras',
    aliases: ['k_dpmpp_2m_sde_karras', 'SDE-DPM-Solver++ Karras'],
    overrides: dpmpp('sde-dpmsolver++', true),
  },
  unipc: {
    label: 'UniPC',
    aliases: ['UniPCMultistep', 'UniPCMultistepScheduler'],
    overrides: { _class_name: 'UniPCMultistepScheduler', solver_order: 2, use_karras_sigmas: false },
  },
  lcm: {
    label: 'LCM',
    aliases: ['LCMScheduler', 'latent consistency'],
    overrides: { _class_name: 'LCMScheduler', clip_sample: false },
  },
  tcd: {
    label: 'TCD',
    aliases: ['TCDScheduler', 'Hyper-SD', 'trajectory consistency'],
    overrides: { _class_name: 'TCDScheduler', clip_sample: false },
  },
}

function euler(karras: boolean) {
  return { _class_name: 'EulerDiscreteScheduler', use_karras_sigmas: karras } as const
}

function dpmpp(algorithm: 'dpmsolver++' | 'sde-dpmsolver++', karras: boolean) {
  const solver = { algorithm_type: algorithm, solver_order: 2, use_karras_sigmas: karras }
  return { _class_name: 'DPMSolverMultistepScheduler', ...solver } as const
}

/** Case, blanks and dashes do not matter, `++` is `pp`, and the word "sampler" may follow. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll('++', 'pp')
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/sampler$/, '')

/** Everything that a sampler is called, its name first. */
export const namesOfSampler = (name: SamplerName): readonly string[] => [
  name,
  samplers[name].label,
  ...samplers[name].aliases,
]

const byPlainName: ReadonlyMap<string, SamplerName> = new Map(
  samplerNames.flatMap((name) => namesOfSampler(name).map((called) => [plain(called), name] as const)),
)

/** The sampler that a person means by "euler a", "DPM++ 2M Karras", "plms" ...; undefined when there is none. */
export const samplerOf = (text: string): SamplerName | undefined => byPlainName.get(plain(text))
