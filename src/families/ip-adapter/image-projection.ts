import { Graph, type Value } from '../../graph/graph.ts'
import { layerNorm, linear } from '../../graph/modules.ts'
import { add, concat, expand, gelu, reshape, shapeOf, slice, split } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'

/** Both normalisations of torch's LayerNorm by default. */
const epsilon = 1e-5
/** Width of a head in every Resampler of IP-Adapter. */
const headWidth = 64

/**
 * Tokens of an image prompt (IP-Adapter, arXiv 2308.06721, section 3.2.1): image_embeds [n, p] -> tokens [n, t, d].
 * Weights: proj, norm.
 */
export function embeddingProjection(w: Weights): Graph {
  const g = new Graph('image prompt')
  const [rows, width] = w.entry('proj.weight').shape as [number, number]
  const size = w.entry('norm.weight').shape[0]!
  const embeds = g.input('image_embeds', 'float32', ['images', width])
  const flat = linear(g, embeds, w.at('proj'))
  const tokens = reshape(g, flat, [-1, rows / size, size], ['images', rows / size, size])
  g.output('tokens', layerNorm(g, tokens, w.at('norm'), epsilon))
  return g
}

/**
 * The Resampler of IP-Adapter Plus (after the Perceiver, arXiv 2103.03206): image_embeds [n, places, h], the encoder's
 * last but one state, -> tokens [n, t, d]. Weights: latents, proj_in, layers.<n>.{0,1}, proj_out, norm_out.
 */
export function resampler(w: Weights): Graph {
  const g = new Graph('image prompt plus')
  const width = w.entry('proj_in.weight').shape[1]!
  const places = g.input('image_embeds', 'float32', ['images', 'places', width])
  const picture = linear(g, places, w.at('proj_in'))
  const [, count, size] = w.entry('latents').shape as [number, number, number]
  const batch = slice(g, shapeOf(g, picture), 0, 0, 1)
  const sizes = concat(g, [batch, g.integers([count, size])], 0)
  let latents = expand(g, g.weight(w.entry('latents')), sizes, ['images', count, size])
  for (let layer = 0; w.has(`layers.${layer}`); layer++) {
    latents = add(g, latents, perceive(g, picture, latents, w.at(`layers.${layer}.0`)))
    latents = add(g, latents, feedForward(g, latents, w.at(`layers.${layer}.1`)))
  }
  g.output('tokens', layerNorm(g, linear(g, latents, w.at('proj_out')), w.at('norm_out'), epsilon))
  return g
}

/** PerceiverAttention: latents look at picture and latents. Weights: norm1, norm2, to_q, to_kv, to_out. */
function perceive(g: Graph, picture: Value, latents: Value, w: Weights): Value {
  const asking = layerNorm(g, latents, w.at('norm2'), epsilon)
  const seen = concat(g, [layerNorm(g, picture, w.at('norm1'), epsilon), asking], 1)
  const query = linear(g, asking, w.at('to_q'))
  const inner = fixed(query, -1)
  const [key, value] = split(g, linear(g, seen, w.at('to_kv')), [inner, inner], -1) as [Value, Value]
  const mixed = g.node('MultiHeadAttention', [query, key, value], query, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: inner / headWidth } },
  })
  return linear(g, mixed, w.at('to_out'))
}

/** LayerNorm, linear, GELU, linear. Weights: 0, 1, 3. */
const feedForward = (g: Graph, x: Value, w: Weights): Value =>
  linear(g, gelu(g, linear(g, layerNorm(g, x, w.at('0'), epsilon), w.at('1'))), w.at('3'))
