/** Latent consistency models: Luo et al., arXiv 2310.04378. */
import { z } from 'zod'
import { combine } from '../tensor/combine.ts'
import { alphasCumprod } from './noise-schedule.ts'
import { clip, diffuse, predict } from './prediction.ts'
import { checkRun, commonConfig, cutByStrength, readConfig } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { distilledTimesteps } from './timestep-spacing.ts'

/** Options of models distilled from latent diffusion; the defaults are those of its noise schedule. */
export const distilledConfig = commonConfig.extend({
  beta_start: z.number().positive().default(0.00085),
  beta_end: z.number().positive().default(0.012),
  beta_schedule: z.enum(['linear', 'scaled_linear']).default('scaled_linear'),
  original_inference_steps: z.int().min(1).default(50),
  timestep_scaling: z.number().positive().default(10),
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().positive().default(1),
})

const sigmaData = 0.5

/** How much of the prediction and of the sample itself the consistency function takes at a timestep. */
export function boundaryScalings(timestep: number, scaling: number): { readonly skip: number; readonly out: number } {
  const scaled = timestep * scaling
  const level = scaled ** 2 + sigmaData ** 2
  return { skip: sigmaData ** 2 / level, out: scaled / Math.sqrt(level) }
}

export function createLcm(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(distilledConfig, config)
  checkRun(run, options.original_inference_steps)
  const alphas = alphasCumprod(options)
  const all = distilledTimesteps(options.num_train_timesteps, options.original_inference_steps, run.steps)
  const layout = cutByStrength(all, run.steps, run)
  const range = options.clip_sample ? options.clip_sample_range : undefined
  const isLast = (index: number) => index === layout.timesteps.length - 1
  const alphaAt = (index: number) => alphas[layout.timesteps[index]!]!
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphaAt(index)),
    drawsAt: (index) => !isLast(index),
    step({ modelOutput, sample, stepIndex, noise }) {
      const prediction = predict(options.prediction_type, modelOutput, sample, alphaAt(stepIndex))
      const { skip, out } = boundaryScalings(layout.timesteps[stepIndex]!, options.timestep_scaling)
      const denoised = combine([out, clip(prediction, range).original], [skip, sample])
      const next = isLast(stepIndex) ? denoised : diffuse(denoised, noise(), alphaAt(stepIndex + 1))
      return { sample: next, denoised, history: emptyHistory }
    },
  }
}
