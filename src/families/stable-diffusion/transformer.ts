import type { Graph, Value } from '../../graph/graph.ts'
import { conv, flattenPixels, groupNorm, layerNorm, linear } from '../../graph/modules.ts'
import { add, gelu, multiply, reshapeLike, split, transpose } from '../../graph/ops.ts'
import { checkDivides, fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'

export interface TransformerConfig {
  readonly layers: number
  readonly heads: number
  readonly groups: number
  /** proj_in and proj_out are linear layers over tokens rather than 1x1 convolutions over pixels. */
  readonly linearProjection: boolean
  /** attn1 looks at the text too. */
  readonly onlyCrossAttention: boolean
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
  const norm = (value: Value, name: string) => layerNorm(g, value, w.at(name), 1e-5)
  const first = norm(x, 'norm1')
  const afterSelf = add(
    g,
    attention(g, first, config.onlyCrossAttention ? context : first, w.at('attn1'), config.heads),
    x,
  )
  const afterCross = add(g, attention(g, norm(afterSelf, 'norm2'), context, w.at('attn2'), config.heads), afterSelf)
  return add(g, feedForward(g, norm(afterCross, 'norm3'), w.at('ff.net')), afterCross)
}

/**
 * Multi-head attention: x [b, s, c] asks, context [b, t, d] is looked at -> [b, s, c].
 * Weights: to_q, to_k, to_v, to_out.0. The scale is head_dim^-0.5.
 */
export function attention(g: Graph, x: Value, context: Value, w: Weights, heads: number): Value {
  const query = linear(g, x, w.at('to_q'))
  checkDivides(query, -1, heads, 'heads')
  const inputs = [query, linear(g, context, w.at('to_k')), linear(g, context, w.at('to_v'))]
  const mixed = g.node('MultiHeadAttention', inputs, query, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: heads } },
  })
  return linear(g, mixed, w.at('to_out.0'))
}

/** GEGLU (arXiv 2002.05202): proj gives value and gate. Weights: 0.proj, 2. */
function feedForward(g: Graph, x: Value, w: Weights): Value {
  const projected = linear(g, x, w.at('0.proj'))
  const half = fixed(projected, -1) / 2
  const [value, gate] = split(g, projected, [half, half], -1) as [Value, Value]
  return linear(g, multiply(g, value, gelu(g, gate)), w.at('2'))
}
