/** The transformer block of DiffRIR's DIRformer (S2_arch.py; a Restormer block, arXiv 2111.09881, led by a prior). */
import type { Graph, Value } from '../../graph/graph.ts'
import { conv, linear } from '../../graph/modules.ts'
import {
  add,
  divide,
  gelu,
  matmul,
  multiply,
  reduceMean,
  reshape,
  reshapeLike,
  softmax,
  split,
  sqrt,
  subtract,
  transpose,
  unsqueeze,
} from '../../graph/ops.ts'
import { checkDivides, fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'

export interface BlockConfig {
  readonly heads: number
  readonly norm: 'BiasFree' | 'WithBias'
  readonly ffnFactor: number | undefined
}

const epsilon = 1e-5
/** torch.nn.functional.normalize's. */
const smallestNorm = 1e-12

/** TransformerBlock: x [b, c, h, w], prior [b, 4n] -> [b, c, h, w]. Weights: norm1, attn, norm2, ffn. */
export function dirformerBlock(g: Graph, x: Value, prior: Value, w: Weights, config: BlockConfig): Value {
  const seen = add(g, x, attention(g, channelNorm(g, x, w.at('norm1.body'), config.norm), prior, w.at('attn'), config))
  return add(g, seen, feedForward(g, channelNorm(g, seen, w.at('norm2.body'), config.norm), prior, w.at('ffn'), config))
}

/** LayerNorm over the channels of [b, c, h, w]; the bias-free one divides by the deviation without taking the mean. */
function channelNorm(g: Graph, x: Value, w: Weights, kind: BlockConfig['norm']): Value {
  const channels = fixed(x, 1)
  const perChannel = (name: string) => {
    const value = g.weight(w.shaped(name, [channels]))
    return reshape(g, value, [-1, 1, 1], [channels, 1, 1])
  }
  const centred = subtract(g, x, reduceMean(g, x, [1]))
  const variance = reduceMean(g, multiply(g, centred, centred), [1])
  const deviation = sqrt(g, add(g, variance, g.scalar(epsilon)))
  const normal = multiply(g, divide(g, kind === 'BiasFree' ? x : centred, deviation), perChannel('weight'))
  return kind === 'BiasFree' ? normal : add(g, normal, perChannel('bias'))
}

/** x * k1 + k2, both from the prior. Weights: kernel.0 [2c, 4n]. */
function modulate(g: Graph, x: Value, prior: Value, w: Weights): Value {
  const channels = fixed(x, 1)
  w.shaped('kernel.0.weight', [2 * channels, fixed(prior, 1)])
  const both = unsqueeze(g, linear(g, prior, w.at('kernel.0')), [2, 3]) // [b, 2c, 1, 1]
  const [factor, shift] = split(g, both, [channels, channels], 1) as [Value, Value]
  return add(g, multiply(g, x, factor), shift)
}

/**
 * Attention between channels. q, k of length 1 over the pixels; the product of the unnormed ones is divided by both
 * lengths, which is the same and works on [c/heads, c/heads] instead of all pixels.
 * Weights: temperature [heads, 1, 1], kernel.0, qkv, qkv_dwconv, project_out.
 */
function attention(g: Graph, x: Value, prior: Value, w: Weights, { heads }: BlockConfig): Value {
  const channels = fixed(x, 1)
  checkDivides(x, 1, heads, 'heads')
  const pointwise = pointwiseConv(g, modulate(g, x, prior, w), w.at('qkv'), 3 * channels)
  const parts = split(g, depthwise3x3(g, pointwise, w.at('qkv_dwconv')), [channels, channels, channels], 1)
  const shape = [x.shape[0]!, heads, channels / heads, 'pixels']
  const [q, k, v] = parts.map((part) => reshape(g, part, [0, heads, channels / heads, -1], shape)) as [
    Value,
    Value,
    Value,
  ]
  const product = matmul(g, q, transpose(g, k, [0, 1, 3, 2])) // [b, heads, c/heads, c/heads]
  const cosines = divide(g, divide(g, product, length(g, q)), transpose(g, length(g, k), [0, 1, 3, 2]))
  const temperature = g.weight(w.shaped('temperature', [heads, 1, 1]))
  const mixed = matmul(g, softmax(g, multiply(g, cosines, temperature)), v)
  return pointwiseConv(g, reshapeLike(g, mixed, x), w.at('project_out'), channels)
}

/** Euclidean length over the last axis, at least torch's smallest. */
function length(g: Graph, x: Value): Value {
  const shape = [...x.shape.slice(0, -1), 1]
  const attributes = { keepdims: { int: 1 } }
  const norm = g.node('ReduceL2', [x, g.integers([x.shape.length - 1])], { dtype: 'float32', shape }, { attributes })
  return g.node('Max', [norm, g.scalar(smallestNorm)], { dtype: 'float32', shape })
}

/** Gated feed-forward: gelu(a) * b. Weights: kernel.0, project_in, dwconv, project_out. */
function feedForward(g: Graph, x: Value, prior: Value, w: Weights, { ffnFactor }: BlockConfig): Value {
  const channels = fixed(x, 1)
  const stored = (w.entry('project_in.weight').shape[0] ?? 0) / 2
  const hidden = ffnFactor === undefined ? stored : Math.trunc(channels * ffnFactor)
  const wide = pointwiseConv(g, modulate(g, x, prior, w), w.at('project_in'), 2 * hidden)
  const [gate, value] = split(g, depthwise3x3(g, wide, w.at('dwconv')), [hidden, hidden], 1) as [Value, Value]
  return pointwiseConv(g, multiply(g, gelu(g, gate), value), w.at('project_out'), channels)
}

/** 1x1 convolution to `out` channels. Weights: weight, bias?. */
export function pointwiseConv(g: Graph, x: Value, w: Weights, out: number): Value {
  w.shaped('weight', [out, fixed(x, 1), 1, 1])
  return conv(g, x, w)
}

/** 3x3 convolution of each channel by itself. Weights: weight [c, 1, 3, 3], bias? [c]. */
function depthwise3x3(g: Graph, x: Value, w: Weights): Value {
  const channels = fixed(x, 1)
  const weight = g.weight(w.shaped('weight', [channels, 1, 3, 3]))
  const inputs = w.has('bias') ? [x, weight, g.weight(w.shaped('bias', [channels]))] : [x, weight]
  const attributes = { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] }, group: { int: channels } }
  return g.node('Conv', inputs, { dtype: 'float32', shape: x.shape }, { attributes })
}
