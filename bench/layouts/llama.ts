import type { Layout } from './unet.ts'

export interface LlamaSizes {
  readonly vocab_size: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
}

/** Names and shapes of a LlamaForCausalLM checkpoint. */
export function llamaLayout(sizes: LlamaSizes): Layout {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner } = sizes
  const keys = (width / sizes.num_attention_heads) * sizes.num_key_value_heads
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
      [`${layer}.input_layernorm.weight`, [width]],
      [`${layer}.post_attention_layernorm.weight`, [width]],
    ]
  })
  return [
    ['model.embed_tokens.weight', [vocabulary, width]],
    ...layers.flat(),
    ['model.norm.weight', [width]],
    ['lm_head.weight', [vocabulary, width]],
  ]
}
