import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import type { RunOptions } from './scheduler.ts'

/**
 * What every class of scheduler_config.json shares, with diffusers' defaults for what a file leaves out. Values that
 * change the arithmetic in a way that no sampler here computes are refused, keys that have no meaning here are ignored.
 */
export const commonConfig = z.object({
  num_train_timesteps: z.int().min(1).default(1000),
  beta_start: z.number().positive().default(0.0001),
  beta_end: z.number().positive().default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear']).default('linear'),
  trained_betas: z.array(z.number()).nonempty().optional(),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  rescale_betas_zero_snr: z.boolean().default(false),
  steps_offset: z.int().min(0).default(0),
  thresholding: z.literal(false).default(false),
})

export const spacing = z.enum(['leading', 'linspace', 'trailing'])

/** Samplers that clamp the predicted clean sample. */
export const clipConfig = z.object({
  clip_sample: z.boolean().default(true),
  clip_sample_range: z.number().positive().default(1),
})

/** Samplers that choose their own noise levels; the alternatives to Karras's are refused. */
export const sigmaConfig = z.object({
  use_karras_sigmas: z.boolean().default(false),
  use_exponential_sigmas: z.literal(false).default(false),
  use_beta_sigmas: z.literal(false).default(false),
  use_lu_lambdas: z.literal(false).default(false),
  use_flow_sigmas: z.literal(false).default(false),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
})

/**
 * A scheduler_config.json against a sampler's schema; `null` means "not given", as in diffusers.
 * Throws AppError `model/unsupported`, naming the option, its value and what is allowed.
 */
export function readConfig<S extends z.ZodType>(schema: S, config: unknown): z.output<S> {
  const given = typeof config === 'object' && config !== null ? Object.entries(config) : []
  const values = Object.fromEntries(given.filter(([, value]) => value !== null))
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const key = issue?.path.join('.') ?? ''
  throw new AppError('model/unsupported', {
    message: `scheduler_config.json: ${key} is ${JSON.stringify(values[key])}: ${issue?.message ?? ''}`,
    hint: 'Choose another sampler, or correct the file.',
  })
}

/** Cuts the beginning of a layout, as image-to-image does. `wholeSteps` is what `strength` is a share of. */
export function cutByStrength(
  allTimesteps: readonly number[],
  wholeSteps: number,
  { strength = 1 }: Pick<RunOptions, 'strength'>,
): { readonly timesteps: readonly number[]; readonly allTimesteps: readonly number[]; readonly firstIndex: number } {
  const kept = Math.min(Math.trunc(wholeSteps * strength), wholeSteps)
  const firstIndex = wholeSteps - kept
  return { timesteps: allTimesteps.slice(firstIndex), allTimesteps, firstIndex }
}

/** Throws AppError `input/invalid-option` when a run cannot be laid out with these numbers. */
export function checkRun({ steps, strength = 1, eta = 0 }: RunOptions, maximumSteps: number): void {
  const wrong = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })
  if (!Number.isInteger(steps) || steps < 1 || steps > maximumSteps)
    throw wrong(`steps is ${steps}`, `Give a whole number from 1 to ${maximumSteps}.`)
  if (!(strength >= 0 && strength <= 1)) throw wrong(`strength is ${strength}`, 'Give a number from 0 to 1.')
  if (Math.trunc(steps * strength) < 1)
    throw wrong(`strength ${strength} of ${steps} steps leaves none`, 'Give more strength or more steps.')
  if (!(eta >= 0 && eta <= 1)) throw wrong(`eta is ${eta}`, 'Give a number from 0 to 1.')
}
