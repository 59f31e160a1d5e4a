/** DDPM: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", arXiv 2006.11239. */
import { z } from 'zod'
import { combine } from '../tensor/combine.ts'
import { alphasCumprod } from './noise-schedule.ts'
import { clip, diffuse, predict } from './prediction.ts'
import { checkRun, clipConfig, commonConfig, cutByStrength, readConfig, spacing } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { wholeTimesteps } from './timestep-spacing.ts'

const ddpmConfig = commonConfig.extend({
  ...clipConfig.shape,
  variance_type: z.enum(['fixed_small', 'fixed_large']).default('fixed_small'),
  timestep_spacing: spacing.default('leading'),
})

export interface DdpmStep {
  readonly sample: Float32Array
  readonly original: Float32Array
  readonly alphaNow: number
  readonly alphaNext: number
  readonly varianceType: 'fixed_small' | 'fixed_large'
  /** Absent at the last step, which takes the mean. */
  readonly noise: Float32Array | undefined
}

/** Eq. 6 and 7 between any two levels: the posterior's mean, and noise of one of its two variances (section 3.2). */
export function ddpmStep({ sample, original, alphaNow, alphaNext, varianceType, noise }: DdpmStep): Float32Array {
  const beta = 1 - alphaNow / alphaNext
  const small = ((1 - alphaNext) / (1 - alphaNow)) * beta
  const mean = [
    [(Math.sqrt(alphaNext) * beta) / (1 - alphaNow), original],
    [(Math.sqrt(alphaNow / alphaNext) * (1 - alphaNext)) / (1 - alphaNow), sample],
  ] as const
  if (!noise) return combine(...mean)
  const variance = varianceType === 'fixed_small' ? Math.max(small, 1e-20) : beta
  return combine(...mean, [Math.sqrt(variance), noise])
}

export function createDdpm(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(ddpmConfig, config)
  checkRun(run, options.num_train_timesteps)
  const alphas = alphasCumprod(options)
  const layout = cutByStrength(wholeTimesteps(options, run.steps), run.steps, run)
  const range = options.clip_sample ? options.clip_sample_range : undefined
  const alphaAt = (index: number) => alphas[layout.timesteps[index] ?? -1] ?? 1
  const drawsAt = (index: number) => layout.timesteps[index]! > 0
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphaAt(index)),
    drawsAt,
    step({ modelOutput, sample, stepIndex, noise }) {
      const alphaNow = alphaAt(stepIndex)
      const { original } = clip(predict(options.prediction_type, modelOutput, sample, alphaNow), range)
      const next = ddpmStep({
        sample,
        original,
        alphaNow,
        alphaNext: alphaAt(stepIndex + 1),
        varianceType: options.variance_type,
        noise: drawsAt(stepIndex) ? noise() : undefined,
      })
      return { sample: next, denoised: original, history: emptyHistory }
    },
  }
}
