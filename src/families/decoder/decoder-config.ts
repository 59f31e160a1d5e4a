import path from 'node:path'
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { activations } from '../../graph/ops.ts'
import { readConfig } from '../../weights/config-file.ts'
import { decoderFamilies, decoderFamilyName, type DecoderFamily, type DecoderFamilyName } from './decoder-families.ts'
import { resolveRopeScaling, ropeScalingSchema, type RopeConfig } from './rope.ts'

const count = z.number().int().positive()
const tokenIds = z.union([z.number().int(), z.array(z.number().int())]).nullish()
const activation = z.string().refine((name) => Object.hasOwn(activations, name), { error: 'unknown activation' })
const familyNames = Object.keys(decoderFamilies) as DecoderFamilyName[]

/** The keys of config.json that shape a decoder, after the family's defaults have been put in. */
const fileSchema = z.object({
  model_type: z.enum(familyNames),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: activation,
  /** Gemma's own key, which counts before `hidden_act`. */
  hidden_activation: activation.nullish(),
  rms_norm_eps: z.number().positive(),
  max_position_embeddings: count,
  original_max_position_embeddings: count.nullish(),
  tie_word_embeddings: z.boolean(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  rope_theta: z.number().positive().nullish(),
  partial_rotary_factor: z.number().positive().max(1).nullish(),
  rope_scaling: ropeScalingSchema.nullish(),
  /** What transformers 5 writes in place of rope_theta and rope_scaling. */
  rope_parameters: ropeScalingSchema.nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().min(0).nullish(),
  layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
  use_bidirectional_attention: z.literal(false, 'no code for attention to later tokens').nullish(),
  quantization_config: z.null('no code for weights in this form: take the unquantised checkpoint').optional(),
  eos_token_id: tokenIds,
})

type DecoderFile = z.infer<typeof fileSchema>

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
  /** Added to the weight of every norm. */
  readonly normOffset: number
  /** Embeddings, those of pictures too, are multiplied by it. */
  readonly embeddingScale: number
  /** Biases that the checkpoint must have. */
  readonly biases: { readonly queryKeyValue: boolean; readonly attentionOutput: boolean; readonly mlp: boolean }
  /** One matrix for q, k and v, one for gate and up. */
  readonly fusedProjections: boolean
  /** For each layer how many positions a token sees, itself included; `undefined`: all before it. */
  readonly windows: readonly (number | undefined)[]
  readonly rope: RopeConfig
  /** The output layer is the embedding table. */
  readonly tiedEmbeddings: boolean
  /** Positions that the model knows: the longest prompt plus reply. */
  readonly contextLength: number
  readonly eosTokenIds: readonly number[]
}

/**
 * Reads the decoder's part of a folder's config.json, and the end tokens that its generation_config.json adds. Throws
 * AppError `weights/missing`, `weights/corrupt`, or `model/unsupported` for a family, activation or rope type without
 * code and for sizes that do not fit together.
 */
export function readDecoderConfig(folder: string): DecoderConfig {
  const file = readConfig(path.join(folder, 'config.json'), decoderFile)
  const family: DecoderFamily = decoderFamilies[file.model_type]
  const rope = ropeOf(file)
  const { hidden_size: width, attention_bias: attentionBias } = file
  return {
    vocabSize: file.vocab_size,
    width,
    innerWidth: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    kvHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim: headDimOf(file),
    activation: activationOf(file, family),
    normEpsilon: file.rms_norm_eps,
    normOffset: family.gemmaArithmetic ? 1 : 0,
    embeddingScale: family.gemmaArithmetic ? Math.sqrt(width) : 1,
    biases: {
      queryKeyValue: family.queryKeyValueBias ?? attentionBias === true,
      attentionOutput: !family.queryKeyValueBias && attentionBias === true,
      mlp: file.mlp_bias === true,
    },
    fusedProjections: family.fusedProjections ?? false,
    windows: windowsOf(file, family),
    rope,
    tiedEmbeddings: file.tie_word_embeddings,
    contextLength: Math.floor(
      file.max_position_embeddings * (rope.scaling?.type === 'dynamic' ? rope.scaling.factor : 1),
    ),
    eosTokenIds: [...new Set([...listOf(file.eos_token_id), ...generationEnds(folder)])],
  }
}

/** config.json with the defaults of its family under it; that of the language model where it has several parts. */
const decoderFile = z.preprocess((values) => {
  if (typeof values !== 'object' || values === null) return values
  const whole = values as Record<string, unknown>
  const text = whole['text_config']
  const file = typeof text === 'object' && text !== null ? (text as Record<string, unknown>) : whole
  const name = decoderFamilyName(file['model_type'] ?? (file === whole ? undefined : 'llama'))
  const family = familyNames.find((known) => known === name)
  const defaults = family === undefined ? {} : decoderFamilies[family].defaults
  const tied = file !== whole && whole['tie_word_embeddings'] === true ? { tie_word_embeddings: true } : {}
  return { ...defaults, ...file, ...tied, model_type: name }
}, fileSchema.superRefine(checkSizes))

const headDimOf = (file: DecoderFile): number => file.head_dim ?? file.hidden_size / file.num_attention_heads

function checkSizes(file: DecoderFile, context: z.RefinementCtx): void {
  const refuse = (key: keyof DecoderFile, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, input: file[key] })
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, num_hidden_layers: layers } = file
  const { dims, scaling } = ropeOf(file)
  if (!Number.isInteger(headDimOf(file))) refuse('num_attention_heads', 'hidden_size is not a multiple of it')
  else if (dims < 2 || dims % 2 !== 0)
    refuse('head_dim', `rotary positions need an even number of dimensions, not ${dims}`)
  if (heads % (kvHeads ?? heads) !== 0) refuse('num_key_value_heads', 'num_attention_heads is not a multiple of it')
  if (file.layer_types && file.layer_types.length !== layers) refuse('layer_types', `there are ${layers} layers`)
  if (scaling?.type !== 'longrope') return
  const sizes = [scaling.shortFactors.length, scaling.longFactors.length]
  if (sizes.some((size) => size !== dims / 2))
    refuse(file.rope_parameters ? 'rope_parameters' : 'rope_scaling', `needs ${dims / 2} short and long factors`)
}

function ropeOf(file: DecoderFile): RopeConfig {
  const rope = file.rope_parameters ?? file.rope_scaling ?? undefined
  const scaling = rope && resolveRopeScaling(rope, file)
  const share = rope?.partial_rotary_factor ?? file.partial_rotary_factor ?? 1
  return {
    theta: rope?.rope_theta ?? file.rope_theta ?? 10_000,
    dims: Math.floor(headDimOf(file) * share),
    ...(scaling ? { scaling } : {}),
  }
}

function activationOf(file: DecoderFile, { gemmaArithmetic }: DecoderFamily): string {
  if (!gemmaArithmetic) return file.hidden_act
  const name = file.hidden_activation ?? file.hidden_act
  return file.hidden_activation || name !== 'gelu' ? name : 'gelu_pytorch_tanh'
}

function windowsOf(file: DecoderFile, { windowInEveryLayer }: DecoderFamily): (number | undefined)[] {
  const window = file.sliding_window ?? undefined
  const slides = (layer: number): boolean => {
    if (windowInEveryLayer) return true
    if (file.use_sliding_window !== true) return false
    return file.layer_types ? file.layer_types[layer] === 'sliding_attention' : layer >= (file.max_window_layers ?? 0)
  }
  return Array.from({ length: file.num_hidden_layers }, (_, layer) => (slides(layer) ? window : undefined))
}

const listOf = (ids: z.infer<typeof tokenIds>): readonly number[] => (Array.isArray(ids) ? ids : [ids ?? []].flat())

/** End tokens of a chat model often stand only here (Llama 3's <|eot_id|>). */
function generationEnds(folder: string): readonly number[] {
  const file = path.join(folder, 'generation_config.json')
  if (!existsSync(file)) return []
  return listOf(readConfig(file, z.object({ eos_token_id: tokenIds })).eos_token_id)
}
