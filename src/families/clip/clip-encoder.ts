import type { Graph, Value } from '../../graph/graph.ts'
import { layerNorm, linear } from '../../graph/modules.ts'
import { activations, add } from '../../graph/ops.ts'
import { Weights, type LoraModules, type WeightMap } from '../../weights/weights.ts'
import { AppError } from '../../contract/errors.ts'

/** The part of both configs that shapes a layer. */
export interface ClipLayerConfig {
  readonly hidden_act: string
  readonly layer_norm_eps: number
  readonly hidden_size: number
  readonly num_attention_heads: number
  readonly num_hidden_layers: number
}

/**
 * CLIPEncoder: x [b, t, h] -> the input and the state after each of the first `depth` layers (`hidden_states` of
 * transformers). `bias` [1, 1, t, t] is added to the attention scores. Weights: layers.<n>.
 */
export function clipEncoder(g: Graph, x: Value, w: Weights, config: ClipLayerConfig, depth: number, bias?: Value) {
  const states = [x]
  for (let layer = 0; layer < depth; layer++)
    states.push(clipLayer(g, states[layer]!, w.at(`layers.${layer}`), config, bias))
  return states
}

/** CLIPEncoderLayer (arXiv 2103.00020): pre-norm attention and MLP. Weights: layer_norm1, self_attn, layer_norm2, mlp. */
function clipLayer(g: Graph, x: Value, w: Weights, config: ClipLayerConfig, bias?: Value): Value {
  const normal = layerNorm(g, x, w.at('layer_norm1'), config.layer_norm_eps)
  const attended = add(g, x, clipAttention(g, normal, w.at('self_attn'), config.num_attention_heads, bias))
  const second = layerNorm(g, attended, w.at('layer_norm2'), config.layer_norm_eps)
  const hidden = activations[config.hidden_act]!(g, linear(g, second, w.at('mlp.fc1')))
  return add(g, attended, linear(g, hidden, w.at('mlp.fc2')))
}

/** Multi-head self-attention, scale head_dim^-0.5. x [b, t, h] -> [b, t, h]. Weights: q_proj, k_proj, v_proj, out_proj. */
function clipAttention(g: Graph, x: Value, w: Weights, heads: number, bias?: Value): Value {
  const parts = ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(g, x, w.at(name)))
  const mixed = g.node('MultiHeadAttention', [...parts, undefined, undefined, bias], x, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: heads } },
  })
  return linear(g, mixed, w.at('out_proj'))
}

/**
 * The module of a checkpoint that holds tensor `marker`, whatever stands before it: files name the same encoder
 * `text_model.…`, `vision_model.…`, `vision_tower.vision_model.…` or without any prefix.
 * Throws AppError `weights/missing` when no or several modules have it.
 */
export function findModule(map: WeightMap, marker: string, loraModules?: LoraModules): Weights {
  const prefixes = [...map.keys()]
    .filter((name) => name === marker || name.endsWith(`.${marker}`))
    .map((name) => name.slice(0, -marker.length))
  if (prefixes.length === 1) return new Weights(map, prefixes[0], loraModules)
  const file = map.values().next().value?.file ?? 'the checkpoint'
  throw new AppError('weights/missing', {
    message: `${file}: ${prefixes.length === 0 ? 'there is no tensor' : `${prefixes.length} modules have a tensor`} ${marker}`,
    hint: 'The file is incomplete or belongs to another kind of model; run "llmga models verify".',
    details: { tensor: marker },
  })
}
