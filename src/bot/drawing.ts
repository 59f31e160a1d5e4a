import type { Block, ConversationState, ImageNode, ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { TextToImageRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { imagesOf, liveImage } from '../conversation/images.ts'
import { plainSentence } from '../conversation/wordings.ts'
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

/** The request for one prompt of a reply, with its style. Seeds go on from block to block, modulo 2^32. */
export function drawRequest({ prompt, wish, drawing, seed, block }: DrawingJob, styles: Styles): TextToImageRequest {
  const { steps, guidanceScale, sampler, width, height, count = 1, style, negativePrompt } = drawing
  const words = styled(style === undefined ? undefined : styles[style], prompt, negativePrompt)
  return {
    kind: 'text-to-image',
    prompt: words.prompt,
    ...(words.negativePrompt === '' ? {} : { negativePrompt: words.negativePrompt }),
    seed: (seed + block * count) >>> 0,
    count,
    ...(steps === undefined ? {} : { steps }),
    ...(guidanceScale === undefined ? {} : { guidanceScale }),
    ...(sampler === undefined ? {} : { sampler }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(wish === undefined ? {} : { wish }),
  }
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
  ...(recipe.wish === undefined ? {} : { wish: recipe.wish }),
})

export const redoRequest = (recipe: Recipe, seed: number): TextToImageRequest => requestOf(recipe, seed)

/** Requests for `count` pictures near one: its own noise, each mixed with another new noise. */
export const variationRequests = (recipe: Recipe, seed: number, count: number, strength: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...requestOf(recipe, recipe.seed + recipe.index),
    variation: { seed: (seed + index) >>> 0, strength },
  }))

/** What is known of a drawn picture: the words around it, and its recipe. */
export interface Origin {
  readonly image: ImageNode
  readonly recipe: Recipe
  readonly sentence: string
  readonly prompt: string
}

/** Where a picture comes from. Throws AppError `input/not-found` for one that is gone or was not drawn here. */
export function originOf(state: ConversationState, imageId: string): Origin {
  const image = liveImage(state, imageId)
  if (!image) throw notFound('that picture is not there any more', 'Choose another one.')
  const { recipe } = image
  if (!recipe) throw notFound('that picture was uploaded, not drawn here', 'Ask for a similar one with /similar.')
  const blocks = state.turns[image.turnId]?.blocks ?? []
  const index = blocks.findIndex((block) => imagesOf(block).includes(imageId))
  const block = blocks[index]
  return {
    image,
    recipe,
    sentence: textOf(blocks[index - 1]) ?? plainSentence,
    prompt: block?.type === 'picture' ? block.prompt : recipe.prompt,
  }
}

const textOf = (block: Block | undefined) => (block?.type === 'text' ? block.text : undefined)

const notFound = (message: string, hint: string) => new AppError('input/not-found', { message, hint })
