/** DPM-Solver++ multistep, orders 1 to 3, deterministic and stochastic ("DPM++ 2M"): Lu et al., arXiv 2211.01095. */
import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { combine } from '../tensor/combine.ts'
import { dpmppUpdate } from './dpmpp-update.ts'
import { predict } from './prediction.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import { checkRun, commonConfig, cutByStrength, readConfig, sigmaConfig, spacing } from './scheduler-config.ts'
import type { RunOptions, Scheduler } from './scheduler.ts'
import { noiseLevel, openEndedSigmas } from './sigmas.ts'

const dpmppConfig = commonConfig.extend({
  ...sigmaConfig.shape,
  solver_order: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  algorithm_type: z.enum(['dpmsolver++', 'sde-dpmsolver++']).default('dpmsolver++'),
  // A configuration written for UniPC or DEIS may name their solvers; diffusers takes midpoint for them.
  solver_type: z
    .enum(['midpoint', 'heun', 'logrho', 'bh1', 'bh2'])
    .default('midpoint')
    .transform((type) => (type === 'heun' ? type : 'midpoint')),
  lower_order_final: z.boolean().default(true),
  euler_at_final: z.boolean().default(false),
  timestep_spacing: spacing.default('linspace'),
})

/** With fewer steps than this the last ones are of lower order, for stability, as in the authors' code. */
const fewSteps = 15

interface OrderRule {
  readonly solver_order: 1 | 2 | 3
  readonly lower_order_final: boolean
  readonly euler_at_final: boolean
  readonly final_sigmas_type: 'zero' | 'sigma_min'
}

/** The order of step `index` of a layout of `steps`, when `known` predictions exist, this step's included. */
export function dpmppOrder(rule: OrderRule, index: number, steps: number, known: number): 1 | 2 | 3 {
  const lowers = rule.lower_order_final && steps < fewSteps
  const isLast = index === steps - 1
  if (isLast && (lowers || rule.euler_at_final || rule.final_sigmas_type === 'zero')) return 1
  const most = Math.min(rule.solver_order, known) as 1 | 2 | 3
  return index === steps - 2 && lowers && most === 3 ? 2 : most
}

export function createDpmpp(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(dpmppConfig, config)
  checkRun(run, options.num_train_timesteps - 1)
  const stochastic = options.algorithm_type === 'sde-dpmsolver++'
  if (stochastic && options.solver_order === 3)
    throw new AppError('model/unsupported', {
      message: 'scheduler_config.json: sde-dpmsolver++ with solver_order 3',
      hint: 'Use solver_order 2.',
    })
  const alphas = positiveAlphasCumprod(options)
  const { timesteps, sigmas } = openEndedSigmas(options, alphas, run.steps)
  const layout = cutByStrength(timesteps, run.steps, run)
  const levelAt = (index: number) => noiseLevel(sigmas[layout.firstIndex + index]!)
  return {
    ...layout,
    sigmas,
    alphasCumprod: alphas,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    addNoise(original, noise, index) {
      const { alpha, sigma } = levelAt(index)
      return combine([alpha, original], [sigma, noise])
    },
    drawsAt: () => stochastic,
    step({ modelOutput, sample, stepIndex, history, noise }) {
      const { original } = predict(options.prediction_type, modelOutput, sample, levelAt(stepIndex).alpha ** 2)
      const outputs = [...history.outputs, original].slice(-options.solver_order)
      const order = dpmppOrder(options, layout.firstIndex + stepIndex, run.steps, outputs.length)
      const next = dpmppUpdate({
        sample,
        levels: Array.from({ length: order + 1 }, (_, back) => levelAt(stepIndex + 1 - back)),
        originals: outputs.toReversed(),
        order,
        solver: order === 3 ? 'heun' : options.solver_type,
        ...(stochastic ? { noise: noise() } : {}),
      })
      return { sample: next, denoised: original, history: { outputs } }
    },
  }
}
