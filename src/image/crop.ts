import { resizeRgb } from './resize.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

/**
 * A window of `width` x `height` whose top left corner is at (`left`, `top`); both may be negative. What lies outside
 * of the picture is black.
 */
export function crop(image: RgbImage, left: number, top: number, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  paste({ width, height, data }, image, -left, -top)
  return { width, height, data }
}

/** The same of one channel; what lies outside is 0. */
export function cropGrey(image: GreyImage, left: number, top: number, width: number, height: number): GreyImage {
  const data = new Uint8Array(width * height)
  const from = Math.max(0, left)
  const to = Math.min(image.width, left + width)
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    const row = (y + top) * image.width
    if (to > from) data.set(image.data.subarray(row + from, row + to), y * width + from - left)
  }
  return { width, height, data }
}

/** The picture in the middle of a square of its longer side, on `colour` (LLaVA's image_aspect_ratio "pad"). */
export function padToSquare(image: RgbImage, colour: readonly [number, number, number]): RgbImage {
  const side = Math.max(image.width, image.height)
  const data = new Uint8Array(side * side * 3)
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]!
  const square = { width: side, height: side, data }
  paste(square, image, Math.floor((side - image.width) / 2), Math.floor((side - image.height) / 2))
  return square
}

/**
 * The largest square in the middle, brought to `size` x `size` (bicubic; the preparation of prompt-to-prompt editing).
 */
export function centreCropSquare(image: RgbImage, size: number): RgbImage {
  const side = Math.min(image.width, image.height)
  const left = Math.floor((image.width - side) / 2)
  const top = Math.floor((image.height - side) / 2)
  return resizeRgb(crop(image, left, top, side, side), size, size, 'bicubic')
}

/** Copies what of `source` falls into `target` when its top left corner is put at (`left`, `top`). */
function paste(target: RgbImage, source: RgbImage, left: number, top: number): void {
  const from = Math.max(0, -left)
  const to = Math.min(source.width, target.width - left)
  if (to <= from) return
  for (let y = Math.max(0, -top); y < Math.min(source.height, target.height - top); y++) {
    const row = source.data.subarray((y * source.width + from) * 3, (y * source.width + to) * 3)
    target.data.set(row, ((y + top) * target.width + left + from) * 3)
  }
}
