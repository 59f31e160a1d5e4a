/**
 * Euler's method with fresh noise at each step: k-diffusion's "ancestral" sampling, after DDPM (arXiv 2006.11239) in
 * the sigmas of arXiv 2206.00364.
 */
import { combine } from '../tensor/combine.ts'
import { eulerStep, initialSigma, originalAt, scaleBySigma } from './euler.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import { checkRun, commonConfig, cutByStrength, readConfig, spacing } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler } from './scheduler.ts'
import { sigmasAt, sigmaTable } from './sigmas.ts'
import { fractionalTimesteps } from './timestep-spacing.ts'

const eulerAncestralConfig = commonConfig.extend({ timestep_spacing: spacing.default('linspace') })

/** How far down to go without noise, and how much noise brings the sample up to `sigmaNext` again. */
export function ancestralSigmas(sigma: number, sigmaNext: number): { readonly down: number; readonly up: number } {
  const up = Math.sqrt((sigmaNext ** 2 * (sigma ** 2 - sigmaNext ** 2)) / sigma ** 2)
  return { up, down: Math.sqrt(sigmaNext ** 2 - up ** 2) }
}

/** Draws at every step; the last draw is multiplied by 0, but torch takes it from the generator all the same. */
export function createEulerAncestral(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(eulerAncestralConfig, config)
  checkRun(run, options.num_train_timesteps)
  const alphas = positiveAlphasCumprod(options)
  const timesteps = fractionalTimesteps(options, run.steps)
  const sigmas = Float32Array.from([...sigmasAt(sigmaTable(alphas), timesteps), 0])
  const layout = cutByStrength(timesteps, run.steps, run)
  const sigmaAt = (index: number) => sigmas[layout.firstIndex + index]!
  return {
    ...layout,
    sigmas,
    alphasCumprod: alphas,
    initNoiseSigma: initialSigma(sigmas[0]!, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmaAt(index)),
    addNoise: (original, noise, index) => combine([1, original], [sigmaAt(index), noise]),
    drawsAt: () => true,
    step({ modelOutput, sample, stepIndex, noise }) {
      const sigma = sigmaAt(stepIndex)
      const { down, up } = ancestralSigmas(sigma, sigmaAt(stepIndex + 1))
      const original = originalAt(options.prediction_type, modelOutput, sample, sigma)
      const next = combine([1, eulerStep(sample, original, sigma, down)], [up, noise()])
      return { sample: next, denoised: original, history: emptyHistory }
    },
  }
}
