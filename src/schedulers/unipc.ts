/** UniPC, predictor and corrector on the clean sample: Zhao et al., "UniPC", arXiv 2302.04867. */
import { z } from 'zod'
import { combine, type Term } from '../tensor/combine.ts'
import { positiveAlphasCumprod } from './noise-schedule.ts'
import { predict } from './prediction.ts'
import { checkRun, commonConfig, cutByStrength, readConfig, sigmaConfig, spacing } from './scheduler-config.ts'
import type { RunOptions, Scheduler } from './scheduler.ts'
import { noiseLevel, openEndedSigmas, type NoiseLevel } from './sigmas.ts'

const unipcConfig = commonConfig.extend({
  ...sigmaConfig.shape,
  solver_order: z.int().min(1).max(5).default(2),
  predict_x0: z.literal(true).default(true),
  // A configuration written for DPM-Solver or DEIS may name their solvers; diffusers takes bh2 for them.
  solver_type: z
    .enum(['bh1', 'bh2', 'midpoint', 'heun', 'logrho'])
    .default('bh2')
    .transform((type) => (type === 'bh1' ? type : 'bh2')),
  lower_order_final: z.boolean().default(true),
  disable_corrector: z.array(z.int()).default([]),
  timestep_spacing: spacing.default('linspace'),
})

export interface UnipcUpdate {
  /** The sample at `levels[1]`. */
  readonly sample: Float32Array
  /** Levels from the one to go to backwards: next, now, previous, ...; order + 1 of them. */
  readonly levels: readonly NoiseLevel[]
  /** Predictions of the clean sample at `levels[1]` and before, newest first; `order` of them. */
  readonly originals: readonly Float32Array[]
  readonly solver: 'bh1' | 'bh2'
  /** Given: the corrector, with the prediction at `levels[0]` itself. */
  readonly arrived?: Float32Array
}

/** Predictor or corrector; the order is the number of `originals`. */
export function unipcUpdate({ sample, levels, originals, solver, arrived }: UnipcUpdate): Float32Array {
  const [next, now] = levels as readonly [NoiseLevel, NoiseLevel]
  const newest = originals[0]!
  const h = next.lambda - now.lambda
  const decay = Math.expm1(-h)
  const scale = solver === 'bh1' ? -h : decay
  const ratios = levels.slice(2).map((level) => (level.lambda - now.lambda) / h)
  const weights = unipcWeights(ratios, -h, scale, arrived !== undefined)
  const slope = (k: number): Term[] => {
    const factor = (-next.alpha * scale * weights[k]!) / ratios[k]!
    return [
      [factor, originals[k + 1]!],
      [-factor, newest],
    ]
  }
  const base: Term[] = [
    [next.sigma / now.sigma, sample],
    [-next.alpha * decay, newest],
    ...ratios.flatMap((_, k) => slope(k)),
  ]
  if (!arrived) return combine(...base)
  const last = -next.alpha * scale * weights[ratios.length]!
  return combine(...base, [last, arrived], [-last, newest])
}

/** Weights of the divided differences: a Vandermonde system; of order 1 the closed form 1/2. */
function unipcWeights(ratios: readonly number[], q: number, scale: number, corrects: boolean): number[] {
  const points = corrects ? [...ratios, 1] : ratios
  if (points.length <= 1) return points.map(() => 0.5)
  let phi = Math.expm1(q) / q - 1
  let factorial = 1
  const right = points.map((_, j) => {
    const value = (phi * factorial) / scale
    factorial *= j + 2
    phi = phi / q - 1 / factorial
    return value
  })
  return solve(
    right.map((_, j) => points.map((point) => point ** j)),
    right,
  )
}

/** Solves a small dense system by Gauss and Jordan with row pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (let column = 0; column < rows.length; column++) {
    let pivot = column
    for (let row = column + 1; row < rows.length; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row
    const chosen = rows[pivot]!
    rows[pivot] = rows[column]!
    rows[column] = chosen.map((value) => value / chosen[column]!)
    for (let row = 0; row < rows.length; row++) {
      if (row === column) continue
      const factor = rows[row]![column]!
      rows[row] = rows[row]!.map((value, i) => value - factor * rows[column]![i]!)
    }
  }
  return rows.map((row) => row[rows.length]!)
}

export function createUnipc(config: unknown, run: RunOptions): Scheduler {
  const options = readConfig(unipcConfig, config)
  checkRun(run, options.num_train_timesteps - 1)
  const alphas = positiveAlphasCumprod(options)
  const layoutSigmas = openEndedSigmas(options, alphas, run.steps)
  const sigmas = layoutSigmas.sigmas
  // With Karras's levels the schedule's own last sigma stands twice at the end, not the table's smallest.
  if (options.use_karras_sigmas && options.final_sigmas_type === 'sigma_min') sigmas[run.steps] = sigmas[run.steps - 1]!
  const layout = cutByStrength(layoutSigmas.timesteps, run.steps, run)
  const levelAt = (index: number) => noiseLevel(sigmas[layout.firstIndex + index]!)
  const levelsTo = (index: number, order: number) =>
    Array.from({ length: order + 1 }, (_, back) => levelAt(index - back))
  const orderAt = (index: number, known: number) => {
    const left = run.steps - layout.firstIndex - index
    return Math.min(options.lower_order_final ? left : options.solver_order, options.solver_order, known)
  }
  const solver = options.solver_type
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
    drawsAt: () => false,
    step({ modelOutput, sample, stepIndex, history }) {
      const { original } = predict(options.prediction_type, modelOutput, sample, levelAt(stepIndex).alpha ** 2)
      const earlier = history.outputs.toReversed()
      const corrects = history.sample && !options.disable_corrector.includes(layout.firstIndex + stepIndex - 1)
      const order = corrects ? orderAt(stepIndex - 1, earlier.length) : 0
      const corrected = corrects
        ? unipcUpdate({
            sample: history.sample,
            levels: levelsTo(stepIndex, order),
            originals: earlier.slice(0, order),
            solver,
            arrived: original,
          })
        : sample
      const outputs = [...history.outputs, original].slice(-options.solver_order)
      const nextOrder = orderAt(stepIndex, outputs.length)
      const next = unipcUpdate({
        sample: corrected,
        levels: levelsTo(stepIndex + 1, nextOrder),
        originals: outputs.toReversed().slice(0, nextOrder),
        solver,
      })
      return { sample: next, denoised: original, history: { outputs, sample: corrected } }
    },
  }
}
