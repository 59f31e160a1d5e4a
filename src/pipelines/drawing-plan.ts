import { createHash } from 'node:crypto'
import { AppError } from '../contract/errors.ts'
import type { DrawingRequest, EncodedImage, TextToImageRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import type { PictureModel } from './picture-model.ts'

/** Pictures of one request at most. */
const maxCount = 4
/** Pixels of a side that a model draws: a recipe in a PNG may come from anyone. */
export const maxDrawnSide = 2048

/** What a recipe says beside the settings that all requests share. */
export type OperationRecipe = Pick<Recipe, 'operation' | 'width' | 'height'> &
  Partial<Pick<Recipe, 'variation' | 'inputs' | 'strength' | 'feather' | 'sides' | 'edit' | 'restore' | 'models'>>

/** A drawing request with the model's defaults filled in. */
export interface DrawingPlan {
  /** Everything but the index. */
  readonly recipe: Omit<Recipe, 'index'>
  /** Of the pictures that are drawn. */
  readonly indices: readonly number[]
  readonly previews: boolean
}

/**
 * A request's settings checked and completed, as the beginning of its recipe. Throws AppError `input/invalid-option` for
 * what cannot be. `models` names other models than the one that draws (the restorer).
 */
export function planDrawing(request: DrawingRequest, model: PictureModel, operation: OperationRecipe): DrawingPlan {
  checkNumbers(request)
  const { settings, identity, versions, role } = model
  const { defaults } = settings
  const { count = 1, onlyIndex } = request
  if (!Number.isInteger(count) || count < 1 || count > maxCount)
    throw invalidOption(`${count} pictures were asked for`, `Ask for 1 to ${maxCount} pictures.`)
  const recipe = {
    version: 1 as const,
    ...(request.wish === undefined ? {} : { wish: request.wish }),
    prompt: request.prompt,
    negativePrompt: request.negativePrompt ?? '',
    seed: request.seed,
    sampler: request.sampler ?? defaults.sampler,
    steps: request.steps ?? defaults.steps,
    guidanceScale: request.guidanceScale ?? defaults.guidanceScale,
    ...operation,
    models: { [role]: identity, ...operation.models },
    versions,
  }
  return {
    recipe,
    indices: onlyIndex === undefined ? Array.from({ length: count }, (_, i) => i) : [onlyIndex],
    previews: request.previews ?? true,
  }
}

/** Throws unless a model can draw this size: multiples of the autoencoder's factor up to the limit. */
export function checkSize({ width, height }: PixelSize, scale: number): void {
  for (const [name, side] of Object.entries({ width, height }))
    if (!Number.isInteger(side) || side < scale || side > maxDrawnSide || side % scale !== 0)
      throw invalidOption(
        `${name} ${side} is not a multiple of ${scale} up to ${maxDrawnSide}`,
        `Choose a ${name} that is a multiple of ${scale}, at most ${maxDrawnSide}.`,
      )
}

/** A request may come from the recipe in a file, which anyone can have written. */
function checkNumbers({ seed, onlyIndex = 0, guidanceScale = 1 }: DrawingRequest): void {
  checkSeed('seed', seed)
  checkSeed('index', onlyIndex)
  if (!Number.isFinite(guidanceScale))
    throw invalidOption(`the guidance ${guidanceScale} is not a number`, 'Choose a guidance from 1 to 20.')
}

/** Throws unless the variation is between two seeds. */
export function checkVariation(variation: NonNullable<TextToImageRequest['variation']>): void {
  checkSeed('variation seed', variation.seed)
  checkShare('variation strength', variation.strength)
}

/** Throws unless a seed (or an index) is a whole number of 0 or more. */
export function checkSeed(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw invalidOption(`the ${name} ${value} is not a whole number`, `Choose a ${name} of 0 or more.`)
}

/** Throws unless a share is within 0 and 1. */
export function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw invalidOption(`the ${name} ${value} is not within 0 and 1`, `Choose a ${name} from 0 to 1.`)
}

export const invalidOption = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })

/** A picture's name in recipes: the sha256 of its file. */
export const inputHash = (image: EncodedImage): string => createHash('sha256').update(image).digest('hex')
