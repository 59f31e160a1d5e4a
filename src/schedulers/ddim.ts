/** DDIM: Song, Meng, Ermon, "Denoising Diffusion Implicit Models", arXiv 2010.02502. */
import { z } from 'zod'
import { combine } from '../tensor/combine.ts'
import { alphasCumprod } from './noise-schedule.ts'
import { clip, diffuse, predict, type Prediction } from './prediction.ts'
import { checkRun, clipConfig, commonConfig, cutByStrength, readConfig, spacing } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { wholeTimesteps } from './timestep-spacing.ts'

export const ddimConfig = commonConfig.extend({
  ...clipConfig.shape,
  set_alpha_to_one: z.boolean().default(true),
  timestep_spacing: spacing.default('leading'),
})

export interface DdimStep {
  readonly prediction: Prediction
  /** Cumulative products at the level of the sample and at the level to go to. */
  readonly alphaNow: number
  readonly alphaNext: number
  /** 0 deterministic, 1 as much noise as DDPM. `noise` is needed when it is not 0. */
  readonly eta?: number
  readonly noise?: Float32Array
}

/** Eq. 12. All arrays have one length; nothing is kept between calls. */
export function ddimStep({ prediction, alphaNow, alphaNext, eta = 0, noise }: DdimStep): Float32Array {
  const { original, epsilon } = prediction
  // Running backwards there is no variance to speak of: the root would be of a negative number.
  const sigma = eta && eta * Math.sqrt(((1 - alphaNext) / (1 - alphaNow)) * (1 - alphaNow / alphaNext))
  const towards = Math.sqrt(1 - alphaNext - sigma ** 2)
  if (!noise) return combine([Math.sqrt(alphaNext), original], [towards, epsilon])
  return combine([Math.sqrt(alphaNext), original], [towards, epsilon], [sigma, noise])
}

export function createDdim(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(ddimConfig, config)
  checkRun(run, options.num_train_timesteps)
  const alphas = alphasCumprod(options)
  const layout = cutByStrength(wholeTimesteps(options, run.steps), run.steps, run)
  const stride = Math.floor(options.num_train_timesteps / run.steps)
  const finalAlpha = options.set_alpha_to_one ? 1 : alphas[0]!
  const range = options.clip_sample ? options.clip_sample_range : undefined
  const eta = run.eta ?? 0
  const timestepAt = (index: number) => layout.timesteps[index]!
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphas[timestepAt(index)]!),
    drawsAt: () => eta > 0,
    step({ modelOutput, sample, stepIndex, noise }) {
      const t = timestepAt(stepIndex)
      const alphaNow = alphas[t]!
      const alphaNext = alphas[t - stride] ?? finalAlpha
      const prediction = clip(predict(options.prediction_type, modelOutput, sample, alphaNow), range)
      const randomness = eta > 0 ? { eta, noise: noise() } : {}
      const next = ddimStep({ prediction, alphaNow, alphaNext, ...randomness })
      return { sample: next, denoised: prediction.original, history: emptyHistory }
    },
  }
}
