/**
 * The families of decoders as data: what config.json means where it is silent (the defaults of transformers'
 * configuration classes: a published file may leave out every value that equals its class's default), and the few
 * traits that no key of the file tells.
 */
export interface DecoderFamily {
  /** Under the keys of config.json. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Queries, keys and values have biases, whatever `attention_bias` says. */
  readonly queryKeyValueBias?: true
  /** One matrix holds q, k, v and one holds gate and up: `qkv_proj`, `gate_up_proj`. */
  readonly fusedProjections?: true
  /** Norms multiply by 1 + weight, embeddings by sqrt(width), and `hidden_act: "gelu"` means the tanh form. */
  readonly gemmaArithmetic?: true
  /** Every layer slides where there is a window; else `use_sliding_window` and `layer_types` decide. */
  readonly windowInEveryLayer?: true
}

const common = {
  num_hidden_layers: 32,
  num_attention_heads: 32,
  hidden_size: 4096,
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
}

export const decoderFamilies = {
  llama: {
    defaults: {
      ...common,
      vocab_size: 32_000,
      intermediate_size: 11_008,
      max_position_embeddings: 2048,
      eos_token_id: 2,
    },
  },
  mistral: {
    defaults: {
      ...common,
      vocab_size: 32_000,
      intermediate_size: 14_336,
      num_key_value_heads: 8,
      max_position_embeddings: 131_072,
      sliding_window: 4096,
      eos_token_id: 2,
    },
    windowInEveryLayer: true,
  },
  qwen2: {
    defaults: {
      ...common,
      vocab_size: 151_936,
      intermediate_size: 22_016,
      num_key_value_heads: 32,
      max_position_embeddings: 32_768,
      sliding_window: 4096,
      max_window_layers: 28,
    },
    queryKeyValueBias: true,
  },
  phi3: {
    defaults: {
      ...common,
      vocab_size: 32_064,
      hidden_size: 3072,
      intermediate_size: 8192,
      rms_norm_eps: 1e-5,
      max_position_embeddings: 4096,
      original_max_position_embeddings: 4096,
      eos_token_id: 32_000,
    },
    fusedProjections: true,
    windowInEveryLayer: true,
  },
  gemma: {
    defaults: {
      ...common,
      vocab_size: 256_000,
      hidden_size: 3072,
      intermediate_size: 24_576,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      head_dim: 256,
      hidden_act: 'gelu_pytorch_tanh',
      max_position_embeddings: 8192,
      tie_word_embeddings: true,
      eos_token_id: 1,
    },
    gemmaArithmetic: true,
  },
} as const satisfies Readonly<Record<string, DecoderFamily>>

export type DecoderFamilyName = keyof typeof decoderFamilies

/**
 * The family that a `model_type` means: LLaVA's types name it after "llava_", in any case (`llava_Qwen2`). The type
 * `llava` alone is the original LLaVA on Llama.
 */
export function decoderFamilyName(modelType: unknown): unknown {
  if (typeof modelType !== 'string') return modelType
  const name = modelType.toLowerCase()
  return name === 'llava' ? 'llama' : name.replace(/^llava_/, '')
}
