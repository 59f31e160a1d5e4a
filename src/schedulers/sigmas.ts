/**
 * Noise levels in the variance-exploding form, sigma = sqrt((1 - A) / A) with A from alphas_cumprod (arXiv
 * 2206.00364).
 */
import { roundHalfEven } from '../tensor/round.ts'
import { openEndedTimesteps, type SpacingConfig } from './timestep-spacing.ts'

export type FinalSigma = 'zero' | 'sigma_min'

/** sigma of each training timestep, ascending, [num_train_timesteps]. */
export const sigmaTable = (alphasCumprod: Float32Array): Float32Array =>
  alphasCumprod.map((alpha) => Math.sqrt((1 - alpha) / alpha))

/** The table at whole or fractional timesteps, linearly interpolated; beyond its ends the nearest value. */
export function sigmasAt(table: Float32Array, timesteps: readonly number[]): number[] {
  const last = table.length - 1
  return timesteps.map((t) => {
    const at = Math.min(last, Math.max(0, t))
    const low = Math.min(last - 1, Math.floor(at))
    return low < 0 ? table[0]! : table[low]! + (at - low) * (table[low + 1]! - table[low]!)
  })
}

/** Karras et al., arXiv 2206.00364, eq. 5 with rho 7: `count` levels from `max` down to `min`. */
export function karrasSigmas(min: number, max: number, count: number, rho = 7): number[] {
  const from = max ** (1 / rho)
  const to = min ** (1 / rho)
  return Array.from({ length: count }, (_, i) => (from + (count > 1 ? i / (count - 1) : 0) * (to - from)) ** rho)
}

/** The fractional timestep of a noise level: linear in ln sigma between the table's neighbours. */
export function timestepOf(sigma: number, table: Float32Array): number {
  let low = 0
  while (low < table.length - 2 && table[low + 1]! <= sigma) low++
  const lower = Math.log(table[low]!)
  const share = (lower - Math.log(sigma)) / (lower - Math.log(table[low + 1]!))
  return low + Math.min(1, Math.max(0, share))
}

/** A noise level as the variance-preserving pair: sample = alpha x clean + sigma x noise, and their log ratio. */
export interface NoiseLevel {
  readonly alpha: number
  readonly sigma: number
  /** ln(alpha / sigma); infinite where sigma is 0. */
  readonly lambda: number
}

export function noiseLevel(sigma: number): NoiseLevel {
  const alpha = 1 / Math.sqrt(sigma * sigma + 1)
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) }
}

export interface SigmaLayoutConfig extends SpacingConfig {
  readonly use_karras_sigmas: boolean
  readonly final_sigmas_type: FinalSigma
}

/** The layout of DPM-Solver++ and UniPC: whole timesteps, and their sigmas with the final one, [steps + 1]. */
export function openEndedSigmas(
  config: SigmaLayoutConfig,
  alphasCumprod: Float32Array,
  steps: number,
): { readonly timesteps: readonly number[]; readonly sigmas: Float32Array } {
  const table = sigmaTable(alphasCumprod)
  const final = config.final_sigmas_type === 'zero' ? 0 : table[0]!
  if (!config.use_karras_sigmas) {
    const timesteps = openEndedTimesteps(config, steps)
    return { timesteps, sigmas: Float32Array.from([...sigmasAt(table, timesteps), final]) }
  }
  const levels = karrasSigmas(table[0]!, table[table.length - 1]!, steps)
  const timesteps = levels.map((sigma) => roundHalfEven(timestepOf(sigma, table)))
  return { timesteps, sigmas: Float32Array.from([...levels, final]) }
}
