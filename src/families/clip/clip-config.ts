import path from 'node:path'
import { z } from 'zod'
import { activations } from '../../graph/ops.ts'
import { readConfig } from '../../weights/config-file.ts'

const count = z.number().int().positive()
const activation = z.string().refine((name) => Object.hasOwn(activations, name), { error: 'unknown activation' })

/** What text and vision encoder share: a pre-norm transformer. */
const encoderConfig = {
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
}

/** CLIPTextConfig, with the class's defaults for keys that a config may lack. */
export const clipTextConfigSchema = z.object({
  ...encoderConfig,
  model_type: z.literal(['clip', 'clip_text_model']).optional(),
  vocab_size: count.default(49408),
  hidden_size: count.default(512),
  intermediate_size: count.default(2048),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(8),
  max_position_embeddings: count.default(77),
  projection_dim: count.default(512),
  eos_token_id: z.number().int().nullish(),
})

/** CLIPVisionConfig, with the class's defaults. */
export const clipVisionConfigSchema = z.object({
  ...encoderConfig,
  model_type: z.literal(['clip', 'clip_vision_model']).optional(),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  num_channels: count.default(3),
  image_size: count.default(224),
  patch_size: count.default(32),
})

export type ClipTextConfig = z.infer<typeof clipTextConfigSchema>
export type ClipVisionConfig = z.infer<typeof clipVisionConfigSchema>

/** The text half of a folder's config.json: the file itself or, in a whole CLIPModel's, its `text_config`. */
export const readClipTextConfig = (folder: string): ClipTextConfig =>
  readHalf(folder, 'text_config', clipTextConfigSchema)

/** The vision half of a folder's config.json. */
export const readClipVisionConfig = (folder: string): ClipVisionConfig =>
  readHalf(folder, 'vision_config', clipVisionConfigSchema)

const readHalf = <T>(folder: string, half: string, schema: z.ZodType<T>): T =>
  readConfig(
    path.join(folder, 'config.json'),
    z.preprocess((file) => (file as Record<string, unknown> | null)?.[half] ?? file, schema),
  )
