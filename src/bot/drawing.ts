import type { ConversationState, ImageNode, ThreadSettings } from '../contract/conversation.ts'
import type { ImageToImageRequest, TextToImageRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { liveImage, promptOf } from '../conversation/images.ts'
import { refuse } from '../language/refuse.ts'
import { styled, type Styles } from './styles.ts'

/** What a prompt is drawn with. */
export interface DrawingJob {
  readonly prompt: string
  /** The person's words, when `prompt` is not just these. */
  readonly wish?: string
  readonly drawing: ThreadSettings
  readonly seed: number
  /** Counts the prompts of a reply from 0: each takes its own seeds. */
  readonly block: number
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The values that are there: an absent one is left to the model's preset. */
export const given = <T extends object>(values: T): Given<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>

/** What every drawing is told: prompt and negative prompt with the style, the settings, the seed of its block. */
export function drawingBase({ prompt, wish, drawing, seed, block }: DrawingJob, styles: Styles) {
  const { steps, guidanceScale, sampler, count = 1, style, negativePrompt, loras } = drawing
  const words = styled(style === undefined ? undefined : styles[style], prompt, negativePrompt)
  return {
    prompt: words.prompt,
    ...(words.negativePrompt === '' ? {} : { negativePrompt: words.negativePrompt }),
    seed: (seed + block * count) >>> 0,
    count,
    ...given({ steps, guidanceScale, sampler, wish }),
    ...(loras === undefined || loras.length === 0 ? {} : { loras }),
  }
}

/** The request for one prompt of a reply, with its style. Seeds go on from block to block, modulo 2^32. */
export function drawRequest(job: DrawingJob, styles: Styles): TextToImageRequest {
  const { width, height, t2i: model } = job.drawing
  return { kind: 'text-to-image', ...drawingBase(job, styles), ...given({ width, height, model }) }
}

/** The request that drew a picture, but with this seed (and the picture's own first one where it is varied). */
const requestOf = (recipe: Recipe, seed: number): TextToImageRequest => ({
  kind: 'text-to-image',
  prompt: recipe.prompt,
  ...(recipe.negativePrompt === '' ? {} : { negativePrompt: recipe.negativePrompt }),
  seed: seed >>> 0,
  steps: recipe.steps,
  guidanceScale: recipe.guidanceScale,
  sampler: recipe.sampler,
  width: recipe.width,
  height: recipe.height,
  count: 1,
  ...given({ wish: recipe.wish, loras: recipe.loras?.map(({ name, weight }) => ({ name, weight })) }),
})

export const redoRequest = (recipe: Recipe, seed: number): TextToImageRequest => requestOf(recipe, seed)

/** Requests for `count` pictures near one: its own noise, each mixed with another new noise. */
export const variationRequests = (recipe: Recipe, seed: number, count: number, strength: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...requestOf(recipe, recipe.seed + recipe.index),
    variation: { seed: (seed + index) >>> 0, strength },
  }))

/** A picture drawn over by its prompt: for one whose noise is not known. */
export const overdrawRequest = (
  image: Uint8Array,
  job: DrawingJob,
  styles: Styles,
  strength: number | undefined,
): ImageToImageRequest => ({
  kind: 'image-to-image',
  image,
  ...drawingBase(job, styles),
  ...given({ strength, model: job.drawing.t2i }),
})

/** What is known of a drawn picture: the words around it, and its recipe. */
export interface Origin {
  readonly image: ImageNode
  readonly recipe: Recipe
  /** What the language model said before it. */
  readonly sentence?: string
  readonly prompt: string
}

/** Where a picture comes from. Throws AppError `input/not-found` for one that is gone or was not drawn here. */
export function originOf(state: ConversationState, imageId: string): Origin {
  const image = imageOf(state, imageId)
  const { recipe } = image
  if (!recipe) throw refuse('input/not-found', 'pictureUploaded')
  return { image, recipe, prompt: recipe.prompt, ...promptOf(state, image) }
}

/** A picture of the thread. Throws AppError `input/not-found`. */
export function imageOf(state: ConversationState, imageId: string): ImageNode {
  const image = liveImage(state, imageId)
  if (image) return image
  throw refuse('input/not-found', 'pictureGone')
}
