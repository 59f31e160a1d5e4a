import { Graph, type Value } from '../../graph/graph.ts'
import { linearRows } from '../../graph/modules.ts'
import {
  activations,
  add,
  concat,
  gather,
  matmul,
  multiply,
  reshape,
  scale,
  softmax,
  transpose,
} from '../../graph/ops.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import type { DecoderConfig } from './decoder-config.ts'

/** Inputs that all layers share, and the sizes of the two parts of a row of scores. */
interface Step {
  readonly cos: Value
  readonly sin: Value
  readonly pastBias: Value
  readonly newBias: Value
  readonly scoreSizes: Value
}

/**
 * One graph for prefill (many tokens) and decoding (one): t new tokens after a past of which `capacity` positions are
 * shown. group = heads / kvHeads.
 *
 * Inputs: embeds [t, h]; cos, sin [t, headDim / 2]; past_bias [1, capacity] and new_bias [group * t, t], added to the
 * scores (row g * t + i is token i); rows int64 [r], the tokens whose logits are wanted; for each layer past_key_<n>
 * [kvHeads, headDim, capacity] and past_value_<n> [kvHeads, capacity, headDim].
 * Outputs: logits [r, vocabulary]; for each layer only what is new, key_<n> [kvHeads, headDim, t] and value_<n>
 * [kvHeads, t, headDim], which the caller writes into its cache.
 */
export function decoderGraph(map: WeightMap, config: DecoderConfig): Graph {
  const g = new Graph('decoder')
  const w = new Weights(map)
  let x = g.input('embeds', 'float32', ['tokens', config.width])
  const table = (name: string) => g.input(name, 'float32', ['tokens', config.headDim / 2])
  const [cos, sin] = [table('cos'), table('sin')]
  const pastBias = g.input('past_bias', 'float32', [1, 'capacity'])
  const newBias = g.input('new_bias', 'float32', ['queries', 'tokens'])
  const rows = g.input('rows', 'int64', ['rows'])
  const scoreSizes = concat(g, [lastSize(g, pastBias), lastSize(g, newBias)], 0)
  const step = { cos, sin, pastBias, newBias, scoreSizes }
  for (let layer = 0; layer < config.layers; layer++)
    x = decoderLayer(g, x, w.at(`model.layers.${layer}`), config, step, layer)
  const last = rmsNorm(g, gather(g, x, rows), w.at('model.norm'), config)
  g.output(
    'logits',
    linearRows(g, last, w.at(config.tiedEmbeddings ? 'model.embed_tokens' : 'lm_head'), config.vocabSize),
  )
  return g
}

const lastSize = (g: Graph, x: Value): Value =>
  g.node('Shape', [x], { dtype: 'int64', shape: [1] }, { attributes: { start: { int: x.shape.length - 1 } } })

/** LlamaDecoderLayer. x [t, h] -> [t, h]. Weights: input_layernorm, self_attn, post_attention_layernorm, mlp. */
function decoderLayer(g: Graph, x: Value, w: Weights, config: DecoderConfig, step: Step, layer: number): Value {
  const normal = rmsNorm(g, x, w.at('input_layernorm'), config)
  const attended = add(g, x, attention(g, normal, w.at('self_attn'), config, step, layer))
  const second = rmsNorm(g, attended, w.at('post_attention_layernorm'), config)
  return add(g, attended, mlp(g, second, w.at('mlp'), config))
}

/** Root mean square norm (arXiv 1910.07467) over the last axis. Weights: weight. */
function rmsNorm(g: Graph, x: Value, w: Weights, config: DecoderConfig): Value {
  const weight = g.weight(w.shaped('weight', [config.width]))
  const attributes = { axis: { int: -1 }, epsilon: { float: config.normEpsilon } }
  return g.node('SimplifiedLayerNormalization', [x, weight], x, { attributes })
}

/** Gated MLP (arXiv 2002.05202): down(act(gate(x)) * up(x)). Weights: gate_proj, up_proj, down_proj. */
function mlp(g: Graph, x: Value, w: Weights, config: DecoderConfig): Value {
  const gate = activations[config.activation]!(g, linearRows(g, x, w.at('gate_proj'), config.innerWidth))
  return linearRows(
    g,
    multiply(g, gate, linearRows(g, x, w.at('up_proj'), config.innerWidth)),
    w.at('down_proj'),
    config.width,
  )
}

/**
 * Causal attention over the past and the new tokens, in two parts so that the past is only read. Query heads that share
 * a key head are rows of one matrix. x [t, h] -> [t, h]. Weights: q_proj, k_proj, v_proj, o_proj.
 */
function attention(g: Graph, x: Value, w: Weights, config: DecoderConfig, step: Step, layer: number): Value {
  const { heads, kvHeads, headDim } = config
  const project = (name: string, count: number) =>
    splitHeads(g, linearRows(g, x, w.at(name), count * headDim), count, headDim)
  const query = rotate(g, project('q_proj', heads), step)
  const key = rotate(g, project('k_proj', kvHeads), step)
  const value = reshape(g, project('v_proj', kvHeads), ...rowsOf(kvHeads, headDim))
  const newKey = transpose(g, reshape(g, key, ...rowsOf(kvHeads, headDim)), [0, 2, 1])
  const rows = scale(g, reshape(g, query, [kvHeads, -1, headDim], [kvHeads, 'queries', headDim]), headDim ** -0.5)
  const pastKey = g.input(`past_key_${layer}`, 'float32', [kvHeads, headDim, 'capacity'])
  const pastValue = g.input(`past_value_${layer}`, 'float32', [kvHeads, 'capacity', headDim])
  const scores = [add(g, matmul(g, rows, pastKey), step.pastBias), add(g, matmul(g, rows, newKey), step.newBias)]
  const [past, now] = splitScores(g, softmax(g, concat(g, scores, -1)), step)
  const mixed = add(g, matmul(g, past, pastValue), matmul(g, now, value))
  g.output(`key_${layer}`, newKey)
  g.output(`value_${layer}`, value)
  const perHead = reshape(g, mixed, ...rowsOf(heads, headDim))
  const joined = reshape(g, transpose(g, perHead, [1, 0, 2]), [-1, heads * headDim], ['tokens', heads * headDim])
  return linearRows(g, joined, w.at('o_proj'), config.width)
}

/** [t, heads * headDim] -> [1, heads, t, headDim]. */
function splitHeads(g: Graph, x: Value, heads: number, headDim: number): Value {
  return transpose(g, reshape(g, x, [1, -1, heads, headDim], [1, 'tokens', heads, headDim]), [0, 2, 1, 3])
}

/** Arguments of a reshape to [heads, t, headDim]. */
const rowsOf = (heads: number, headDim: number) =>
  [
    [heads, -1, headDim],
    [heads, 'tokens', headDim],
  ] as const

/** Rotary positions (arXiv 2104.09864) on halves: [x1, x2] -> [x1 cos - x2 sin, x2 cos + x1 sin]. x [1, heads, t, d]. */
function rotate(g: Graph, x: Value, { cos, sin }: Step): Value {
  return g.node('RotaryEmbedding', [x, g.integers([0]), cos, sin], x, { domain: 'com.microsoft' })
}

/** Probabilities [kvHeads, rows, capacity + t] -> those of the past and those of the new tokens. */
function splitScores(g: Graph, x: Value, { scoreSizes, pastBias, newBias }: Step): [Value, Value] {
  const part = (size: Value) => ({ dtype: x.dtype, shape: [...x.shape.slice(0, -1), size.shape.at(-1)!] })
  const outputs = [part(pastBias), part(newBias)]
  return g.nodeOutputs('Split', [x, scoreSizes], outputs, { attributes: { axis: { int: -1 } } }) as [Value, Value]
}
