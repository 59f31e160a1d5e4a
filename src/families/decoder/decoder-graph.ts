import { Graph, type Dim, type Value } from '../../graph/graph.ts'
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
  split,
  transpose,
} from '../../graph/ops.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import type { DecoderConfig } from './decoder-config.ts'

/** Biases of the scores [queries, ...] over the past and over the new tokens. */
interface ScoreBias {
  readonly past: Value
  readonly now: Value
}

/** Inputs that layers share, and the sizes of the two parts of a row of scores. */
interface Step {
  readonly cos: Value
  readonly sin: Value
  /** For layers that see everything before a token and for those that see a window; absent where there is no such layer. */
  readonly whole?: ScoreBias
  readonly window?: ScoreBias
  readonly scoreSizes: Value
}

/**
 * One graph for prefill (many tokens) and decoding (one): t new tokens after a past of which `capacity` positions are
 * shown. group = heads / kvHeads, dims = the dimensions of a head that are turned.
 *
 * Inputs: embeds [t, h]; cos, sin [t, dims / 2]; past_bias [1, capacity] and new_bias [group * t, t], added to the
 * scores (row g * t + i is token i) of layers without a window; window_past_bias [group * t, capacity] and
 * window_new_bias [group * t, t], of layers with one; rows int64 [r], the tokens whose logits are wanted; for each layer
 * past_key_<n> [kvHeads, headDim, capacity] and past_value_<n> [kvHeads, capacity, headDim].
 * Outputs: logits [r, vocabulary]; for each layer only what is new, key_<n> [kvHeads, headDim, t] and value_<n>
 * [kvHeads, t, headDim], which the caller writes into its cache.
 */
export function decoderGraph(map: WeightMap, config: DecoderConfig): Graph {
  const g = new Graph('decoder')
  const w = new Weights(map)
  const embeds = g.input('embeds', 'float32', ['tokens', config.width])
  let x = config.embeddingScale === 1 ? embeds : scale(g, embeds, config.embeddingScale)
  const table = (name: string) => g.input(name, 'float32', ['tokens', config.rope.dims / 2])
  const [cos, sin] = [table('cos'), table('sin')]
  const biases = scoreBiases(g, config)
  const rows = g.input('rows', 'int64', ['rows'])
  const { past, now } = (biases.whole ?? biases.window)!
  const step = { cos, sin, ...biases, scoreSizes: concat(g, [lastSize(g, past), lastSize(g, now)], 0) }
  for (let layer = 0; layer < config.layers; layer++)
    x = decoderLayer(g, x, w.at(`model.layers.${layer}`), config, step, layer)
  const last = rmsNorm(g, gather(g, x, rows), w.at('model.norm'), config)
  g.output(
    'logits',
    linearRows(g, last, w.at(config.tiedEmbeddings ? 'model.embed_tokens' : 'lm_head'), config.vocabSize),
  )
  return g
}

function scoreBiases(g: Graph, { windows }: DecoderConfig): Pick<Step, 'whole' | 'window'> {
  const pair = (prefix: string, rows: Dim): ScoreBias => ({
    past: g.input(`${prefix}past_bias`, 'float32', [rows, 'capacity']),
    now: g.input(`${prefix}new_bias`, 'float32', ['queries', 'tokens']),
  })
  return {
    ...(windows.includes(undefined) ? { whole: pair('', 1) } : {}),
    ...(windows.some((window) => window !== undefined) ? { window: pair('window_', 'queries') } : {}),
  }
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
function rmsNorm(g: Graph, x: Value, w: Weights, { width, normEpsilon, normOffset }: DecoderConfig): Value {
  const stored = g.weight(w.shaped('weight', [width]))
  const weight = normOffset === 0 ? stored : add(g, stored, g.scalar(normOffset))
  const attributes = { axis: { int: -1 }, epsilon: { float: normEpsilon } }
  return g.node('SimplifiedLayerNormalization', [x, weight], x, { attributes })
}

/** A linear layer that has a bias where the config says so, and where the file has one. */
function projection(g: Graph, x: Value, w: Weights, out: number, hasBias: boolean): Value {
  if (hasBias) w.shaped('bias', [out])
  return linearRows(g, x, w, out)
}

/** Gated MLP (arXiv 2002.05202): down(act(gate(x)) * up(x)). Weights: gate_proj and up_proj, or gate_up_proj; down_proj. */
function mlp(g: Graph, x: Value, w: Weights, config: DecoderConfig): Value {
  const { innerWidth, width, biases } = config
  const parts = config.fusedProjections
    ? split(g, projection(g, x, w.at('gate_up_proj'), 2 * innerWidth, biases.mlp), [innerWidth, innerWidth], -1)
    : ['gate_proj', 'up_proj'].map((name) => projection(g, x, w.at(name), innerWidth, biases.mlp))
  const gate = activations[config.activation]!(g, parts[0]!)
  return projection(g, multiply(g, gate, parts[1]!), w.at('down_proj'), width, biases.mlp)
}

/**
 * Causal attention over the past and the new tokens, in two parts so that the past is only read. Query heads that share
 * a key head are rows of one matrix. x [t, h] -> [t, h]. Weights: q_proj, k_proj and v_proj, or qkv_proj; o_proj.
 */
function attention(g: Graph, x: Value, w: Weights, config: DecoderConfig, step: Step, layer: number): Value {
  const { heads, kvHeads, headDim } = config
  const [q, k, v] = queryKeyValue(g, x, w, config)
  const query = rotate(g, splitHeads(g, q, heads, headDim), step, config)
  const key = rotate(g, splitHeads(g, k, kvHeads, headDim), step, config)
  const value = reshape(g, splitHeads(g, v, kvHeads, headDim), ...rowsOf(kvHeads, headDim))
  const newKey = transpose(g, reshape(g, key, ...rowsOf(kvHeads, headDim)), [0, 2, 1])
  // Scaled before it is reshaped: onnxruntime takes a factor beside a product into it, and a row's product with one is
  // four times as slow as without (docs/performance.md).
  const scaled = scale(g, query, headDim ** -0.5)
  const rows = reshape(g, scaled, [kvHeads, -1, headDim], [kvHeads, 'queries', headDim])
  const pastKey = g.input(`past_key_${layer}`, 'float32', [kvHeads, headDim, 'capacity'])
  const pastValue = g.input(`past_value_${layer}`, 'float32', [kvHeads, 'capacity', headDim])
  const bias = (config.windows[layer] === undefined ? step.whole : step.window)!
  const scores = [add(g, matmul(g, rows, pastKey), bias.past), add(g, matmul(g, rows, newKey), bias.now)]
  const [past, now] = splitScores(g, softmax(g, concat(g, scores, -1)), bias, step.scoreSizes)
  const mixed = add(g, matmul(g, past, pastValue), matmul(g, now, value))
  g.output(`key_${layer}`, newKey)
  g.output(`value_${layer}`, value)
  const perHead = reshape(g, mixed, ...rowsOf(heads, headDim))
  const joined = reshape(g, transpose(g, perHead, [1, 0, 2]), [-1, heads * headDim], ['tokens', heads * headDim])
  return projection(g, joined, w.at('o_proj'), config.width, config.biases.attentionOutput)
}

/** Queries [t, heads * headDim], keys and values [t, kvHeads * headDim]. */
function queryKeyValue(g: Graph, x: Value, w: Weights, config: DecoderConfig): [Value, Value, Value] {
  const { heads, kvHeads, headDim, biases } = config
  const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim]
  const parts = config.fusedProjections
    ? split(g, projection(g, x, w.at('qkv_proj'), (heads + 2 * kvHeads) * headDim, biases.queryKeyValue), sizes, -1)
    : ['q_proj', 'k_proj', 'v_proj'].map((name, i) => projection(g, x, w.at(name), sizes[i]!, biases.queryKeyValue))
  return parts as [Value, Value, Value]
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

/**
 * Rotary positions (arXiv 2104.09864) on halves of the first dims: [x1, x2] -> [x1 cos - x2 sin, x2 cos + x1 sin].
 * x [1, heads, t, headDim].
 */
function rotate(g: Graph, x: Value, { cos, sin }: Step, { headDim, rope }: DecoderConfig): Value {
  const turn = (part: Value) =>
    g.node('RotaryEmbedding', [part, g.integers([0]), cos, sin], part, { domain: 'com.microsoft' })
  if (rope.dims === headDim) return turn(x)
  const [turned, rest] = split(g, x, [rope.dims, headDim - rope.dims], -1)
  return concat(g, [turn(turned!), rest!], -1)
}

/** Probabilities [kvHeads, rows, capacity + t] -> those of the past and those of the new tokens. */
function splitScores(g: Graph, x: Value, { past, now }: ScoreBias, sizes: Value): [Value, Value] {
  const part = (bias: Value) => ({ dtype: x.dtype, shape: [...x.shape.slice(0, -1), bias.shape.at(-1)!] })
  return g.nodeOutputs('Split', [x, sizes], [part(past), part(now)], { attributes: { axis: { int: -1 } } }) as [
    Value,
    Value,
  ]
}
