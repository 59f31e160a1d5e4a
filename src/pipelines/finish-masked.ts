import type { PictureDetails, SeamStep } from '../contract/inference.ts'
import { harmonise } from '../image/harmonise.ts'
import { pasteRegion, regionOfMask, regionOfPicture, type Region } from '../image/region.ts'
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
 * Brings what was drawn back into its picture: a drift of colour is taken out of the window, the window is restored
 * (DiffRIR x1, or x2 / x4 where it was made smaller for the model; left out where that would widen the seam), brought to
 * its own size and pasted through the mask. Kept pixels stay bit-exact.
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
  const even = harmonise(drawn.generated, regionOfPicture(original, region), regionOfMask(mask, region))
  const { image: restored, scale } = await restorer.restore({ ...drawn, generated: even }, context)
  const asDrawn = { image: plain, seam: before }
  const best = leastSeam([asDrawn, seamOf(paste(restored), mask), seamOf(paste(even), mask)])
  // What the drift had hidden may come out when it is gone: then DiffRIR alone is tried.
  const { image, seam } =
    best === asDrawn ? leastSeam([asDrawn, seamOf(paste((await restorer.restore(drawn, context)).image), mask)]) : best
  return { image, restore: { scale }, seam: { before, after: seam } }
}

interface WithSeam {
  readonly image: RgbImage
  readonly seam: SeamStep
}

const seamOf = (image: RgbImage, mask: GreyImage): WithSeam => ({ image, seam: measureSeam(image, mask) })

/** A network is no better than its training: the one with the least seam is taken. */
const leastSeam = (pictures: readonly WithSeam[]): WithSeam =>
  pictures.reduce((best, one) => (visible(one.seam) < visible(best.seam) ? one : best))

/** How much of a seam is seen: a step of brightness first of all. */
const visible = ({ mean, deviation, gradient }: SeamStep): number => 2 * mean + deviation + gradient
