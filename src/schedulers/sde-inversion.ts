/**
 * Inversion to noise that a stochastic sampler draws: "An Edit Friendly DDPM Noise Space" (Huberman-Spiegelglas et al.,
 * arXiv 2304.06140, algorithm 1) over the second-order SDE solver of DPM-Solver++, as LEDITS++ (Brack et al., arXiv
 * 2311.16711, section 3.1) and LLMGA's released editing have it. The same noise leads back to the picture; with another
 * prompt to another one.
 */
import { AppError } from '../contract/errors.ts'
import { combine } from '../tensor/combine.ts'
import { dpmppMoments, dpmppUpdate } from './dpmpp-update.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import { diffuse, predict, type PredictionType } from './prediction.ts'
import { commonConfig, readConfig } from './scheduler-config.ts'
import type { NoiseLevel } from './sigmas.ts'

/** Below this the last sampled step is of first order, for stability; the inversion, as released, is not lowered. */
const fewSteps = 15

/** Timesteps of one inversion and of the sampling that follows it. */
export interface SdeSchedule {
  /** Descending. */
  readonly timesteps: readonly number[]
  readonly predictionType: PredictionType
  readonly alphasCumprod: Float32Array
}

/**
 * `steps` timesteps from where `skip` (0 to below 1) of the training's are left out at the noisy end, down to 1. Throws
 * AppError `input/invalid-option` for numbers that leave too few of them.
 */
export function sdeSchedule(config: unknown, { steps, skip }: { steps: number; skip: number }): SdeSchedule {
  const options = readConfig(commonConfig, config)
  const train = options.num_train_timesteps
  const first = train - skip * train - 1
  if (!(skip >= 0 && skip < 1) || !Number.isInteger(steps) || steps < 1 || steps > first)
    throw new AppError('input/invalid-option', {
      message: `${steps} steps with a share of ${skip} left out do not fit into ${train} timesteps`,
      hint: 'Choose a share from 0 to 0.9, and 2 to 100 steps.',
    })
  const stride = steps > 1 ? (1 - first) / (steps - 1) : 0
  const at = (index: number) => (index > 0 && index === steps - 1 ? 1 : index * stride + first)
  return {
    timesteps: Array.from({ length: steps }, (_, index) => Math.trunc(at(index))),
    predictionType: options.prediction_type,
    alphasCumprod: positiveAlphasCumprod(options),
  }
}

/** A clean sample at the level of step `index`. */
export const noised = (schedule: SdeSchedule, clean: Float32Array, noise: Float32Array, index: number): Float32Array =>
  diffuse(clean, noise, schedule.alphasCumprod[schedule.timesteps[index]!]!)

export interface SdeInput {
  readonly index: number
  /** What the network said about `sample`, after guidance. */
  readonly modelOutput: Float32Array
  /** At the level of step `index`. */
  readonly sample: Float32Array
  /** The clean sample as predicted at the step before; undefined at the first. */
  readonly before: Float32Array | undefined
}

/** The noise that leads from a sample to a given cleaner one, and the clean sample as predicted here. */
export function invertStep(
  schedule: SdeSchedule,
  input: SdeInput & { readonly cleaner: Float32Array },
): { readonly noise: Float32Array; readonly cleaner: Float32Array; readonly original: Float32Array } {
  const { original, update } = updateAt(schedule, input, false)
  const { mean, deviation } = dpmppMoments(update)
  const noise = combine([1 / deviation, input.cleaner], [-1 / deviation, mean])
  // Rounded as the sampler will arrive there, so that errors do not add up.
  return { noise, cleaner: combine([1, mean], [deviation, noise]), original }
}

/** One step of the sampler with the noise of an inversion. */
export function sdeStep(
  schedule: SdeSchedule,
  input: SdeInput & { readonly noise: Float32Array },
): { readonly sample: Float32Array; readonly original: Float32Array } {
  const isLast = input.index === schedule.timesteps.length - 1
  const { original, update } = updateAt(schedule, input, isLast && schedule.timesteps.length < fewSteps)
  return { sample: dpmppUpdate({ ...update, noise: input.noise }), original }
}

function updateAt(schedule: SdeSchedule, { index, modelOutput, sample, before }: SdeInput, lowered: boolean) {
  const { alphasCumprod, timesteps, predictionType } = schedule
  const { original } = predict(predictionType, modelOutput, sample, alphasCumprod[timesteps[index]!]!)
  const level = (at: number): NoiseLevel => levelOf(alphasCumprod[timesteps[at] ?? 0]!) // ends at timestep 0, not at none
  const order = before === undefined || lowered ? 1 : 2
  return {
    original,
    update: {
      sample,
      levels: [level(index + 1), level(index), ...(index > 0 ? [level(index - 1)] : [])],
      originals: before === undefined ? [original] : [original, before],
      order,
      solver: 'midpoint',
    } as const,
  }
}

function levelOf(alphaCumprod: number): NoiseLevel {
  const [alpha, sigma] = [Math.sqrt(alphaCumprod), Math.sqrt(1 - alphaCumprod)]
  return { alpha, sigma, lambda: Math.log(alpha) - Math.log(sigma) }
}
