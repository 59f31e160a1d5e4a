import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { temporaryFolder, writeSafetensors, type TensorToWrite } from '../../weights/write-safetensors.ts'
import type { WeightType } from '../../../src/weights/safetensors.ts'

/** A config.json of a Llama, small enough to be computed by hand-written loops. */
export interface TinyLlama {
  readonly model_type: string
  readonly vocab_size: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly head_dim: number
  readonly rms_norm_eps: number
  readonly max_position_embeddings: number
  readonly [key: string]: unknown
}

export const tinyLlama: TinyLlama = {
  model_type: 'llama',
  vocab_size: 23,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 6,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 256,
  eos_token_id: 2,
}

/** A float32 tensor of the checkpoint. */
export interface TinyTensor {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

export type TinyWeights = Readonly<Record<string, TinyTensor>>

export interface TinyWeightOptions {
  /** Which linear layers have biases; default none. */
  readonly biases?: RegExp
  readonly tied?: boolean
  /** One matrix for q, k and v, one for gate and up. */
  readonly fused?: boolean
}

/** Random weights in sixty-fourths, which fp16 and bf16 hold exactly. */
export function tinyWeights(config: TinyLlama, options: TinyWeightOptions = {}): TinyWeights {
  const { hidden_size: width, intermediate_size: inner, head_dim: headDim, vocab_size: vocabulary } = config
  const [queries, keys] = [config.num_attention_heads * headDim, config.num_key_value_heads * headDim]
  let state = 1
  const random = (shape: number[], base = 0): TinyTensor => {
    const values = Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return base + (((state >>> 16) % 64) - 32) / 64
    })
    return { shape, values }
  }
  const weights: Record<string, TinyTensor> = { 'model.embed_tokens.weight': random([vocabulary, width]) }
  const linear = (name: string, out: number, input: number) => {
    weights[`${name}.weight`] = random([out, input])
    if (options.biases?.test(name)) weights[`${name}.bias`] = random([out])
  }
  for (let n = 0; n < config.num_hidden_layers; n++) {
    const layer = `model.layers.${n}`
    weights[`${layer}.input_layernorm.weight`] = random([width], 1)
    weights[`${layer}.post_attention_layernorm.weight`] = random([width], 1)
    if (options.fused) {
      linear(`${layer}.self_attn.qkv_proj`, queries + 2 * keys, width)
      linear(`${layer}.mlp.gate_up_proj`, 2 * inner, width)
    } else {
      linear(`${layer}.self_attn.q_proj`, queries, width)
      linear(`${layer}.self_attn.k_proj`, keys, width)
      linear(`${layer}.self_attn.v_proj`, keys, width)
      linear(`${layer}.mlp.gate_proj`, inner, width)
      linear(`${layer}.mlp.up_proj`, inner, width)
    }
    linear(`${layer}.self_attn.o_proj`, width, queries)
    linear(`${layer}.mlp.down_proj`, width, inner)
  }
  weights['model.norm.weight'] = random([width], 1)
  if (!options.tied) weights['lm_head.weight'] = random([vocabulary, width])
  return weights
}

/** Writes config.json and the weights, in two shards where asked, and returns the folder. */
export function writeTinyLlama(
  config: TinyLlama,
  weights: TinyWeights,
  { dtype = 'F32', sharded = false }: { dtype?: WeightType; sharded?: boolean } = {},
): string {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
  const entries = Object.entries(weights).map(([name, tensor]): [string, TensorToWrite] => [name, { ...tensor, dtype }])
  if (!sharded) {
    writeSafetensors(path.join(folder, 'model.safetensors'), Object.fromEntries(entries))
    return folder
  }
  const place = (i: number) => `model-0000${(i % 2) + 1}-of-00002.safetensors`
  for (const shard of [0, 1])
    writeSafetensors(path.join(folder, place(shard)), Object.fromEntries(entries.filter((_, i) => i % 2 === shard)))
  const map = Object.fromEntries(entries.map(([name], i) => [name, place(i)]))
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }))
  return folder
}
