/**
 * `Image.resize` of Pillow 11, to the bit, for 8 bits a channel. sharp's own resizing rounds differently and is not
 * used.
 */
import { precisionBits, resampleCoefficients, type Coefficients, type ResampleFilter } from './resample-coefficients.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

export type { ResampleFilter } from './resample-coefficients.ts'

interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A picture brought to `width` x `height`, its aspect ratio not kept. Equal size gives the same pixels. */
export const resizeRgb = (image: RgbImage, width: number, height: number, filter: ResampleFilter): RgbImage =>
  resize(image, width, height, 3, filter)

/** The same for one channel. */
export const resizeGrey = (image: GreyImage, width: number, height: number, filter: ResampleFilter): GreyImage =>
  resize(image, width, height, 1, filter)

/**
 * The same for [height, width, 4] with alpha last: colours are weighted by their alpha, as Pillow does for RGBA, so
 * that what stands under transparent pixels does not bleed.
 */
export function resizeRgba(image: Pixels, width: number, height: number, filter: ResampleFilter): Pixels {
  if (filter === 'nearest' || isSize(image, width, height)) return resize(image, width, height, 4, filter)
  return { width, height, data: unpremultiply(resize(premultiply(image), width, height, 4, filter).data) }
}

const isSize = (image: Pixels, width: number, height: number) => image.width === width && image.height === height

function resize(image: Pixels, width: number, height: number, channels: number, filter: ResampleFilter): Pixels {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new RangeError(`resize to ${width} x ${height}`)
  if (isSize(image, width, height)) return { width, height, data: image.data.slice() }
  if (filter === 'nearest') return nearest(image, width, height, channels)
  let data = image.data
  if (width !== image.width) {
    const across = resampleCoefficients(image.width, width, filter)
    data = resampleRows(data, image.width, image.height, width, channels, across)
  }
  if (height !== image.height) {
    const down = resampleCoefficients(image.height, height, filter)
    data = resampleColumns(data, width * channels, height, down)
  }
  return { width, height, data }
}

const half = 1 << (precisionBits - 1)

/** Each pixel of a row from its neighbours in the row. The fixed-point sums become bytes, clamped by the array. */
function resampleRows(
  source: Uint8Array,
  fromWidth: number,
  height: number,
  toWidth: number,
  channels: number,
  coefficients: Coefficients,
): Uint8Array {
  const target = new Uint8ClampedArray(toWidth * height * channels)
  const [resampleRow, atOnce] = channels === 3 ? [resampleRgbRow, 3] : [resampleChannelRow, 1]
  for (let y = 0; y < height; y++)
    for (let c = 0; c < channels; c += atOnce)
      resampleRow(source, y * fromWidth * channels + c, target, y * toWidth * channels + c, channels, coefficients)
  return new Uint8Array(target.buffer)
}

type RowResampler = (
  source: Uint8Array,
  from: number,
  target: Uint8ClampedArray,
  to: number,
  channels: number,
  coefficients: Coefficients,
) => void

const resampleChannelRow: RowResampler = (source, from, target, to, channels, { first, count, stride, weights }) => {
  for (let x = 0; x < first.length; x++) {
    const end = x * stride + count[x]!
    let sum = half
    for (let w = x * stride, at = from + first[x]! * channels; w < end; w++, at += channels)
      sum = (sum + Math.imul(weights[w]!, source[at]!)) | 0
    target[to + x * channels] = sum >> precisionBits
  }
}

/** The common case: three sums at a time read each weight once. */
const resampleRgbRow: RowResampler = (source, from, target, to, _, { first, count, stride, weights }) => {
  for (let x = 0; x < first.length; x++) {
    const end = x * stride + count[x]!
    let red = half
    let green = half
    let blue = half
    for (let w = x * stride, at = from + first[x]! * 3; w < end; w++, at += 3) {
      const weight = weights[w]!
      red = (red + Math.imul(weight, source[at]!)) | 0
      green = (green + Math.imul(weight, source[at + 1]!)) | 0
      blue = (blue + Math.imul(weight, source[at + 2]!)) | 0
    }
    target[to + x * 3] = red >> precisionBits
    target[to + x * 3 + 1] = green >> precisionBits
    target[to + x * 3 + 2] = blue >> precisionBits
  }
}

function resampleColumns(
  source: Uint8Array,
  rowLength: number,
  toHeight: number,
  { first, count, stride, weights }: Coefficients,
): Uint8Array {
  const target = new Uint8ClampedArray(rowLength * toHeight)
  const sums = new Int32Array(rowLength)
  for (let y = 0; y < toHeight; y++) {
    sums.fill(half)
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * stride + k]!
      const row = (first[y]! + k) * rowLength
      for (let x = 0; x < rowLength; x++) sums[x] = sums[x]! + Math.imul(weight, source[row + x]!)
    }
    for (let x = 0, out = y * rowLength; x < rowLength; x++, out++) target[out] = sums[x]! >> precisionBits
  }
  return new Uint8Array(target.buffer)
}

function nearest(image: Pixels, width: number, height: number, channels: number): Pixels {
  const columns = nearestPlaces(image.width, width)
  const rows = nearestPlaces(image.height, height)
  const data = new Uint8Array(width * height * channels)
  let out = 0
  for (const y of rows)
    for (const x of columns)
      for (let c = 0; c < channels; c++) data[out++] = image.data[(y * image.width + x) * channels + c]!
  return { width, height, data }
}

/** Pillow adds the step up from place to place, rounding errors included. */
function nearestPlaces(from: number, to: number): number[] {
  const step = from / to
  let at = step * 0.5
  return Array.from({ length: to }, () => {
    const place = Math.min(from - 1, Math.trunc(at))
    at += step
    return place
  })
}

/** Pillow's RGBA to RGBa: colour x alpha / 255, rounded. */
function premultiply({ width, height, data }: Pixels): Pixels {
  const out = data.slice()
  for (let i = 0; i < out.length; i += 4)
    for (let c = 0; c < 3; c++) {
      const product = data[i + c]! * data[i + 3]! + 128
      out[i + c] = ((product >> 8) + product) >> 8
    }
  return { width, height, data: out }
}

/** Pillow's RGBa to RGBA: colour x 255 / alpha, cut off. */
function unpremultiply(data: Uint8Array): Uint8Array {
  const out = data.slice()
  for (let i = 0; i < out.length; i += 4) {
    const alpha = data[i + 3]!
    if (alpha === 0 || alpha === 255) continue
    for (let c = 0; c < 3; c++) out[i + c] = Math.min(255, Math.trunc((255 * data[i + c]!) / alpha))
  }
  return out
}
