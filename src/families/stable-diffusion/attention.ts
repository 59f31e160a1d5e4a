import type { Graph, Value } from '../../graph/graph.ts'
import { linear } from '../../graph/modules.ts'
import { add } from '../../graph/ops.ts'
import { checkDivides } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'

/** One attention of the UNet while its graph is written: the module, and what it looks at. */
export interface AttentionCall {
  readonly g: Graph
  /** The module's weights; `w.prefix` is its path (`down_blocks.0.attentions.1.transformer_blocks.0.attn2.`). */
  readonly w: Weights
  readonly heads: number
  /** Whether the text is looked at (attn2) rather than the picture itself (attn1). */
  readonly isCross: boolean
  /** [b, s, heads * d]: s places of the picture. */
  readonly query: Value
  /** [b, t, heads * d] both: t places that are looked at. */
  readonly key: Value
  readonly value: Value
}

/**
 * What a variant of the UNet's graph does in its attentions; called once for each, in the order in which they run
 * (down, mid, up). The plain graph has neither.
 */
export interface AttentionHooks {
  /** Replaces softmax(q k^T / sqrt(d)) v; undefined leaves this call plain. [b, s, heads * d] */
  readonly mix?: (call: AttentionCall) => Value | undefined
  /** Added to the mixture before to_out; undefined adds nothing. [b, s, heads * d] */
  readonly extra?: (call: AttentionCall) => Value | undefined
}

/**
 * Multi-head attention: x [b, s, c] asks, context [b, t, d] is looked at -> [b, s, c].
 * Weights: to_q, to_k, to_v, to_out.0. The scale is head_dim^-0.5.
 */
export function attention(
  g: Graph,
  x: Value,
  context: Value,
  w: Weights,
  { heads, isCross, hooks = {} }: { heads: number; isCross: boolean; hooks?: AttentionHooks },
): Value {
  const query = linear(g, x, w.at('to_q'))
  checkDivides(query, -1, heads, 'heads')
  const [key, value] = [linear(g, context, w.at('to_k')), linear(g, context, w.at('to_v'))]
  const call = { g, w, heads, isCross, query, key, value }
  const mixed = hooks.mix?.(call) ?? mixture(call)
  const extra = hooks.extra?.(call)
  return linear(g, extra ? add(g, mixed, extra) : mixed, w.at('to_out.0'))
}

/** softmax(q k^T / sqrt(d)) v over heads: query [b, s, h * d], key and value [b, t, h * d] -> [b, s, h * d]. */
export const mixture = ({ g, heads, query, key, value }: Omit<AttentionCall, 'w' | 'isCross'>): Value =>
  g.node('MultiHeadAttention', [query, key, value], query, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: heads } },
  })
