import { Graph, type Value } from '../../graph/graph.ts'
import { conv, groupNorm } from '../../graph/modules.ts'
import { activations, add, scale, subtract } from '../../graph/ops.ts'
import { Weights, type LoraModules, type WeightMap } from '../../weights/weights.ts'
import type { AttentionHooks } from './attention.ts'
import { timeConditioning } from './time-embedding.ts'
import type { UnetConfig } from './unet-config.ts'
import { UnetWriter } from './unet-writer.ts'

/** Values between the parts of the UNet, for comparisons with the reference. */
export const unetTaps = ['time_embedding', 'after_conv_in', 'after_mid_block', 'after_last_up_block'] as const

/** A graph that does more than the plain one, over the same weights. */
export interface UnetVariant {
  /** Names the graph: the same name must mean the same graph of the same weights. */
  readonly name: string
  /** Declares the variant's own inputs; called before anything that uses them is written. */
  readonly attach?: (g: Graph, config: UnetConfig) => UnetAttachment
  /** Modules with a LoRA branch. */
  readonly loraModules?: LoraModules
}

/** What a variant puts into the graph. */
export interface UnetAttachment {
  readonly hooks?: AttentionHooks
  /** Added to the skips (in the order of the way down) before the way up concatenates them; ControlNet. */
  readonly skipResiduals?: readonly Value[]
  /** Added to the mid block's output; ControlNet. */
  readonly midResidual?: Value
  /** Called when all attentions are written: adds the variant's outputs. */
  readonly finish?: () => void
}

export interface UnetOptions {
  readonly taps?: boolean
  readonly variant?: UnetVariant | undefined
}

/**
 * UNet2DConditionModel (Rombach et al., arXiv 2112.10752; SDXL: arXiv 2307.01952) in diffusers' names.
 * Inputs: sample [b, in, h, w] float32, timestep [b] float32, encoder_hidden_states [b, tokens, d]; with text_time
 * also text_embeds [b, p] and time_ids [b, 6]. Output: output [b, out, h, w]. Any h and w.
 * `taps` adds the values of unetTaps as outputs.
 */
export function unetGraph(config: UnetConfig, map: WeightMap, { taps = false, variant }: UnetOptions = {}): Graph {
  const g = new Graph(variant === undefined ? 'unet' : `unet-${variant.name}`)
  const w = new Weights(map, '', variant?.loraModules)
  const { file } = config
  const sample = g.input('sample', 'float32', ['b', file.in_channels, 'h', 'w'])
  const timestep = g.input('timestep', 'float32', ['b'])
  const context = g.input('encoder_hidden_states', 'float32', ['b', 'tokens', config.contextDim])
  const { time, whole } = timeConditioning(g, timestep, w, file)
  const attached = variant?.attach?.(g, config) ?? {}
  const writer = new UnetWriter(g, config, { context, timeEmbedding: whole, hooks: attached.hooks })

  const centered = file.center_input_sample ? subtract(g, scale(g, sample, 2), g.scalar(1)) : sample
  const afterConvIn = conv(g, centered, w.at('conv_in'), samePadding(w.at('conv_in')))
  const { x: bottom, skips } = writer.down(afterConvIn, w)
  const middle = file.mid_block_type ? writer.mid(bottom, w.at('mid_block')) : bottom
  const { skipResiduals, midResidual } = attached
  const bent = midResidual ? add(g, middle, midResidual) : middle
  const top = writer.up(bent, skipResiduals ? skips.map((skip, i) => add(g, skip, skipResiduals[i]!)) : skips, w)
  const activate = activations[file.act_fn]!
  const normal = activate(g, groupNorm(g, top, w.at('conv_norm_out'), writer.norm))
  g.output('output', conv(g, normal, w.at('conv_out'), samePadding(w.at('conv_out'))))
  attached.finish?.()
  if (taps) [time, afterConvIn, middle, top].forEach((value, i) => g.output(unetTaps[i]!, value))
  return g
}

/** Padding that keeps the size, for conv_in and conv_out of any odd kernel. */
export function samePadding(w: Weights) {
  const pad = (w.entry('weight').shape[2]! - 1) / 2
  return { padding: [pad, pad, pad, pad] } as const
}
