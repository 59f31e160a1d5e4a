/**
 * The forward process: how much of the clean sample is left after t training steps. All in float32, as torch computes
 * it.
 */

export interface NoiseScheduleConfig {
  readonly num_train_timesteps: number
  readonly beta_start: number
  readonly beta_end: number
  readonly beta_schedule: 'linear' | 'scaled_linear'
  readonly trained_betas?: readonly number[] | undefined
  readonly rescale_betas_zero_snr: boolean
}

const round = Math.fround

/**
 * Variance added at each training timestep, [num_train_timesteps]. `scaled_linear` is latent diffusion's (arXiv
 * 2112.10752).
 */
export function betas(config: NoiseScheduleConfig): Float32Array {
  const { beta_start, beta_end, num_train_timesteps: count, trained_betas } = config
  if (trained_betas) return Float32Array.from(trained_betas)
  if (config.beta_schedule === 'linear') return linspace(beta_start, beta_end, count)
  return linspace(Math.sqrt(beta_start), Math.sqrt(beta_end), count).map((root) => root * root)
}

/**
 * Product of 1 - beta up to each timestep, [num_train_timesteps]. With `rescale_betas_zero_snr` the last one is exactly
 * 0 (arXiv 2305.08891, algorithm 1).
 */
export function alphasCumprod(config: NoiseScheduleConfig): Float32Array {
  const result = betas(config)
  let product = 1
  for (let t = 0; t < result.length; t++) {
    product *= round(1 - result[t]!)
    result[t] = product
  }
  return config.rescale_betas_zero_snr ? withZeroTerminalSnr(result) : result
}

/**
 * The same for samplers that divide by it: a last value of 0 becomes 2^-24, so that its sigma is 4096 and not
 * infinite.
 */
export function positiveAlphasCumprod(config: NoiseScheduleConfig): Float32Array {
  const result = alphasCumprod(config)
  if (config.rescale_betas_zero_snr) result[result.length - 1] = 2 ** -24
  return result
}

function withZeroTerminalSnr(alphas: Float32Array): Float32Array {
  const roots = alphas.map((alpha) => Math.sqrt(alpha))
  const first = roots[0]!
  const last = roots[roots.length - 1]!
  const scale = round(first / round(first - last))
  return roots.map((root) => round(round(root - last) * scale) ** 2)
}

/** torch.linspace: from both ends towards the middle, so that both are exact. */
function linspace(start: number, end: number, count: number): Float32Array {
  const from = round(start)
  const to = round(end)
  const step = count > 1 ? round(round(to - from) / (count - 1)) : 0
  const at = (i: number) => (i < count / 2 ? from + round(step * i) : to - round(step * (count - 1 - i)))
  return Float32Array.from({ length: count }, (_, i) => at(i))
}
