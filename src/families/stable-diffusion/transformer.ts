import type { Graph, Value } from '../../graph/graph.ts'
import { conv, flattenPixels, groupNorm, layerNorm, linear } from '../../graph/modules.ts'
import { add, gelu, multiply, reshapeLike, split, transpose } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'
import { attention, type AttentionHooks } from './attention.ts'

export interface TransformerConfig {
  readonly layers: number
  readonly heads: number
  readonly groups: number
  /** proj_in and proj_out are linear layers over tokens rather than 1x1 convolutions over pixels. */
  readonly linearProjection: boolean
  /** attn1 looks at the text too. */
  readonly onlyCrossAttention: boolean
  readonly hooks?: AttentionHooks | undefined
}

/**
 * Transformer2DModel: x [b, c, h, w], context [b, tokens, d] -> [b, c, h, w].
 * Weights: norm, proj_in, transformer_blocks.<n>, proj_out.
 */
export function transformer2d(g: Graph, x: Value, context: Value, w: Weights, config: TransformerConfig): Value {
  const normal = groupNorm(g, x, w.at('norm'), { groups: config.groups, epsilon: 1e-6 })
  let tokens = config.linearProjection
    ? linear(g, flattenPixels(g, normal), w.at('proj_in'))
    : flattenPixels(g, conv(g, normal, w.at('proj_in')))
  for (let layer = 0; layer < config.layers; layer++)
    tokens = transformerBlock(g, tokens, context, w.at(`transformer_blocks.${layer}`), config)
  const pixels = (value: Value) => reshapeLike(g, transpose(g, value, [0, 2, 1]), x)
  const projected = config.linearProjection
    ? pixels(linear(g, tokens, w.at('proj_out')))
    : conv(g, pixels(tokens), w.at('proj_out'))
  return add(g, projected, x)
}

/** BasicTransformerBlock: x [b, s, c] -> [b, s, c]. Weights: norm1, attn1, norm2, attn2, norm3, ff.net. */
function transformerBlock(g: Graph, x: Value, context: Value, w: Weights, config: TransformerConfig): Value {
  const { heads, hooks = {}, onlyCrossAttention } = config
  const norm = (value: Value, name: string) => layerNorm(g, value, w.at(name), 1e-5)
  const look = (value: Value, at: Value, name: string, isCross: boolean) =>
    attention(g, value, at, w.at(name), { heads, isCross, hooks })
  const first = norm(x, 'norm1')
  const afterSelf = add(g, look(first, onlyCrossAttention ? context : first, 'attn1', onlyCrossAttention), x)
  const afterCross = add(g, look(norm(afterSelf, 'norm2'), context, 'attn2', true), afterSelf)
  return add(g, feedForward(g, norm(afterCross, 'norm3'), w.at('ff.net')), afterCross)
}

/** GEGLU (arXiv 2002.05202): proj gives value and gate. Weights: 0.proj, 2. */
function feedForward(g: Graph, x: Value, w: Weights): Value {
  const projected = linear(g, x, w.at('0.proj'))
  const half = fixed(projected, -1) / 2
  const [value, gate] = split(g, projected, [half, half], -1) as [Value, Value]
  return linear(g, multiply(g, value, gelu(g, gate)), w.at('2'))
}
