import { Graph, type Value } from '../../graph/graph.ts'
import { conv3x3 } from '../../graph/modules.ts'
import { add, concat, slice, upsampleNearest } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'
import { inputChannels, unshuffleOf, type DiffRirConfig } from './diffrir-config.ts'
import { dirformerBlock, pointwiseConv } from './dirformer-block.ts'
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.ts'

/**
 * DIRformer: `lq` [1, 3 + 3 s^2, h, w] (sides multiples of padMultiple) and `prior` [1, 4n] -> `sr` [1, 3, h s, w s].
 * A U-Net of transformer blocks; its tail enlarges four times and adds the first three planes of `lq`, enlarged by the
 * nearest pixel. Weights: G.
 */
export function restorationGraph(weights: Weights, config: DiffRirConfig): Graph {
  const g = new Graph(`diffrir-x${config.scale}`)
  const w = weights.at('G')
  const { dim, scale } = config
  const lq = g.input('lq', 'float32', [1, inputChannels(scale), 'height', 'width'])
  const prior = g.input('prior', 'float32', [1, 4 * config.features])
  const blocks = (x: Value, name: string, level: number, count = config.blocks[level]!): Value => {
    const block = { heads: config.heads[level]!, norm: config.norm, ffnFactor: config.ffnFactor }
    for (let i = 0; i < count; i++) x = dirformerBlock(g, x, prior, w.at(`${name}.${i}`), block)
    return x
  }
  const embedded = convTo(g, pixelUnshuffle(g, lq, unshuffleOf[scale]), w.at('patch_embed.proj'), dim)
  const level1 = blocks(embedded, 'encoder_level1', 0)
  const level2 = blocks(downsample(g, level1, w.at('down1_2')), 'encoder_level2', 1)
  const level3 = blocks(downsample(g, level2, w.at('down2_3')), 'encoder_level3', 2)
  const latent = blocks(downsample(g, level3, w.at('down3_4')), 'latent', 3)
  const join = (x: Value, skip: Value, level: number) => {
    const both = concat(g, [x, skip], 1)
    return pointwiseConv(g, both, w.at(`reduce_chan_level${level}`), fixed(both, 1) / 2)
  }
  const up3 = blocks(join(upsample(g, latent, w.at('up4_3')), level3, 3), 'decoder_level3', 2)
  const up2 = blocks(join(upsample(g, up3, w.at('up3_2')), level2, 2), 'decoder_level2', 1)
  // The first level keeps all channels of both.
  const up1 = blocks(concat(g, [upsample(g, up2, w.at('up2_1')), level1], 1), 'decoder_level1', 0)
  const refined = blocks(up1, 'refinement', 0, config.refinementBlocks)
  const correction = tail(g, refined, w.at('tail'), config.outChannels)
  g.output('sr', add(g, correction, upsampleNearest(g, slice(g, lq, 1, 0, 3), scale)))
  return g
}

/** 3x3 convolution to `out` channels. */
export function convTo(g: Graph, x: Value, w: Weights, out: number): Value {
  w.shaped('weight', [out, fixed(x, 1), 3, 3])
  return conv3x3(g, x, w)
}

/** Half the size, twice the channels. Weights: body.0. */
const downsample = (g: Graph, x: Value, w: Weights): Value =>
  pixelUnshuffle(g, convTo(g, x, w.at('body.0'), fixed(x, 1) / 2), 2)

/** Twice the size, half the channels. Weights: body.0. */
const upsample = (g: Graph, x: Value, w: Weights): Value =>
  pixelShuffle(g, convTo(g, x, w.at('body.0'), fixed(x, 1) * 2), 2)

/** Four times the size. Weights: 0.0, 0.2 (to four times the channels, shuffled to pixels), 1. */
function tail(g: Graph, x: Value, w: Weights, out: number): Value {
  const channels = fixed(x, 1)
  const twice = pixelShuffle(g, convTo(g, x, w.at('0.0'), 4 * channels), 2)
  const fourTimes = pixelShuffle(g, convTo(g, twice, w.at('0.2'), 4 * channels), 2)
  return convTo(g, fourTimes, w.at('1'), out)
}
