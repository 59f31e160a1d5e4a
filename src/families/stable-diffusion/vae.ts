import { z } from 'zod'
import { Graph, type Value } from '../../graph/graph.ts'
import { conv, conv3x3, flattenPixels, groupNorm, linear } from '../../graph/modules.ts'
import { activations, add, reshapeLike, transpose, upsampleNearest } from '../../graph/ops.ts'
import { renameWeights, Weights, type RenameRules, type WeightMap } from '../../weights/weights.ts'
import { resnetBlock, type ResnetConfig } from './resnet.ts'

const count = z.number().int().positive()

/** config.json of a diffusers AutoencoderKL, with the class's defaults for keys that older files lack. */
export const vaeConfigSchema = z.object({
  in_channels: count.default(3),
  out_channels: count.default(3),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')).default(['DownEncoderBlock2D']),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')).default(['UpDecoderBlock2D']),
  block_out_channels: z.array(count).min(1).default([64]),
  layers_per_block: count.default(1),
  act_fn: z.enum(['silu', 'swish', 'gelu', 'mish', 'relu']).default('silu'),
  latent_channels: count.default(4),
  norm_num_groups: count.default(32),
  scaling_factor: z.number().default(0.18215),
  /** Its values overflow in float16 (SDXL's). Files from before the key hold SD 1.x and 2.x, which do not. */
  force_upcast: z.boolean().default(false),
  shift_factor: z.null().optional(),
  latents_mean: z.null().optional(),
  latents_std: z.null().optional(),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
  mid_block_add_attention: z.boolean().default(true),
})

export type VaeConfig = z.infer<typeof vaeConfigSchema>

/** Pixels of a latent's side. */
export const vaeScale = (config: VaeConfig): number => 2 ** (config.block_out_channels.length - 1)

/** Attention of checkpoints from before diffusers 0.14 under today's names. */
const legacyNames: RenameRules = [
  [/(attentions\.\d+)\.query\./, '$1.to_q.'],
  [/(attentions\.\d+)\.key\./, '$1.to_k.'],
  [/(attentions\.\d+)\.value\./, '$1.to_v.'],
  [/(attentions\.\d+)\.proj_attn\./, '$1.to_out.0.'],
]

const normEpsilon = 1e-6

function norms(config: VaeConfig): ResnetConfig {
  return { groups: config.norm_num_groups, epsilon: normEpsilon, activation: config.act_fn }
}

/**
 * The encoder of AutoencoderKL (arXiv 2112.10752): image [b, 3, h, w] in [-1, 1] -> moments [b, 2 * latent, h/f, w/f],
 * which is mean and log-variance on the channel axis. h and w are multiples of f (vaeScale).
 */
export function vaeEncoderGraph(config: VaeConfig, map: WeightMap): Graph {
  const g = new Graph('vae-encoder')
  const root = new Weights(renameWeights(map, legacyNames))
  const w = root.at('encoder')
  const levels = config.block_out_channels.length
  let x = conv3x3(g, g.input('image', 'float32', ['b', config.in_channels, 'h', 'w']), w.at('conv_in'))
  for (let level = 0; level < levels; level++) {
    const block = w.at(`down_blocks.${level}`)
    x = resnets(g, x, block, config.layers_per_block, config)
    // diffusers pads right and bottom only, then convolves without padding.
    if (level < levels - 1) x = conv(g, x, block.at('downsamplers.0.conv'), { stride: 2, padding: [0, 0, 1, 1] })
  }
  const moments = head(g, midBlock(g, x, w.at('mid_block'), config), w, config)
  g.output('moments', config.use_quant_conv ? conv(g, moments, root.at('quant_conv')) : moments)
  return g
}

/** The decoder: latents (already divided by scaling_factor) [b, latent, h, w] -> image [b, 3, h*f, w*f], unclamped. */
export function vaeDecoderGraph(config: VaeConfig, map: WeightMap): Graph {
  const g = new Graph('vae-decoder')
  const root = new Weights(renameWeights(map, legacyNames))
  const w = root.at('decoder')
  const levels = config.block_out_channels.length
  const latents = g.input('latents', 'float32', ['b', config.latent_channels, 'h', 'w'])
  const quantised = config.use_post_quant_conv ? conv(g, latents, root.at('post_quant_conv')) : latents
  let x = midBlock(g, conv3x3(g, quantised, w.at('conv_in')), w.at('mid_block'), config)
  for (let level = 0; level < levels; level++) {
    const block = w.at(`up_blocks.${level}`)
    x = resnets(g, x, block, config.layers_per_block + 1, config)
    if (level < levels - 1) x = conv3x3(g, upsampleNearest(g, x, 2), block.at('upsamplers.0.conv'))
  }
  g.output('image', head(g, x, w, config))
  return g
}

function resnets(g: Graph, x: Value, block: Weights, layers: number, config: VaeConfig): Value {
  for (let layer = 0; layer < layers; layer++)
    x = resnetBlock(g, x, undefined, block.at(`resnets.${layer}`), norms(config))
  return x
}

/** Resnet, attention unless the config leaves it out, resnet. */
function midBlock(g: Graph, x: Value, w: Weights, config: VaeConfig): Value {
  const first = resnetBlock(g, x, undefined, w.at('resnets.0'), norms(config))
  const attended = config.mid_block_add_attention ? attentionBlock(g, first, w.at('attentions.0'), config) : first
  return resnetBlock(g, attended, undefined, w.at('resnets.1'), norms(config))
}

/** Self-attention of one head over all pixels. Weights: group_norm, to_q, to_k, to_v, to_out.0. */
function attentionBlock(g: Graph, x: Value, w: Weights, config: VaeConfig): Value {
  const tokens = flattenPixels(g, groupNorm(g, x, w.at('group_norm'), norms(config)))
  const inputs = ['to_q', 'to_k', 'to_v'].map((name) => linear(g, tokens, w.at(name)))
  const mixed = g.node('MultiHeadAttention', inputs, tokens, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: 1 } },
  })
  const pixels = transpose(g, linear(g, mixed, w.at('to_out.0')), [0, 2, 1])
  return add(g, reshapeLike(g, pixels, x), x)
}

/** conv_norm_out, activation, conv_out. */
function head(g: Graph, x: Value, w: Weights, config: VaeConfig): Value {
  const normal = groupNorm(g, x, w.at('conv_norm_out'), norms(config))
  return conv3x3(g, activations[config.act_fn]!(g, normal), w.at('conv_out'))
}
