import type { MaskSpec, Sides } from '../contract/inference.ts'
import { decodeImage, type DecodedImage } from '../image/decode.ts'
import { blackOut } from '../image/mask.ts'
import { encodePng } from '../image/png.ts'
import { readMask } from '../image/read-mask.ts'
import { resizeRgb } from '../image/resize.ts'
import type { RgbImage } from '../image/rgb-image.ts'

/** Far above what the bot lets in: pictures of a thread were judged when they were sent. */
const limits = { maxBytes: 2 ** 28, maxPixels: 2 ** 28 }

/**
 * A picture as the language model is shown it before it is filled in: black where it is to be drawn anew, stretched to a
 * square as LLMGA's demo does with masked pictures. PNG. Throws what `readMask` throws.
 */
export async function maskedForModel(image: Uint8Array, mask: MaskSpec): Promise<Uint8Array> {
  const picture = await decodeImage(image, { limits })
  return encodePng(stretched(blackOut(picture, await readMask(mask, picture, limits))))
}

/** A picture on its grown canvas, black where there is nothing yet, stretched to a square likewise. PNG. */
export async function grownForModel(image: Uint8Array, sides: Sides): Promise<Uint8Array> {
  return encodePng(stretched(onCanvas(await decodeImage(image, { limits }), sides)))
}

/**
 * Padding to a square would add a border that looks like one more part to be filled in: of 64 held-out scenes grown to
 * the left or right, llmga-tiny reads 42 backgrounds right when they are padded and 63 when they are stretched.
 */
function stretched(picture: RgbImage): RgbImage {
  const side = Math.max(picture.width, picture.height)
  return resizeRgb(picture, side, side, 'bicubic')
}

function onCanvas({ width, height, data }: RgbImage, { left, top, right, bottom }: Sides): RgbImage {
  const canvas = { width: left + width + right, height: top + height + bottom }
  const grown = new Uint8Array(canvas.width * canvas.height * 3)
  for (let y = 0; y < height; y++)
    grown.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((y + top) * canvas.width + left) * 3)
  return { ...canvas, data: grown }
}

/** Checks a mask against its picture. Throws AppError `input/empty`, `input/invalid-option`, `image/*`. */
export async function checkMask(mask: MaskSpec, image: Uint8Array): Promise<void> {
  await readMask(mask, await decodeImage(image, { limits }), limits)
}

/** What a file that came with a message may be: a picture, one with transparent parts, or a mask (black and white). */
export async function kindOfFile(bytes: Uint8Array): Promise<'picture' | 'transparent' | 'mask'> {
  const picture = await decodeImage(bytes, { limits })
  if (transparentShare(picture) >= leastShare) return 'transparent'
  return isBlackAndWhite(picture) ? 'mask' : 'picture'
}

/** Less than this share of pixels is an accident of an anti-aliased border, and no mask. */
const leastShare = 0.002

const transparentShare = ({ alpha, width, height }: DecodedImage): number =>
  alpha ? alpha.reduce((sum, value) => sum + (value < 125 ? 1 : 0), 0) / (width * height) : 0

/** Nearly all pixels are black or white, and there are some of both. */
function isBlackAndWhite({ data, width, height }: RgbImage): boolean {
  let black = 0
  let white = 0
  for (let i = 0; i < data.length; i += 3) {
    const low = Math.min(data[i]!, data[i + 1]!, data[i + 2]!)
    const high = Math.max(data[i]!, data[i + 1]!, data[i + 2]!)
    if (high <= 24) black++
    else if (low >= 231) white++
  }
  const pixels = width * height
  return black + white >= 0.97 * pixels && Math.min(black, white) >= leastShare * pixels
}
