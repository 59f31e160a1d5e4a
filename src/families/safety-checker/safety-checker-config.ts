import path from 'node:path'
import { z } from 'zod'
import { readConfig } from '../../weights/config-file.ts'
import { clipVisionConfigSchema } from '../clip/clip-config.ts'

type Json = Readonly<Record<string, unknown>>

/** CLIPConfig: where an old file has `vision_config_dict`, its keys win over those of `vision_config`. */
const visionHalf = (file: unknown): unknown => {
  const { vision_config: half, vision_config_dict: overrides, ...rest } = (file ?? {}) as Json
  return { ...rest, vision_config: { ...(half as Json | null), ...(overrides as Json | null) } }
}

const safetyCheckerConfigSchema = z.preprocess(
  visionHalf,
  z.object({
    architectures: z.tuple([z.literal('StableDiffusionSafetyChecker')]),
    model_type: z.literal('clip').default('clip'),
    projection_dim: z.number().int().positive().default(512),
    vision_config: clipVisionConfigSchema,
  }),
)

/** The part of a CLIPConfig that a StableDiffusionSafetyChecker uses. */
export type SafetyCheckerConfig = z.infer<typeof safetyCheckerConfigSchema>

/** Reads a safety checker's config.json. Throws AppError `weights/missing`, `weights/corrupt`, `model/unsupported`. */
export const readSafetyCheckerConfig = (folder: string): SafetyCheckerConfig =>
  readConfig(path.join(folder, 'config.json'), safetyCheckerConfigSchema)
