/** PNDM: Liu, Ren, Lin, Zhao, "Pseudo Numerical Methods for Diffusion Models on Manifolds", arXiv 2202.09778. */
import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { combine, type Term } from '../tensor/combine.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import { diffuse, predict } from './prediction.ts'
import { checkRun, commonConfig, cutByStrength, readConfig, spacing } from './scheduler-config.ts'
import type { RunOptions, Scheduler, StepHistory, StepInput } from './scheduler.ts'
import { wholeTimesteps } from './timestep-spacing.ts'

const pndmConfig = commonConfig.extend({
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  skip_prk_steps: z.boolean().default(false),
  set_alpha_to_one: z.boolean().default(false),
  timestep_spacing: spacing.default('leading'),
})

/** Network calls of the Runge-Kutta start: three steps of four. */
const rungeKuttaCalls = 12
const rungeKuttaWeights = [1 / 6, 1 / 3, 1 / 3, 1 / 6] as const

/** Eq. 9: moves a sample from one level to another along a noise estimate. */
export function transfer(
  sample: Float32Array,
  epsilon: Float32Array,
  alphaNow: number,
  alphaNext: number,
): Float32Array {
  const denominator = alphaNow * Math.sqrt(1 - alphaNext) + Math.sqrt(alphaNow * (1 - alphaNow) * alphaNext)
  return combine([Math.sqrt(alphaNext / alphaNow), sample], [-(alphaNext - alphaNow) / denominator, epsilon])
}

/** The linear multistep part, section 3.3: Adams-Bashforth over one to four noise estimates, oldest first. */
export function adamsBashforth(estimates: readonly Float32Array[]): Float32Array {
  const weights = [[1], [-1 / 2, 3 / 2], [5 / 12, -16 / 12, 23 / 12], [-9 / 24, 37 / 24, -59 / 24, 55 / 24]]
  const chosen = weights[estimates.length - 1]!
  return combine(...estimates.map((estimate, i): Term => [chosen[i]!, estimate]))
}

/** One network call: what goes along which estimate, between which timesteps, and what is remembered. */
interface Move {
  readonly from: Float32Array
  readonly estimate: Float32Array
  readonly timestep: number
  readonly target: number
  readonly history: StepHistory
}

/** Call `stepIndex` of the Runge-Kutta start; four calls make one step of `stride`. */
function rungeKuttaMove(
  { modelOutput, sample, stepIndex, history }: StepInput,
  timesteps: readonly number[],
  timestep: number,
  stride: number,
): Move {
  const call = stepIndex % 4
  const from = call === 0 ? sample : (history.sample ?? sample)
  const weighted: Term = [rungeKuttaWeights[call]!, modelOutput]
  const partial = call === 0 || !history.partial ? combine(weighted) : combine([1, history.partial], weighted)
  const target = timestep - (stepIndex % 2 === 0 ? Math.floor(stride / 2) : 0)
  const outputs = call === 0 ? [...history.outputs, modelOutput] : history.outputs
  return {
    from,
    estimate: call === 3 ? partial : modelOutput,
    timestep: timesteps[stepIndex - call]!,
    target,
    history: call === 3 ? { outputs } : { outputs, sample: from, partial },
  }
}

/** A call of the linear multistep method. The second call repeats the first step with the mean of both estimates. */
function multistepMove({ modelOutput, sample, stepIndex, history }: StepInput, timestep: number, stride: number): Move {
  if (stepIndex === 1 && history.sample) {
    const estimate = combine([0.5, modelOutput], [0.5, history.outputs[0]!])
    const next = { outputs: history.outputs }
    return { from: history.sample, estimate, timestep: timestep + stride, target: timestep, history: next }
  }
  const outputs = [...history.outputs.slice(-3), modelOutput]
  const next = stepIndex === 0 ? { outputs, sample } : { outputs }
  return { from: sample, estimate: adamsBashforth(outputs), timestep, target: timestep - stride, history: next }
}

/** The timesteps of PNDM, descending. Either the second one comes twice, or twelve Runge-Kutta calls come first. */
function layOut(descending: readonly number[], stride: number, usesRungeKutta: boolean): number[] {
  if (!usesRungeKutta) return [...descending.slice(0, 2), ...descending.slice(1)]
  const half = Math.floor(stride / 2)
  const halves = descending.slice(0, 4).flatMap((t) => [t + half, t])
  const repeated = halves.slice(1).flatMap((t) => [t, t])
  return [...repeated.slice(1, -1), ...descending.slice(3)]
}

export function createPndm(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(pndmConfig, config)
  checkRun(run, options.num_train_timesteps)
  // A cut would fall into the middle of a Runge-Kutta step, so a run that starts from a picture goes without.
  const usesRungeKutta = !options.skip_prk_steps && Math.trunc(run.steps * (run.strength ?? 1)) === run.steps
  if (usesRungeKutta && run.steps < 4)
    throw new AppError('input/invalid-option', {
      message: `steps is ${run.steps}, PNDM with Runge-Kutta steps needs 4`,
      hint: 'Give 4 steps or more.',
    })
  const alphas = positiveAlphasCumprod(options)
  const stride = Math.floor(options.num_train_timesteps / run.steps)
  const all = layOut(wholeTimesteps(options, run.steps), stride, usesRungeKutta)
  const layout = cutByStrength(all, run.steps, run)
  const finalAlpha = options.set_alpha_to_one ? 1 : alphas[0]!
  const alphaAt = (t: number) => alphas[t] ?? finalAlpha
  return {
    ...layout,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise: (original, noise, index) => diffuse(original, noise, alphaAt(layout.timesteps[index]!)),
    drawsAt: () => false,
    step(input) {
      const t = layout.timesteps[input.stepIndex]!
      const move =
        usesRungeKutta && input.stepIndex < rungeKuttaCalls
          ? rungeKuttaMove(input, layout.timesteps, t, stride)
          : multistepMove(input, t, stride)
      const alphaNow = alphaAt(move.timestep)
      const { epsilon } = predict(options.prediction_type, move.estimate, move.from, alphaNow)
      return {
        sample: transfer(move.from, epsilon, alphaNow, alphaAt(move.target)),
        denoised: predict(options.prediction_type, input.modelOutput, input.sample, alphaAt(t)).original,
        history: move.history,
      }
    },
  }
}
