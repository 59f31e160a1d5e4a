/**
 * Euler's method on the probability flow: Karras et al., "Elucidating the Design Space", arXiv 2206.00364, the Euler
 * step without churn.
 */
import { z } from 'zod'
import { combine } from '../tensor/combine.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import type { PredictionType } from './prediction.ts'
import { checkRun, commonConfig, cutByStrength, readConfig, sigmaConfig, spacing } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { karrasSigmas, sigmasAt, sigmaTable, timestepOf } from './sigmas.ts'
import { fractionalTimesteps, type TimestepSpacing } from './timestep-spacing.ts'

const eulerConfig = commonConfig.extend({
  ...sigmaConfig.shape,
  interpolation_type: z.literal('linear').default('linear'),
  timestep_type: z.literal('discrete').default('discrete'),
  timestep_spacing: spacing.default('linspace'),
})

/** The clean sample from a variance-exploding one, `sample` = original + sigma x noise (section 5). */
export function originalAt(
  type: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  sigma: number,
): Float32Array {
  if (type === 'sample') return modelOutput
  if (type === 'epsilon') return combine([1, sample], [-sigma, modelOutput])
  const level = sigma * sigma + 1
  return combine([1 / level, sample], [-sigma / Math.sqrt(level), modelOutput])
}

/** Along the line from the sample to its clean estimate, from the level `sigma` to `sigmaNext`. */
export function eulerStep(
  sample: Float32Array,
  original: Float32Array,
  sigma: number,
  sigmaNext: number,
): Float32Array {
  const share = (sigmaNext - sigma) / sigma
  return combine([1 + share, sample], [-share, original])
}

/** The network's input: the sample brought back to unit variance. */
export const scaleBySigma = (sample: Float32Array, sigma: number): Float32Array =>
  combine([1 / Math.sqrt(sigma * sigma + 1), sample])

/** The largest sigma, or with `leading` spacing, which never reaches pure noise, the deviation of a noised sample. */
export const initialSigma = (largest: number, spacing: TimestepSpacing): number =>
  spacing === 'leading' ? Math.sqrt(largest * largest + 1) : largest

export function createEuler(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(eulerConfig, config)
  checkRun(run, options.num_train_timesteps)
  const alphas = positiveAlphasCumprod(options)
  const table = sigmaTable(alphas)
  const evenly = fractionalTimesteps(options, run.steps)
  const levels = sigmasAt(table, evenly)
  const chosen = options.use_karras_sigmas ? karrasSigmas(levels[levels.length - 1]!, levels[0]!, run.steps) : levels
  const timesteps = options.use_karras_sigmas ? chosen.map((s) => Math.fround(timestepOf(s, table))) : evenly
  const sigmas = Float32Array.from([...chosen, options.final_sigmas_type === 'zero' ? 0 : table[0]!])
  const layout = cutByStrength(timesteps, run.steps, run)
  const sigmaAt = (index: number) => sigmas[layout.firstIndex + index]!
  return {
    ...layout,
    sigmas,
    alphasCumprod: alphas,
    initNoiseSigma: initialSigma(sigmas[0]!, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmaAt(index)),
    addNoise: (original, noise, index) => combine([1, original], [sigmaAt(index), noise]),
    drawsAt: () => false,
    step({ modelOutput, sample, stepIndex }) {
      const sigma = sigmaAt(stepIndex)
      const original = originalAt(options.prediction_type, modelOutput, sample, sigma)
      const next = eulerStep(sample, original, sigma, sigmaAt(stepIndex + 1))
      return { sample: next, denoised: original, history: emptyHistory }
    },
  }
}
