import type { PictureDetails, SeamStep } from '../contract/inference.ts'
import { pasteRegion, type Region } from '../image/region.ts'
import { resizeRgb } from '../image/resize.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import { measureSeam } from '../image/seam.ts'
import type { PipelineContext } from './pipeline.ts'

/** What a pipeline drew for the masked part of a picture. */
export interface DrawnRegion {
  /** The picture as sent, at its own size; for outpainting the grown canvas. */
  readonly original: RgbImage
  /** Of the same size: 0 keeps, 255 is drawn anew, between them (feathered) is a mixture. */
  readonly mask: GreyImage
  /** The window that was drawn (chooseRegion of src/image/region.ts). */
  readonly region: Region
  /** What the model drew, at `region.drawn`. */
  readonly generated: RgbImage
}

/** Brings a drawn window back to its own size and mends its border (regionRestorer); without one Lanczos does the first. */
export interface RegionRestorer {
  /** Returns the window at `scale` times its drawn size, the enlargement nearest to its own size that there is. */
  restore(drawn: DrawnRegion, context: Pick<PipelineContext, 'turn'>): Promise<{ image: RgbImage; scale: 1 | 2 | 4 }>
}

export interface FinishedPicture {
  /** At the original's size; where the mask is 0, the original's bytes. */
  readonly image: RgbImage
  /** For the recipe: false where no restorer was at work. */
  readonly restore: { readonly scale: 1 | 2 | 4 } | false
  readonly seam: NonNullable<PictureDetails['seam']>
}

/**
 * Brings what was drawn back into its picture: the window is restored (DiffRIR x1, or x2 / x4 where it was made smaller
 * for the model) unless that would widen the seam, brought to its own size and pasted through the mask. Kept pixels stay
 * bit-exact.
 */
export async function finishMasked(
  drawn: DrawnRegion,
  restorer: RegionRestorer | undefined,
  context: Pick<PipelineContext, 'turn'>,
): Promise<FinishedPicture> {
  const { original, mask, region } = drawn
  const paste = (content: RgbImage) =>
    pasteRegion(original, mask, region, resizeRgb(content, region.width, region.height, 'lanczos'))
  const plain = paste(drawn.generated)
  const before = measureSeam(plain, mask)
  if (!restorer) return { image: plain, restore: false, seam: { before, after: before } }
  const restored = await restorer.restore(drawn, context)
  const image = paste(restored.image)
  const after = measureSeam(image, mask)
  const restore = { scale: restored.scale }
  // A network is no better than its training: what would widen the seam is left as it was drawn.
  if (sumOf(after) > sumOf(before)) return { image: plain, restore, seam: { before, after: before } }
  return { image, restore, seam: { before, after } }
}

const sumOf = ({ mean, deviation, gradient }: SeamStep): number => mean + deviation + gradient
