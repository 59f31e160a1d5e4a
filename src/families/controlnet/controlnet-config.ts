import path from 'node:path'
import { z } from 'zod'
import { readConfig } from '../../weights/config-file.ts'
import { unetConfig, unetConfigSchema, type UnetConfig } from '../stable-diffusion/unet-config.ts'

const ownSchema = z.object({
  conditioning_channels: z.int().positive().default(3),
  conditioning_embedding_out_channels: z.array(z.int().positive()).min(1).default([16, 32, 96, 256]),
  controlnet_conditioning_channel_order: z.enum(['rgb', 'bgr']).default('rgb'),
  global_pool_conditions: z.literal(false).default(false),
})

/** The keys of a UNet's config that a ControlNet shares; it has no way up. */
const sharedSchema = z.preprocess((file) => {
  const levels = (file as { down_block_types?: unknown } | null)?.down_block_types
  return { ...(file as object), up_block_types: Array.isArray(levels) ? levels.map(() => 'UpBlock2D') : undefined }
}, unetConfigSchema)

/** A ControlNetModel's structure: the UNet's way down and middle, and what turns the condition picture into features. */
export interface ControlNetConfig {
  readonly unet: UnetConfig
  readonly condition: z.infer<typeof ownSchema>
}

/** Reads config.json of a diffusers ControlNetModel folder. Throws AppError `weights/missing` or `model/unsupported`. */
export function readControlNetConfig(folder: string): ControlNetConfig {
  const file = path.join(folder, 'config.json')
  return { unet: unetConfig(readConfig(file, sharedSchema)), condition: readConfig(file, ownSchema) }
}
