import type { UnetConfig } from '../../src/families/stable-diffusion/unet-config.ts'
import { unetLayout } from './unet.ts'

/**
 * Floating-point operations of one UNet evaluation: two for each weight at each place where it is used, plus the two
 * products of every attention. `side` is the latents' side, `batch` the number of rows.
 */
export function unetFlops(config: UnetConfig, side: number, batch: number, tokens = 77): number {
  const levels = config.down.length
  let operations = 0
  for (const [name, shape] of unetLayout(config)) {
    if (shape.length < 2) continue
    const pixels = (side / 2 ** levelOf(name, levels)) ** 2
    const weights = shape.reduce((a, b) => a * b, 1)
    const places = /time_emb/.test(name) ? 1 : /attn2\.to_[kv]/.test(name) ? tokens : pixels
    operations += 2 * weights * places
    // q.k and p.v, each 2 * queries * keys * channels
    if (/attn1\.to_q/.test(name)) operations += 4 * pixels * pixels * shape[0]!
    if (/attn2\.to_q/.test(name)) operations += 4 * pixels * tokens * shape[0]!
  }
  return operations * batch
}

/** How often the side was halved where a weight works. */
function levelOf(name: string, levels: number): number {
  const [, part, index] = /^(down|up)_blocks\.(\d+)/.exec(name) ?? []
  if (part === 'down') return Number(index) + (name.includes('downsamplers') ? 1 : 0)
  if (part === 'up') return levels - 1 - Number(index) - (name.includes('upsamplers') ? 1 : 0)
  return name.startsWith('mid_block') ? levels - 1 : 0
}
