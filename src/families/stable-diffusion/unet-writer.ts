import type { Graph, Value } from '../../graph/graph.ts'
import { conv, conv3x3 } from '../../graph/modules.ts'
import { concat, resizeNearest, shapeOf, slice } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'
import type { AttentionHooks } from './attention.ts'
import { resnetBlock, type ResnetConfig } from './resnet.ts'
import { transformer2d } from './transformer.ts'
import type { UnetConfig, UnetLevel } from './unet-config.ts'

/** What the parts of a UNet are written with. */
export interface UnetWriterOptions {
  /** The text, [b, tokens, d]. */
  readonly context: Value
  /** [b, 4 * ch0] */
  readonly timeEmbedding: Value
  readonly hooks?: AttentionHooks | undefined
}

/** Writes the three parts of the UNet; the sizes of skips decide the sizes on the way up. */
export class UnetWriter {
  readonly timeEmbedding: Value
  readonly norm: ResnetConfig
  readonly #g: Graph
  readonly #config: UnetConfig
  readonly #context: Value
  readonly #hooks: AttentionHooks | undefined

  constructor(g: Graph, config: UnetConfig, { context, timeEmbedding, hooks }: UnetWriterOptions) {
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
