import { roundHalfEven } from '../../tensor/round.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { inputChannels, type RestoreScale } from './diffrir-config.ts'

/** 8-bit pixels, [height, width, 3]. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The picture that keeps its pixels where the mask is below one half; both `scale` times the size of the input. */
export interface KeptPixels {
  readonly picture: Pixels
  /** [height, width], 255 where everything is drawn. */
  readonly mask: { readonly data: Uint8Array }
}

/** Values of 0..255 from which on a mask counts as drawn: one half of 255. */
const halfMask = 127.5

/**
 * What DiffRIR is fed: the drawn picture in [0, 1] and (1 - mask) x the original, whose pixels are put into channels
 * where it is larger: [1, 3 + 3 s^2, h, w]. Without an original nothing is kept: those planes are 0.
 */
export function lowQualityInput(drawn: Pixels, scale: RestoreScale, kept?: KeptPixels): FloatTensor {
  const { width, height, data } = drawn
  const plane = width * height
  const out = new Float32Array(inputChannels(scale) * plane)
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) out[c * plane + i] = Math.fround(data[i * 3 + c]! / 255)
  if (kept) putKept(out, kept, scale, drawn)
  return float32(out, [1, inputChannels(scale), height, width])
}

/** Channel 3 + c s^2 + y s + x holds the pixel (x, y) of each s x s square. */
function putKept(out: Float32Array, { picture, mask }: KeptPixels, s: number, { width, height }: Pixels): void {
  if (picture.width !== width * s || picture.height !== height * s)
    throw new RangeError(`an original of ${picture.width} x ${picture.height} for ${width} x ${height} times ${s}`)
  const plane = width * height
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const from = y * picture.width + x
      if (mask.data[from]! >= halfMask) continue
      const at = Math.floor(y / s) * width + Math.floor(x / s)
      const inSquare = (y % s) * s + (x % s)
      for (let c = 0; c < 3; c++)
        out[(3 + c * s * s + inSquare) * plane + at] = Math.fround(picture.data[from * 3 + c]! / 255)
    }
}

/** Both sides brought to multiples by mirroring at the right and lower edge (as often as it takes for tiny pictures). */
export function padReflect({ data, shape }: FloatTensor, multiple: number): FloatTensor {
  const [, channels, height, width] = shape as [number, number, number, number]
  const [toHeight, toWidth] = [height, width].map((side) => Math.ceil(side / multiple) * multiple) as [number, number]
  if (toHeight === height && toWidth === width) return { dtype: 'float32', data, shape }
  const rows = mirrored(height, toHeight)
  const columns = mirrored(width, toWidth)
  const out = new Float32Array(channels * toHeight * toWidth)
  let at = 0
  for (let c = 0; c < channels; c++)
    for (const y of rows) {
      const from = (c * height + y) * width
      for (const x of columns) out[at++] = data[from + x]!
    }
  return float32(out, [1, channels, toHeight, toWidth])
}

/** 0 .. n-1, n-2 .. 0, 1 .. and so on. */
function mirrored(length: number, to: number): number[] {
  const period = Math.max(1, 2 * (length - 1))
  return Array.from({ length: to }, (_, i) => Math.min(i % period, period - (i % period)) % length)
}

/** The top left [1, c, height, width] of a tensor. */
export function cropTensor({ data, shape }: FloatTensor, height: number, width: number): FloatTensor {
  const [, channels, fromHeight, fromWidth] = shape as [number, number, number, number]
  if (fromHeight === height && fromWidth === width) return { dtype: 'float32', data, shape }
  const out = new Float32Array(channels * height * width)
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) {
      const from = (c * fromHeight + y) * fromWidth
      out.set(data.subarray(from, from + width), (c * height + y) * width)
    }
  return float32(out, [1, channels, height, width])
}

/** A restored [1, 3, h, w] as 8-bit pixels: clamped to [0, 1], times 255, halves to even. */
export function toPixels({ data, shape }: FloatTensor): Pixels {
  const [, , height, width] = shape as [number, number, number, number]
  const plane = width * height
  const out = new Uint8Array(3 * plane)
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < plane; i++)
      out[i * 3 + c] = roundHalfEven(Math.fround(Math.min(1, Math.max(0, data[c * plane + i]!)) * 255))
  return { width, height, data: out }
}
