/**
 * Which part of a picture a model works on when only a part is redrawn: a window around the mask, brought to the size
 * that the model draws. Everything outside of the mask stays as it was, to the bit, at the picture's own size.
 */
import { AppError } from '../contract/errors.ts'
import { crop, cropGrey } from './crop.ts'
import { resizeGrey, resizeRgb } from './resize.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'
import type { PixelSize } from './vae-preprocess.ts'

/** A rectangle in a picture's own pixels. */
export interface Box extends PixelSize {
  readonly left: number
  readonly top: number
}

/** A window of a picture, and the size at which a model draws it. */
export interface Region extends Box {
  /** Sides are multiples of the option `multiple`. */
  readonly drawn: PixelSize
}

export interface RegionOptions {
  /** Side of the square that the model was trained on; about as many pixels as it has are drawn. */
  readonly side: number
  /** What of the picture is shown around the mask's box on each side, as a share of the box's longer side: 0.5. */
  readonly margin?: number
  /** What the drawn sides are multiples of: 8, the autoencoder's factor. */
  readonly multiple?: number
}

/** A window with so many times the pixels of the model's square is drawn as it is, without resampling. */
const unscaledShare = { least: 0.5, most: 1.25 }

/** The smallest rectangle around all that is not 0; undefined for a mask that marks nothing. */
export function maskBox({ width, height, data }: GreyImage): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (data[at] === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = y
    }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

/**
 * The window around a mask (of the picture's own size) with its margin: no smaller than the model's square where the
 * picture has room. Throws AppError `input/empty` for a mask that marks nothing.
 */
export function chooseRegion(mask: GreyImage, { side, margin = 0.5, multiple = 8 }: RegionOptions): Region {
  const box = maskBox(mask)
  if (!box)
    throw new AppError('input/empty', {
      message: 'the mask marks nothing',
      hint: 'Mark the part of the picture that is to be redrawn.',
    })
  const around = 2 * Math.round(margin * Math.max(box.width, box.height))
  const [wide, high] = [box.width + around, box.height + around]
  const across = extent(Math.max(wide, side), mask.width, multiple)
  const down = extent(Math.max(high, side), mask.height, multiple)
  const window = {
    left: place(box.left, box.width, across, mask.width),
    top: place(box.top, box.height, down, mask.height),
    width: across,
    height: down,
  }
  return { ...window, drawn: drawnSize(window, side, multiple) }
}

/** A length as a multiple where the picture has room for it, else all of the picture. */
const extent = (length: number, limit: number, multiple: number): number =>
  Math.min(limit, Math.ceil(length / multiple) * multiple)

/** Where a window of `length` begins so that the box is in its middle, or as near as the picture allows. */
const place = (start: number, boxLength: number, length: number, limit: number): number =>
  Math.min(Math.max(0, Math.round(start + boxLength / 2 - length / 2)), limit - length)

function drawnSize({ width, height }: PixelSize, side: number, multiple: number): PixelSize {
  const share = (width * height) / side ** 2
  const fits = width % multiple === 0 && height % multiple === 0
  if (fits && share >= unscaledShare.least && share <= unscaledShare.most) return { width, height }
  const scale = 1 / Math.sqrt(share)
  const drawn = (length: number) => Math.max(1, Math.round((length * scale) / multiple)) * multiple
  return { width: drawn(width), height: drawn(height) }
}

/** What the model is shown of a picture: the window at the drawn size (Lanczos). */
export function regionOfPicture(picture: RgbImage, { drawn, ...box }: Region): RgbImage {
  return resizeRgb(crop(picture, box.left, box.top, box.width, box.height), drawn.width, drawn.height, 'lanczos')
}

/**
 * The mask at the drawn size, 0 or 255: whatever the full mask touches is redrawn, so that no thin line is lost and
 * every pixel that is pasted back was drawn.
 */
export function regionOfMask(mask: GreyImage, region: Region, size: PixelSize = region.drawn): GreyImage {
  const window = cropGrey(mask, region.left, region.top, region.width, region.height)
  const whole = { ...window, data: window.data.map((value) => (value === 0 ? 0 : 255)) }
  const resized = resizeGrey(whole, size.width, size.height, 'box')
  return { ...resized, data: resized.data.map((value) => (value === 0 ? 0 : 255)) }
}

/**
 * The picture with `content` (of the window's own size) in the window, mixed by the mask: 0 keeps the picture's bytes
 * as they are, 255 takes the content's, between them is a mixture.
 */
export function pasteRegion(picture: RgbImage, mask: GreyImage, box: Box, content: RgbImage): RgbImage {
  const data = new Uint8Array(picture.data) // a copy even of a Buffer, whose slice() would be a view
  for (let y = 0; y < box.height; y++)
    for (let x = 0; x < box.width; x++) {
      const at = (y + box.top) * picture.width + x + box.left
      const share = mask.data[at]!
      if (share === 0) continue
      const from = (y * box.width + x) * 3
      for (let c = 0; c < 3; c++)
        data[at * 3 + c] = Math.round((data[at * 3 + c]! * (255 - share) + content.data[from + c]! * share) / 255)
    }
  return { ...picture, data }
}
