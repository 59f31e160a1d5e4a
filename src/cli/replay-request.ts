import { AppError } from '../contract/errors.ts'
import type { EncodedImage, MaskSpec, PictureRequest } from '../contract/inference.ts'
import type { Recipe, RecipeInput } from '../contract/recipe.ts'

export type ReplayInputs = Readonly<Partial<Record<RecipeInput, EncodedImage>>>

/**
 * The request that a recipe answers. `inputs` are the files that the recipe names; `model` the name of the picture model
 * where it is to be chosen. Throws AppError `image/unreadable` for a recipe that lacks what its operation needs.
 */
export function requestOf(recipe: Recipe, inputs: ReplayInputs = {}, model?: string): PictureRequest {
  const { image } = inputs
  const drawn = { ...drawingOf(recipe, inputs), ...(model !== undefined && { model }) }
  const strength = recipe.strength === undefined ? {} : { strength: recipe.strength }
  const restore = recipe.restore === false ? { restore: false } : {}
  const mask = maskOf(recipe, inputs)
  switch (recipe.operation) {
    case 'text-to-image': {
      const { width, height, variation } = recipe
      return { kind: 'text-to-image', ...drawn, width, height, ...(variation && { variation }) }
    }
    case 'image-to-image':
      return { kind: 'image-to-image', ...drawn, ...strength, image: needed(image, 'picture') }
    case 'inpaint':
      return {
        kind: 'inpaint',
        ...drawn,
        ...strength,
        ...restore,
        image: needed(image, 'picture'),
        mask: needed(mask, 'mask'),
      }
    case 'outpaint':
      return {
        kind: 'outpaint',
        ...drawn,
        ...restore,
        image: needed(image, 'picture'),
        sides: needed(recipe.sides, 'sides'),
      }
    case 'edit':
      return {
        kind: 'edit',
        ...drawn,
        ...strength,
        ...restore,
        ...needed(recipe.edit, 'settings of the edit'),
        image: needed(image, 'picture'),
        ...(mask && { mask }),
      }
    case 'restore': {
      const { scale = 1 } = recipe.restore || {}
      const { seed } = recipe
      return {
        kind: 'restore',
        image: needed(image, 'picture'),
        scale,
        seed,
        previews: false,
        ...(mask && { mask }),
        ...(model !== undefined && { model }),
      }
    }
  }
}

/** What all requests that draw say. */
function drawingOf(recipe: Recipe, { subject, control }: ReplayInputs) {
  const { prompt, negativePrompt, seed, steps, guidanceScale, sampler, index, wish, loras } = recipe
  return {
    prompt,
    negativePrompt,
    seed,
    steps,
    guidanceScale,
    sampler,
    count: index + 1,
    onlyIndex: index,
    previews: false,
    ...(wish !== undefined && { wish }),
    ...(loras && { loras: loras.map(({ name, weight }) => ({ name, weight })) }),
    ...(recipe.subject && { subject: { ...recipe.subject, image: needed(subject, 'picture of the subject') } }),
    ...(recipe.control && { control: { ...recipe.control, image: needed(control, 'condition picture') } }),
  }
}

/** A recipe's mask is grown already, and not yet softened. */
const maskOf = ({ feather }: Recipe, { mask }: ReplayInputs): MaskSpec | undefined =>
  mask && { shapes: [{ type: 'image', image: mask }], ...(feather !== undefined && { feather }) }

function needed<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value
  throw new AppError('image/unreadable', {
    message: `the recipe names no ${what}, which its operation needs`,
    hint: 'Take a PNG as this program saved it.',
  })
}
