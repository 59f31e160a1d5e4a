import path from 'node:path'
import { z } from 'zod'
import { readConfig } from '../../weights/config-file.ts'

/** The vision keys of a LLaVA config.json (original layout), with LLaVA's defaults; a plain Llama's has none of them. */
const llavaConfigSchema = z.object({
  mm_vision_tower: z.string().nullish(),
  mm_projector_type: z
    .string()
    .regex(/^(linear|identity|mlp\d+x_gelu)$/, 'no code for this projector')
    .default('linear'),
  /** Which of the tower's hidden states is taken, counted from the end where negative. */
  mm_vision_select_layer: z.number().int().default(-2),
  mm_vision_select_feature: z.enum(['patch', 'cls_patch']).default('patch'),
  /** The tower was trained too: its weights lie in the language model's files. */
  unfreeze_mm_vision_tower: z.boolean().nullish(),
  mm_use_im_start_end: z.literal(false).nullish(),
  mm_patch_merge_type: z.literal('flat').nullish(),
  image_aspect_ratio: z
    .string()
    .refine((ratio) => ratio !== 'anyres', 'no code for pictures in tiles')
    .nullish(),
})

export type LlavaConfig = z.infer<typeof llavaConfigSchema>

/** Throws AppError `weights/missing`, `weights/corrupt`, or `model/unsupported` naming the key. */
export const readLlavaConfig = (folder: string): LlavaConfig =>
  readConfig(path.join(folder, 'config.json'), llavaConfigSchema)
