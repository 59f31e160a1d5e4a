import { z } from 'zod'
import { errorCodes } from '../contract/errors.ts'
import { recipeSchema } from './recipe-schema.ts'
import type { InferenceEvent } from '../contract/inference.ts'

// Loose objects: both sides are the same program, so a key that is not listed here is newer than this list, not wrong.

const bytes = z.instanceof(Uint8Array)
const count = z.int().min(0)
/** A figure for people; a division by zero in it is no reason to end a request. */
const figure = z.custom<number>((value) => typeof value === 'number')

const appErrorData = z.looseObject({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().exactOptional(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
  retryable: z.boolean(),
})

const words = z.array(z.string())
const seamStep = z.looseObject({ mean: figure, deviation: figure, gradient: figure })

const details = z.looseObject({
  maskPng: bytes.exactOptional(),
  changedShare: figure.exactOptional(),
  changedWords: z.looseObject({ source: words, target: words }).exactOptional(),
  reconstructionError: figure.exactOptional(),
  unetRows: figure.exactOptional(),
  seam: z.looseObject({ before: seamStep, after: seamStep }).exactOptional(),
})

const generatedImage = z.looseObject({
  index: count,
  png: bytes,
  width: count,
  height: count,
  recipe: recipeSchema,
  details: details.exactOptional(),
})

const step = z.looseObject({
  type: z.literal('step'),
  image: count,
  images: count,
  step: count,
  steps: count,
  stepMs: figure,
  elapsedMs: figure,
  remainingMs: figure.exactOptional(),
  preview: z.looseObject({ bytes, mediaType: z.string() }).exactOptional(),
})

const concepts = z.array(z.looseObject({ concept: count, score: figure }))

const result = z.looseObject({
  reply: z.string().exactOptional(),
  finished: z.boolean().exactOptional(),
  tokens: z.looseObject({ prompt: count, generated: count }).exactOptional(),
  leftOut: z.looseObject({ turns: count, newly: z.boolean() }).exactOptional(),
  screening: z.looseObject({ flagged: z.boolean(), concepts, specialCare: concepts }).exactOptional(),
  timings: z.record(z.string(), figure),
})

/** InferenceEvent as it is checked where it enters the bot's process. */
export const inferenceEventSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('started') }),
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('prompt-text'), block: count, text: z.string() }),
  z.looseObject({ type: z.literal('prompt'), block: count, prompt: z.string() }),
  step,
  z.looseObject({ type: z.literal('image'), image: generatedImage }),
  z.looseObject({ type: z.literal('done'), result }),
  z.looseObject({ type: z.literal('error'), error: appErrorData }),
]) satisfies z.ZodType<InferenceEvent>
