import type { Layout } from './unet.ts'

/** What Llama's config.json says where it says nothing else. */
export const llamaDefaults = {
  model_type: 'llama',
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
} as const

export interface LlamaSizes {
  readonly model_type: 'llama' | 'qwen2'
  readonly rope_theta: number
  readonly rms_norm_eps: number
  readonly tie_word_embeddings: boolean
  readonly vocab_size: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
}

/** Names and shapes of a LlamaForCausalLM checkpoint, or a Qwen2ForCausalLM's, which has biases. */
export function llamaLayout(sizes: LlamaSizes): Layout {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner } = sizes
  const keys = (width / sizes.num_attention_heads) * sizes.num_key_value_heads
  const biases = (layer: string): Layout =>
    sizes.model_type === 'llama'
      ? []
      : [
          [`${layer}.self_attn.q_proj.bias`, [width]],
          [`${layer}.self_attn.k_proj.bias`, [keys]],
          [`${layer}.self_attn.v_proj.bias`, [keys]],
        ]
  const layers = Array.from({ length: sizes.num_hidden_layers }, (_, n): Layout => {
    const layer = `model.layers.${n}`
    return [
      [`${layer}.self_attn.q_proj.weight`, [width, width]],
      [`${layer}.self_attn.k_proj.weight`, [keys, width]],
      [`${layer}.self_attn.v_proj.weight`, [keys, width]],
      [`${layer}.self_attn.o_proj.weight`, [width, width]],
      [`${layer}.mlp.gate_proj.weight`, [inner, width]],
      [`${layer}.mlp.up_proj.weight`, [inner, width]],
      [`${layer}.mlp.down_proj.weight`, [width, inner]],
      ...biases(layer),
      [`${layer}.input_layernorm.weight`, [width]],
      [`${layer}.post_attention_layernorm.weight`, [width]],
    ]
  })
  return [
    ['model.embed_tokens.weight', [vocabulary, width]],
    ...layers.flat(),
    ['model.norm.weight', [width]],
    ...(sizes.tie_word_embeddings ? [] : ([['lm_head.weight', [vocabulary, width]]] satisfies Layout)),
  ]
}
