import { z } from 'zod'
import { samplerNames } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'

const count = z.int().min(0)
const seed = z.int().min(0).max(0xffff_ffff)

/** A recipe as it stands in a PNG. Keys that are not listed come from newer programs and are kept. */
export const recipeSchema = z.looseObject({
  version: z.literal(1),
  operation: z.literal('text-to-image'),
  wish: z.string().exactOptional(),
  prompt: z.string(),
  negativePrompt: z.string(),
  seed,
  index: count,
  sampler: z.enum(samplerNames),
  steps: count,
  guidanceScale: z.number(),
  width: count,
  height: count,
  variation: z.looseObject({ seed, strength: z.number() }).exactOptional(),
  models: z.record(z.string(), z.looseObject({ name: z.string(), sha256: z.string() })),
  versions: z.record(z.string(), z.string()),
}) satisfies z.ZodType<Recipe>
