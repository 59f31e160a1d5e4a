/** An edit's picture and its masks: given by a person, or found by the words' attention maps. */
import { AppError } from '../contract/errors.ts'
import type { EditRequest, PictureDetails } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { featherMask } from '../image/mask-edges.ts'
import { encodeGreyPng } from '../image/png.ts'
import { readMask } from '../image/read-mask.ts'
import { regionOfMask } from '../image/region.ts'
import { resizeGrey } from '../image/resize.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { finishMasked, type RegionRestorer } from './finish-masked.ts'
import { changedShare, decodeInput, inputLimits } from './input-picture.ts'
import type { PipelineContext } from './pipeline.ts'

/** The picture that is edited, and the mask that was given with it. */
export interface OpenedEdit {
  readonly original: RgbImage
  /** At the picture's size, 0 or 255. */
  readonly mask?: GreyImage
  readonly maskPng?: Uint8Array
  /** Pixels over which a given mask's border is softened; 0 without one. */
  readonly feather: number
  /** The given mask at the latents' size, [h * w] 0 or 1: whatever it touches may change. */
  latentMask(size: PixelSize): Float32Array | undefined
}

/** Decodes a request's picture and mask. Throws AppError `input/empty` without a picture, and what readMask throws. */
export async function openEdit({ image, mask: spec }: EditRequest): Promise<OpenedEdit> {
  if (image.length === 0)
    throw new AppError('input/empty', {
      message: 'there is no picture to edit',
      hint: 'Send a picture, or have one drawn first.',
    })
  const original = await decodeInput(image)
  if (!spec) return { original, feather: 0, latentMask: () => undefined }
  const { feather = 0 } = spec
  const mask = await readMask(spec, original, inputLimits)
  const soft = featherMask(mask, feather)
  return {
    original,
    mask,
    maskPng: await encodeGreyPng(mask),
    feather,
    latentMask: (size) =>
      Float32Array.from(regionOfMask(soft, wholeOf(original, size), size).data, (value) => (value === 0 ? 0 : 1)),
  }
}

/** All of a picture as a window. */
const wholeOf = ({ width, height }: PixelSize, drawn: PixelSize) => ({ left: 0, top: 0, width, height, drawn })

/** A mask of latents [.., h, w], 0 or 1, at a picture's size, 0 or 255: each place a rectangle. */
export function cellMask(cells: Float32Array, shape: readonly number[], { width, height }: PixelSize): GreyImage {
  const grid = { width: shape[3]!, height: shape[2]!, data: Uint8Array.from(cells, (value) => (value > 0 ? 255 : 0)) }
  return resizeGrey(grid, width, height, 'nearest')
}

/** A mask that keeps nothing. */
export const fullMask = ({ width, height }: PixelSize): GreyImage => ({
  width,
  height,
  data: new Uint8Array(width * height).fill(255),
})

/** An edit at its end. */
export interface DrawnEdit extends OpenedEdit {
  readonly mask: GreyImage
  /** Whether the mask limits the edit. */
  readonly isLocal: boolean
  /** Undefined: only the mask was asked for. */
  readonly generated: RgbImage | undefined
  /** The size at which the model drew. */
  readonly drawn: PixelSize
}

/**
 * Puts an edit into its picture: through its mask, whose border is softened over what was asked for, else over one place
 * of the latents, which is how far the autoencoder carries a change; a picture that changed as a whole only gets its size back.
 */
export async function finishEdit(
  { original, mask, maskPng, feather, isLocal, generated, drawn }: DrawnEdit,
  restorer: RegionRestorer | undefined,
  context: Pick<PipelineContext, 'turn'>,
): Promise<{ image: RgbImage; details: PictureDetails; recipe: Partial<Recipe> }> {
  const shown = { maskPng: maskPng ?? (await encodeGreyPng(mask)) }
  if (!generated) return { image: original, details: { ...shown, changedShare: 0 }, recipe: { restore: false } }
  const place = (8 * original.width) / drawn.width
  const soft = isLocal ? featherMask(mask, maskPng ? feather : Math.round(place)) : mask
  const isEnlarged = drawn.width < original.width || drawn.height < original.height
  const mends = isLocal || isEnlarged ? restorer : undefined
  const region = wholeOf(original, drawn)
  const { image, restore, seam } = await finishMasked({ original, mask: soft, region, generated }, mends, context)
  const details = { ...shown, changedShare: changedShare(original, image), ...(isLocal && { seam }) }
  return { image, details, recipe: { restore } }
}
