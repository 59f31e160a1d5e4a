import { z } from 'zod'

const count = z.number().int().positive()
const perLevel = <T extends z.ZodType>(one: T) => z.union([one, z.array(one)])

/** Options of UNet2DConditionModel that this code has no layers for; a config may only leave them as they are by default. */
const absent = z.null().or(z.literal(false)).optional()

const fileSchema = z.object({
  sample_size: z.union([count, z.tuple([count, count])]).nullish(),
  in_channels: count.default(4),
  out_channels: count.default(4),
  center_input_sample: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  down_block_types: z
    .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  mid_block_type: z.enum(['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D']).nullable().default('UNetMidBlock2DCrossAttn'),
  up_block_types: z
    .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  only_cross_attention: perLevel(z.boolean()).default(false),
  block_out_channels: z.array(count).min(1).default([320, 640, 1280, 1280]),
  layers_per_block: perLevel(count).default(2),
  downsample_padding: z.number().int().min(0).default(1),
  mid_block_scale_factor: z.number().default(1),
  act_fn: z.enum(['silu', 'swish', 'gelu', 'mish', 'relu']).default('silu'),
  norm_num_groups: count.default(32),
  norm_eps: z.number().default(1e-5),
  cross_attention_dim: perLevel(count).default(1280),
  transformer_layers_per_block: perLevel(count).default(1),
  reverse_transformer_layers_per_block: z.array(count).nullish(),
  attention_head_dim: perLevel(count).default(8),
  num_attention_heads: perLevel(count).nullish(),
  use_linear_projection: z.boolean().default(false),
  addition_embed_type: z.literal('text_time').nullish(),
  addition_time_embed_dim: count.nullish(),
  projection_class_embeddings_input_dim: count.nullish(),
  resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),
  time_embedding_type: z.literal('positional').default('positional'),
  time_embedding_act_fn: z.null().optional(),
  timestep_post_act: z.enum(['silu', 'swish', 'gelu', 'mish', 'relu']).nullish(),
  class_embed_type: z.null().optional(),
  num_class_embeds: z.null().optional(),
  encoder_hid_dim: z.null().optional(),
  encoder_hid_dim_type: z.null().optional(),
  time_cond_proj_dim: z.null().optional(),
  resnet_out_scale_factor: z.literal(1).default(1),
  dual_cross_attention: absent,
  resnet_skip_time_act: absent,
  class_embeddings_concat: absent,
  attention_type: z.literal('default').default('default'),
})

export type UnetConfigFile = z.infer<typeof fileSchema>

/** config.json of a diffusers UNet2DConditionModel, with the class's defaults for keys that older files lack. */
export const unetConfigSchema = fileSchema.superRefine((file, context) => {
  const levels = file.block_out_channels.length
  for (const [key, value] of Object.entries(file))
    if (Array.isArray(value) && key !== 'sample_size' && value.length !== levels)
      context.addIssue({ code: 'custom', path: [key], message: `${value.length} entries for ${levels} levels` })
})

/** One level of the UNet. */
export interface UnetLevel {
  readonly channels: number
  readonly resnets: number
  /** Transformer layers after each resnet; 0 where the block has no attention. */
  readonly transformerLayers: number
  /** diffusers' `attention_head_dim` is the NUMBER of heads. */
  readonly heads: number
  readonly onlyCrossAttention: boolean
}

/** The UNet's structure, one entry a level: `down` from the input, `up` from the middle. */
export interface UnetConfig {
  readonly file: UnetConfigFile
  /** Width of the text embeddings. */
  readonly contextDim: number
  readonly down: readonly UnetLevel[]
  readonly mid: UnetLevel
  readonly up: readonly UnetLevel[]
}

/** Spreads the per-level options over the levels, as UNet2DConditionModel.__init__ does. */
export function unetConfig(file: UnetConfigFile): UnetConfig {
  const levels = file.block_out_channels.length
  const at = <T>(value: T | readonly T[], level: number): T =>
    Array.isArray(value) ? (value as readonly T[])[level]! : (value as T)
  const heads = file.num_attention_heads ?? file.attention_head_dim
  const level = (i: number): UnetLevel => ({
    channels: file.block_out_channels[i]!,
    resnets: at(file.layers_per_block, i),
    transformerLayers: at(file.transformer_layers_per_block, i),
    heads: at(heads, i),
    onlyCrossAttention: at(file.only_cross_attention, i),
  })
  const withAttention = (one: UnetLevel, has: boolean): UnetLevel => (has ? one : { ...one, transformerLayers: 0 })
  const down = file.block_out_channels.map((_, i) =>
    withAttention(level(i), file.down_block_types[i] === 'CrossAttnDownBlock2D'),
  )
  const up = file.block_out_channels.map((_, i) => {
    const one = level(levels - 1 - i)
    const layers = file.reverse_transformer_layers_per_block?.[i] ?? one.transformerLayers
    const block = { ...one, resnets: one.resnets + 1, transformerLayers: layers }
    return withAttention(block, file.up_block_types[i] === 'CrossAttnUpBlock2D')
  })
  const mid = withAttention(level(levels - 1), file.mid_block_type === 'UNetMidBlock2DCrossAttn')
  const contextDim = at(file.cross_attention_dim, 0)
  return { file, contextDim, down, mid, up }
}
