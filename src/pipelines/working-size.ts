import { sizeByShortSide } from '../image/mask.ts'
import { chooseRegion, type Region } from '../image/region.ts'
import type { GreyImage } from '../image/rgb-image.ts'
import { roundDownToMultiple, type PixelSize } from '../image/vae-preprocess.ts'
import type { PictureModel } from './picture-model.ts'

/** A picture is drawn at most this many times longer than wide, measured by the model's square; longer ones shrink. */
const maxStretch = 3

/** Side of the square that a model was trained on. */
export const squareSide = ({ settings }: Pick<PictureModel, 'settings'>): number =>
  Math.min(settings.defaults.width, settings.defaults.height)

/**
 * The size at which a model draws a whole picture: its short side that of the model's square, the ratio kept, both
 * rounded down to what the autoencoder can take (LLMGA's programs). A very long picture's long side is bounded instead.
 */
export function workingSize(picture: PixelSize, model: PictureModel): PixelSize {
  const side = squareSide(model)
  const ratio = Math.max(picture.width, picture.height) / Math.min(picture.width, picture.height)
  const { width, height } = sizeByShortSide(picture, ratio > maxStretch ? (side * maxStretch) / ratio : side)
  const whole = { width: Math.trunc(width), height: Math.trunc(height) }
  return roundDownToMultiple(whole, model.pipeline.autoencoder.scale)
}

/** The window of a picture that a model draws for a mask; where that is all of a picture, at LLMGA's size. */
export function workingRegion(mask: GreyImage, model: PictureModel): Region {
  const { scale: multiple } = model.pipeline.autoencoder
  const region = chooseRegion(mask, { side: squareSide(model), multiple })
  const isWhole = region.width === mask.width && region.height === mask.height
  return isWhole ? { ...region, drawn: workingSize(mask, model) } : region
}
