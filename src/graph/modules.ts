/** Modules as checkpoints name them: each takes the weights below its own path. */
import type { Weights } from '../weights/weights.ts'
import type { Graph, Shape, Value } from './graph.ts'
import {
  add,
  conv2d,
  groupNorm as groupNormOp,
  layerNorm as layerNormOp,
  matmul,
  reshape,
  transpose,
  type ConvOptions,
} from './ops.ts'
import { matmulQuantised } from './quantised-matrix.ts'
import { fixed } from './shapes.ts'

/** Linear. x [..., in] -> [..., out]. Weights: weight [out, in], bias? [out]. With a LoRA branch where the weights say so. */
export function linear(g: Graph, x: Value, w: Weights): Value {
  const product = linearWeight(g, x, w)
  const sum = w.has('bias') ? add(g, product, g.weight(w.shaped('bias', [fixed(product, -1)]))) : product
  if (!w.hasLora) return sum
  const [down, up] = loraInputs(g, w, [fixed(x, -1), loraRank(w)], [loraRank(w), fixed(sum, -1)])
  return add(g, sum, matmul(g, matmul(g, x, down), up))
}

/**
 * Matrices of a module's LoRA (arXiv 2106.09685), inputs of the graph: `<module>.lora_down` and `<module>.lora_up`,
 * scaled and, where several are added, side by side along the rank. So one graph serves every LoRA of these modules.
 */
const loraInputs = (g: Graph, { prefix }: Weights, down: Shape, up: Shape): [Value, Value] => [
  g.input(`${prefix}lora_down`, 'float32', down),
  g.input(`${prefix}lora_up`, 'float32', up),
]

const loraRank = ({ prefix }: Weights): string => `${prefix}rank`

/**
 * x [..., in] @ weight [out, in]^T. Written as MatMul with a transposed weight: onnxruntime folds the Transpose at
 * load and packs the result for its matrix kernels.
 */
function linearWeight(g: Graph, x: Value, w: Weights): Value {
  const weight = w.entry('weight')
  const shaped = w.shaped('weight', [weight.shape[0] ?? 0, fixed(x, -1)])
  if (shaped.quantised) return matmulQuantised(g, x, shaped, shaped.quantised)
  const checked = g.weight(shaped)
  const transposed = transpose(g, checked, [1, 0])
  return g.node('MatMul', [x, transposed], { dtype: 'float32', shape: [...x.shape.slice(0, -1), weight.shape[0]!] })
}

/**
 * Linear for rows: x [rows, in] -> [rows, out], `out` as the config says. Same weights as linear, but multiplied as they lie in the file (Gemm with a
 * transposed second factor), so that loading folds no Transpose: a language model is held once, not twice, at its peak.
 */
export function linearRows(g: Graph, x: Value, w: Weights, out: number): Value {
  const entry = w.shaped('weight', [out, fixed(x, -1)])
  const bias = w.has('bias') ? g.weight(w.shaped('bias', [out])) : undefined
  if (entry.quantised) {
    const product = matmulQuantised(g, x, entry, entry.quantised)
    return bias ? add(g, product, bias) : product
  }
  const weight = g.weight(entry)
  const inputs = bias ? [x, weight, bias] : [x, weight]
  const attributes = { transB: { int: 1 } }
  return g.node('Gemm', inputs, { dtype: 'float32', shape: [x.shape[0]!, out] }, { attributes })
}

/** Conv2d of any kernel. Weights: weight [out, in, k, k], bias? [out]. With a LoRA branch where the weights say so. */
export function conv(g: Graph, x: Value, w: Weights, options: ConvOptions = {}): Value {
  const entry = w.entry('weight')
  const [cout, , kh, kw] = entry.shape as [number, number, number, number]
  const weight = g.weight(w.shaped('weight', [cout, fixed(x, 1), kh, kw]))
  const sum = conv2d(g, x, weight, w.has('bias') ? g.weight(w.shaped('bias', [cout])) : undefined, options)
  if (!w.hasLora) return sum
  const [down, up] = loraInputs(g, w, [loraRank(w), fixed(x, 1), kh, kw], [cout, loraRank(w), 1, 1])
  return add(g, sum, conv2d(g, conv2d(g, x, down, undefined, options), up, undefined))
}

/** 3x3 convolution that keeps the size. */
export const conv3x3 = (g: Graph, x: Value, w: Weights, stride = 1): Value =>
  conv(g, x, w, { stride, padding: [1, 1, 1, 1] })

/** LayerNorm over the last axis. Weights: weight, bias. */
export function layerNorm(g: Graph, x: Value, w: Weights, epsilon: number): Value {
  const size = [fixed(x, -1)]
  return layerNormOp(g, x, g.weight(w.shaped('weight', size)), g.weight(w.shaped('bias', size)), epsilon)
}

export interface GroupNormConfig {
  readonly groups: number
  readonly epsilon: number
}

/** GroupNorm of [b, c, h, w]. Weights: weight [c], bias [c]. */
export function groupNorm(g: Graph, x: Value, w: Weights, { groups, epsilon }: GroupNormConfig): Value {
  const size = [fixed(x, 1)]
  return groupNormOp(g, x, g.weight(w.shaped('weight', size)), g.weight(w.shaped('bias', size)), groups, epsilon)
}

/** [b, c, h, w] -> [b, h*w, c]. */
export function flattenPixels(g: Graph, x: Value): Value {
  const [b, c] = x.shape
  return transpose(g, reshape(g, x, [0, 0, -1], [b!, c!, 'pixels']), [0, 2, 1])
}
