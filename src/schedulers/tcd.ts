/** Trajectory consistency distillation, strategic stochastic sampling: Zheng et al., arXiv 2402.19159 */
import { combine } from '../tensor/combine.ts'
import { distilledConfig } from './lcm.ts'
import { alphasCumprod } from './noise-schedule.ts'
import { diffuse, predict, type Prediction } from './prediction.ts'
import { checkRun, cutByStrength, readConfig } from './scheduler-config.ts'
import { emptyHistory, type RunOptions, type Scheduler, type StepInput, type StepResult } from './scheduler.ts'
import { distilledTimesteps } from './timestep-spacing.ts'

/** The paper's gamma when none is asked for. */
const defaultEta = 0.3

export interface TcdResult extends StepResult {
  /** The sample at the intermediate level, before noise brings it up to the next timestep's. */
  readonly intermediate: Float32Array
}

export interface TcdScheduler extends Scheduler {
  step(input: StepInput): TcdResult
}

/** The level between 0 and the next timestep that is reached without noise; float32, as torch rounds it. */
export const intermediateTimestep = (next: number, eta: number): number =>
  Math.floor(Math.fround(Math.fround(1 - eta) * next))

/** The prediction put together again at another level. */
const recombine = ({ original, epsilon }: Prediction, alpha: number): Float32Array => diffuse(original, epsilon, alpha)

export function createTcd(config: unknown, run: RunOptions): TcdScheduler {
  const options = readConfig(distilledConfig, config)
  checkRun(run, options.original_inference_steps)
  const alphas = alphasCumprod(options)
  const all = distilledTimesteps(options.num_train_timesteps, options.original_inference_steps, run.steps)
  const layout = cutByStrength(all, run.steps, run)
  const eta = run.eta ?? defaultEta
  const drawsAt = (index: number) => eta > 0 && index < layout.timesteps.length - 1
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphas[layout.timesteps[index]!]!),
    drawsAt,
    step({ modelOutput, sample, stepIndex, noise }) {
      const next = layout.timesteps[stepIndex + 1] ?? 0
      const alphaBetween = alphas[intermediateTimestep(next, eta)]!
      const prediction = predict(options.prediction_type, modelOutput, sample, alphas[layout.timesteps[stepIndex]!]!)
      const intermediate = recombine(prediction, alphaBetween)
      const left = alphas[next]! / alphaBetween
      const result = drawsAt(stepIndex)
        ? combine([Math.sqrt(left), intermediate], [Math.sqrt(1 - left), noise()])
        : intermediate
      return { sample: result, denoised: prediction.original, intermediate, history: emptyHistory }
    },
  }
}
