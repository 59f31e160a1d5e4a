import type { EncodedImage } from '../contract/inference.ts'
import { decodeImage, type DecodedImage } from '../image/decode.ts'
import type { RgbImage } from '../image/rgb-image.ts'

/** Far above what the bot lets in: a picture that comes here was judged when it was sent. */
export const inputLimits = { maxBytes: 2 ** 28, maxPixels: 2 ** 28 }

/** A request's picture, upright by its EXIF. Throws AppError as decodeImage does. */
export const decodeInput = (image: EncodedImage): Promise<DecodedImage> => decodeImage(image, { limits: inputLimits })

/** Share of the pixels in which two pictures of one size differ, 0 to 1. */
export function changedShare(before: RgbImage, after: RgbImage): number {
  let changed = 0
  for (let i = 0; i < before.data.length; i += 3)
    if (
      before.data[i] !== after.data[i] ||
      before.data[i + 1] !== after.data[i + 1] ||
      before.data[i + 2] !== after.data[i + 2]
    )
      changed++
  return changed / (before.width * before.height)
}
