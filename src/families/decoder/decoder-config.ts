import path from 'node:path'
import { z } from 'zod'
import { activations } from '../../graph/ops.ts'
import { readConfig } from '../../weights/config-file.ts'
import { ropeScalingSchema, type RopeConfig } from './rope.ts'

const count = z.number().int().positive()
const tokenIds = z.union([z.number().int(), z.array(z.number().int())]).nullish()

/** config.json of a LlamaForCausalLM or LlavaLlamaForCausalLM, with LlamaConfig's defaults for keys that it may lack. */
const decoderConfigSchema = z.object({
  model_type: z.enum(['llama', 'llava_llama']),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z
    .string()
    .refine((name) => Object.hasOwn(activations, name), { error: 'unknown activation' })
    .default('silu'),
  rms_norm_eps: z.number().positive().default(1e-6),
  max_position_embeddings: count.default(2048),
  tie_word_embeddings: z.boolean().default(false),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeScalingSchema.nullish(),
  /** What transformers 5 writes in place of rope_theta and rope_scaling. */
  rope_parameters: ropeScalingSchema.nullish(),
  eos_token_id: tokenIds,
})

/** A pre-norm decoder in the terms of its layers: what differs between families is a value here. */
export interface DecoderConfig {
  readonly vocabSize: number
  readonly width: number
  readonly innerWidth: number
  readonly layers: number
  readonly heads: number
  /** Heads of keys and values; each serves heads / kvHeads query heads (arXiv 2305.13245). */
  readonly kvHeads: number
  readonly headDim: number
  /** A name in src/graph's `activations`. */
  readonly activation: string
  readonly normEpsilon: number
  readonly rope: RopeConfig
  /** The output layer is the embedding table. */
  readonly tiedEmbeddings: boolean
  /** Positions that the model knows: the longest prompt plus reply. */
  readonly contextLength: number
  readonly eosTokenIds: readonly number[]
}

/**
 * Reads the decoder's part of a folder's config.json. Throws AppError `weights/missing`, `weights/corrupt`, or
 * `model/unsupported` for a family, activation or rope type without code.
 */
export function readDecoderConfig(folder: string): DecoderConfig {
  const file = readConfig(path.join(folder, 'config.json'), decoderConfigSchema)
  const scaling = file.rope_parameters ?? file.rope_scaling ?? undefined
  const eos = file.eos_token_id ?? []
  return {
    vocabSize: file.vocab_size,
    width: file.hidden_size,
    innerWidth: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    kvHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim: file.head_dim ?? file.hidden_size / file.num_attention_heads,
    activation: file.hidden_act,
    normEpsilon: file.rms_norm_eps,
    rope: { theta: scaling?.rope_theta ?? file.rope_theta ?? 10_000, ...(scaling ? { scaling } : {}) },
    tiedEmbeddings: file.tie_word_embeddings,
    contextLength: file.max_position_embeddings,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
  }
}
