import { Graph, type Value } from '../../graph/graph.ts'
import { conv, conv3x3, groupNorm, linear } from '../../graph/modules.ts'
import {
  activations,
  add,
  concat,
  cos,
  multiply,
  reshape,
  resizeNearest,
  scale,
  shapeOf,
  silu,
  sin,
  slice,
  subtract,
} from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import type { AttentionHooks } from './attention.ts'
import { resnetBlock, type ResnetConfig } from './resnet.ts'
import { transformer2d } from './transformer.ts'
import type { UnetConfig, UnetLevel } from './unet-config.ts'

/** Values between the parts of the UNet, for comparisons with the reference. */
export const unetTaps = ['time_embedding', 'after_conv_in', 'after_mid_block', 'after_last_up_block'] as const

/** A graph that does more than the plain one, over the same weights. */
export interface UnetVariant {
  /** Names the graph: the same name must mean the same graph of the same weights. */
  readonly name: string
  /** Declares the variant's own inputs; called before anything that uses them is written. */
  readonly attach: (g: Graph, config: UnetConfig) => UnetAttachment
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
  const w = new Weights(map)
  const { file } = config
  const contextDim = Array.isArray(file.cross_attention_dim) ? file.cross_attention_dim[0]! : file.cross_attention_dim
  const sample = g.input('sample', 'float32', ['b', file.in_channels, 'h', 'w'])
  const timestep = g.input('timestep', 'float32', ['b'])
  const context = g.input('encoder_hidden_states', 'float32', ['b', 'tokens', contextDim])
  const time = timeEmbedding(g, timestep, w, config)
  const attached = variant?.attach(g, config) ?? {}
  const writer = new UnetWriter(g, config, context, addedEmbedding(g, time, w, config), attached.hooks)

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
function samePadding(w: Weights) {
  const pad = (w.entry('weight').shape[2]! - 1) / 2
  return { padding: [pad, pad, pad, pad] } as const
}

/** The timestep's MLP. [b, 4 * ch0]. */
function timeEmbedding(g: Graph, timestep: Value, w: Weights, { file }: UnetConfig): Value {
  const features = sinusoid(g, timestep, file.block_out_channels[0]!, file)
  const time = mlp(g, features, w.at('time_embedding'), file.act_fn)
  return file.timestep_post_act ? activations[file.timestep_post_act]!(g, time) : time
}

/** With text_time (SDXL): plus an MLP over pooled text and size conditioning. [b, 4 * ch0]. */
function addedEmbedding(g: Graph, time: Value, w: Weights, { file }: UnetConfig): Value {
  if (file.addition_embed_type !== 'text_time') return time
  const size = file.addition_time_embed_dim!
  const idCount = 6
  const pooled = file.projection_class_embeddings_input_dim! - size * idCount
  const textEmbeds = g.input('text_embeds', 'float32', ['b', pooled])
  const timeIds = g.input('time_ids', 'float32', ['b', idCount])
  const ids = sinusoid(g, reshape(g, timeIds, [-1], ['ids']), size, file)
  const flat = reshape(g, ids, [-1, size * idCount], ['b', size * idCount])
  return add(g, time, mlp(g, concat(g, [textEmbeds, flat], 1), w.at('add_embedding'), file.act_fn))
}

/** TimestepEmbedding. Weights: linear_1, linear_2. */
const mlp = (g: Graph, x: Value, w: Weights, activation: string): Value =>
  linear(g, (activations[activation] ?? silu)(g, linear(g, x, w.at('linear_1'))), w.at('linear_2'))

/**
 * Sinusoidal embedding of diffusers' get_timestep_embedding (after arXiv 1706.03762, section 3.5): values [n] ->
 * [n, size], cosines first when flip_sin_to_cos. The frequencies are rounded to float32 step by step as torch does.
 */
function sinusoid(
  g: Graph,
  values: Value,
  size: number,
  { flip_sin_to_cos: cosinesFirst, freq_shift: shift }: { flip_sin_to_cos: boolean; freq_shift: number },
): Value {
  const half = Math.floor(size / 2)
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(Math.fround(-Math.log(10000)) * i) / (half - shift))),
  )
  const column = reshape(g, values, [-1, 1], [values.shape[0]!, 1])
  const angles = multiply(g, column, g.constant(frequencies, [1, half]))
  const [sines, cosines] = [sin(g, angles), cos(g, angles)]
  return concat(g, cosinesFirst ? [cosines, sines] : [sines, cosines], 1)
}

/** Writes the three parts of the UNet; the sizes of skips decide the sizes on the way up. */
class UnetWriter {
  readonly timeEmbedding: Value
  readonly norm: ResnetConfig
  readonly #g: Graph
  readonly #config: UnetConfig
  readonly #context: Value
  readonly #hooks: AttentionHooks | undefined

  constructor(g: Graph, config: UnetConfig, context: Value, timeEmbedding: Value, hooks?: AttentionHooks) {
    this.#g = g
    this.#config = config
    this.#context = context
    this.#hooks = hooks
    this.timeEmbedding = timeEmbedding
    const { norm_num_groups: groups, norm_eps: epsilon, act_fn: activation } = config.file
    this.norm = { groups, epsilon, activation, timeScaleShift: config.file.resnet_time_scale_shift }
  }

  /** conv_in's output -> the bottom, and every resnet's and downsampler's output for the way up. */
  down(x: Value, w: Weights): { x: Value; skips: Value[] } {
    const skips = [x]
    this.#config.down.forEach((level, i) => {
      const block = w.at(`down_blocks.${i}`)
      for (let layer = 0; layer < level.resnets; layer++) skips.push((x = this.#layer(x, block, layer, level)))
      if (i < this.#config.down.length - 1) skips.push((x = this.#downsample(x, block.at('downsamplers.0.conv'))))
    })
    return { x, skips }
  }

  /** Resnet, attention, resnet. */
  mid(x: Value, w: Weights): Value {
    const { mid, file } = this.#config
    const config = { ...this.norm, outputScale: file.mid_block_scale_factor }
    const first = resnetBlock(this.#g, x, this.timeEmbedding, w.at('resnets.0'), config)
    const attended = this.#attention(first, w.at('attentions.0'), mid)
    return resnetBlock(this.#g, attended, this.timeEmbedding, w.at('resnets.1'), config)
  }

  up(x: Value, skips: Value[], w: Weights): Value {
    const { up } = this.#config
    up.forEach((level, i) => {
      const block = w.at(`up_blocks.${i}`)
      for (let layer = 0; layer < level.resnets; layer++)
        x = this.#layer(concat(this.#g, [x, skips.pop()!], 1), block, layer, level)
      if (i < up.length - 1) x = this.#upsample(x, skips.at(-1)!, block.at('upsamplers.0.conv'))
    })
    return x
  }

  #layer(x: Value, block: Weights, layer: number, level: UnetLevel): Value {
    const resnet = resnetBlock(this.#g, x, this.timeEmbedding, block.at(`resnets.${layer}`), this.norm)
    return this.#attention(resnet, block.at(`attentions.${layer}`), level)
  }

  #attention(x: Value, w: Weights, level: UnetLevel): Value {
    if (level.transformerLayers === 0) return x
    const { norm_num_groups: groups, use_linear_projection: linearProjection } = this.#config.file
    const { transformerLayers: layers, heads, onlyCrossAttention } = level
    const config = { layers, heads, groups, linearProjection, onlyCrossAttention, hooks: this.#hooks }
    return transformer2d(this.#g, x, this.#context, w, config)
  }

  /** 3x3 convolution of stride 2; padding 0 means diffusers' own (0, 1, 0, 1). */
  #downsample(x: Value, w: Weights): Value {
    const pad = this.#config.file.downsample_padding
    return conv(this.#g, x, w, { stride: 2, padding: pad === 0 ? [0, 0, 1, 1] : [pad, pad, pad, pad] })
  }

  /** Nearest to the size of the next skip (which is not twice this one when sizes are odd), then 3x3 convolution. */
  #upsample(x: Value, like: Value, w: Weights): Value {
    const g = this.#g
    const sizes = concat(g, [slice(g, shapeOf(g, x), 0, 0, 2), slice(g, shapeOf(g, like), 0, 2, 4)], 0)
    const shape = [x.shape[0]!, fixed(x, 1), like.shape[2]!, like.shape[3]!]
    return conv3x3(g, resizeNearest(g, x, sizes, shape), w)
  }
}
