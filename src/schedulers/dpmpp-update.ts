/**
 * The multistep updates of DPM-Solver++ in the form that predicts the clean sample: Lu et al., arXiv 2211.01095.
 * All work on half log signal-to-noise ratios, lambda = ln(alpha / sigma).
 */
import { combine, type Term } from '../tensor/combine.ts'
import type { NoiseLevel } from './sigmas.ts'

export interface DpmppUpdate {
  readonly sample: Float32Array
  /** Levels from the one to go to backwards: next, now, previous, ...; at least order + 1 of them. */
  readonly levels: readonly NoiseLevel[]
  /** Predictions of the clean sample, newest first; at least `order` of them. */
  readonly originals: readonly Float32Array[]
  readonly order: 1 | 2 | 3
  readonly solver: 'midpoint' | 'heun'
  /** Given: the stochastic solver (sde-dpmsolver++), orders 1 and 2. */
  readonly noise?: Float32Array
}

/** One update to `levels[0]`. With a next sigma of 0 order 1 gives the predicted clean sample itself. */
export function dpmppUpdate(update: DpmppUpdate): Float32Array {
  const { sample, levels, noise } = update
  const [next, now] = levels as readonly [NoiseLevel, NoiseLevel]
  const h = next.lambda - now.lambda
  if (!noise)
    return combine(
      [next.sigma / now.sigma, sample],
      ...differences(update, h, odeWeights(h, next.alpha, update.solver)),
    )
  const { mean, deviation } = sdeTerms(update)
  return combine(...mean, [deviation, noise])
}

/** The normal distribution from which the stochastic solver draws: its mean, and the deviation of every value. */
export function dpmppMoments(update: Omit<DpmppUpdate, 'noise'>): { mean: Float32Array; deviation: number } {
  const { mean, deviation } = sdeTerms(update)
  return { mean: combine(...mean), deviation }
}

function sdeTerms(update: DpmppUpdate): { readonly mean: readonly Term[]; readonly deviation: number } {
  const [next, now] = update.levels as readonly [NoiseLevel, NoiseLevel]
  const h = next.lambda - now.lambda
  const kept: Term = [(next.sigma / now.sigma) * Math.exp(-h), update.sample]
  return {
    mean: [kept, ...differences(update, h, sdeWeights(h, next.alpha, update.solver))],
    deviation: next.sigma * Math.sqrt(-Math.expm1(-2 * h)),
  }
}

/** Factors of the prediction and of its first and second divided differences. */
type Weights = readonly [value: number, first: number, second: number]

/**
 * Order 2 is the paper's algorithm 2; the second difference exists in the third-order solver only, which takes heun's
 * first one.
 */
function odeWeights(h: number, alpha: number, solver: 'midpoint' | 'heun'): Weights {
  const decay = Math.expm1(-h)
  const heun = alpha * (decay / h + 1)
  return [-alpha * decay, solver === 'midpoint' ? -0.5 * alpha * decay : heun, -alpha * ((decay + h) / h ** 2 - 0.5)]
}

function sdeWeights(h: number, alpha: number, solver: 'midpoint' | 'heun'): Weights {
  const share = -Math.expm1(-2 * h)
  return [alpha * share, solver === 'midpoint' ? 0.5 * alpha * share : alpha * (share / (-2 * h) + 1), 0]
}

function differences({ levels, originals, order }: DpmppUpdate, h: number, weights: Weights): Term[] {
  const [value, first, second] = weights
  const [m0, m1, m2] = originals as readonly [Float32Array, Float32Array, Float32Array]
  if (order === 1) return [[value, m0]]
  const lambda = (index: number) => levels[index]!.lambda
  const r0 = (lambda(1) - lambda(2)) / h
  const newer = combine([1 / r0, m0], [-1 / r0, m1])
  if (order === 2)
    return [
      [value, m0],
      [first, newer],
    ]
  const r1 = (lambda(2) - lambda(3)) / h
  const older = combine([1 / r1, m1], [-1 / r1, m2])
  const bend = combine([1 / (r0 + r1), newer], [-1 / (r0 + r1), older])
  return [
    [value, m0],
    [first, combine([1, newer], [r0, bend])],
    [second, bend],
  ]
}
