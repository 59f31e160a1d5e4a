/**
 * DDIM run backwards, from a clean sample to noise: Song et al., arXiv 2010.02502, section 4.3; Mokady et al., arXiv
 * 2211.09794.
 */
import { ddimConfig, ddimStep } from './ddim.ts'
import { alphasCumprod } from './noise-schedule.ts'
import { clip, diffuse, predict } from './prediction.ts'
import { checkRun, cutByStrength, readConfig } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { wholeTimesteps } from './timestep-spacing.ts'

/** Timesteps ascend; a step at t goes from the level one stride below t to the level of t. */
export function createDdimInverse(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(ddimConfig, config)
  checkRun(run, options.num_train_timesteps)
  const alphas = alphasCumprod(options)
  const layout = cutByStrength(wholeTimesteps(options, run.steps).reverse(), run.steps, run)
  const stride = Math.floor(options.num_train_timesteps / run.steps)
  const initialAlpha = options.set_alpha_to_one ? 1 : alphas[0]!
  const range = options.clip_sample ? options.clip_sample_range : undefined
  const alphaBelow = (index: number) => alphas[layout.timesteps[index]! - stride] ?? initialAlpha
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphaBelow(index)),
    drawsAt: () => false,
    step({ modelOutput, sample, stepIndex }) {
      const alphaNow = alphaBelow(stepIndex)
      const alphaNext = alphas[layout.timesteps[stepIndex]!]!
      const prediction = clip(predict(options.prediction_type, modelOutput, sample, alphaNow), range)
      const next = ddimStep({ prediction, alphaNow, alphaNext })
      return { sample: next, denoised: prediction.original, history: emptyHistory }
    },
  }
}
