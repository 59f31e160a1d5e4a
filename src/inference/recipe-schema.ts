import { z } from 'zod'
import { editEngines, samplerNames } from '../contract/inference.ts'
import { operations, type Recipe } from '../contract/recipe.ts'

const count = z.int().min(0)
const seed = z.int().min(0).max(0xffff_ffff)

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const words = z.array(z.string())

const edit = z.looseObject({
  engine: z.enum(editEngines),
  sourcePrompt: z.string(),
  crossReplace: z.number().exactOptional(),
  selfReplace: z.number().exactOptional(),
  wordWeights: z.record(z.string(), z.number()).exactOptional(),
  blendWords: z.looseObject({ source: words, target: words }).exactOptional(),
  maskThreshold: z.number().exactOptional(),
  skip: z.number().exactOptional(),
  sourceGuidanceScale: z.number().exactOptional(),
})

/** A recipe as it stands in a PNG. Keys that are not listed come from newer programs and are kept. */
export const recipeSchema = z.looseObject({
  version: z.literal(1),
  operation: z.enum(operations),
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
  inputs: z
    .looseObject({
      image: sha256.exactOptional(),
      mask: sha256.exactOptional(),
      subject: sha256.exactOptional(),
      control: sha256.exactOptional(),
    })
    .exactOptional(),
  strength: z.number().exactOptional(),
  feather: z.number().exactOptional(),
  sides: z.looseObject({ left: count, top: count, right: count, bottom: count }).exactOptional(),
  edit: edit.exactOptional(),
  restore: z
    .union([z.literal(false), z.looseObject({ scale: z.union([z.literal(1), z.literal(2), z.literal(4)]) })])
    .exactOptional(),
  loras: z.array(z.looseObject({ name: z.string(), weight: z.number(), sha256 })).exactOptional(),
  subject: z.looseObject({ scale: z.number() }).exactOptional(),
  control: z
    .looseObject({ preprocess: z.enum(['canny', 'as-is']), scale: z.number(), start: z.number(), end: z.number() })
    .exactOptional(),
  models: z.record(z.string(), z.looseObject({ name: z.string(), sha256: z.string() })),
  versions: z.record(z.string(), z.string()),
}) satisfies z.ZodType<Recipe>
