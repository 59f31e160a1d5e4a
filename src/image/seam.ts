/**
 * How visible the border of a mask is: what lies just inside of it compared with what lies just outside. Brightness is
 * compared piece by piece along the border, so that a brighter end does not make up for a darker one; contrast and
 * texture over the whole border, since they need many pixels.
 */
import type { SeamStep } from '../contract/inference.ts'
import { crop, cropGrey } from './crop.ts'
import { toGrey } from './mask.ts'
import { maskBox, type Box } from './region.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

/** Pixels of each band, and side of the squares in which brightness is compared. */
const bandWidth = 2
const pieceSide = 16
/** Two grids of squares: a border that runs along the edges of one crosses the squares of the other. */
const gridOffsets = [0, pieceSide / 2]

/** Sums over the part of a band that lies in one square. */
interface BandSums {
  count: number
  sum: number
  squares: number
  /** Squared differences to the right and lower neighbours in the same band, and how many there were. */
  gradient: number
  pairs: number
}

/**
 * Steps across the border between what a mask (same size; above 0 is inside) marks and what it does not, in levels of
 * 255: of mean brightness (averaged over the squares along the border), of the standard deviation and of the root mean
 * square gradient. Zeros where there is no border.
 */
export function measureSeam(picture: RgbImage, mask: GreyImage): SeamStep {
  const box = maskBox(mask)
  if (!box) return { mean: 0, deviation: 0, gradient: 0 }
  const { left, top, width, height } = grow(box, bandWidth, mask)
  const bands = borderBands(cropGrey(mask, left, top, width, height))
  const luma = toGrey(crop(picture, left, top, width, height))
  const grids = gridOffsets.map((offset) => sumPieces(luma, bands, offset))
  const steps = grids.flat().filter(([inside, outside]) => inside.count > 1 && outside.count > 1)
  const [inside, outside] = grids[0]!.reduce(([a, b], [c, d]) => [join(a, c), join(b, d)], [nothing, nothing])
  const step = (of: (sums: BandSums) => number) => Math.abs(of(inside) - of(outside))
  return {
    mean: steps.reduce((sum, [a, b]) => sum + Math.abs(meanOf(a) - meanOf(b)), 0) / Math.max(1, steps.length),
    deviation: outside.count > 0 ? step(deviationOf) : 0,
    gradient: outside.count > 0 ? step(gradientOf) : 0,
  }
}

const meanOf = ({ sum, count }: BandSums) => sum / count
const deviationOf = (sums: BandSums) => Math.sqrt(Math.max(0, sums.squares / sums.count - meanOf(sums) ** 2))
const gradientOf = ({ gradient, pairs }: BandSums) => Math.sqrt(gradient / Math.max(1, pairs))

const nothing: BandSums = { count: 0, sum: 0, squares: 0, gradient: 0, pairs: 0 }
const join = (a: BandSums, b: BandSums): BandSums => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
  gradient: a.gradient + b.gradient,
  pairs: a.pairs + b.pairs,
})

/** 1 in the band inside of the border, 2 in the band outside, else 0; distances along rows, columns and diagonals. */
export function borderBands(mask: GreyImage): GreyImage {
  const { width, height } = mask
  const marked = mask.data.map((value) => (value === 0 ? 0 : 1))
  const kept = marked.map((value) => 1 - value)
  const nearMarked = spread({ width, height, data: marked }, bandWidth)
  const nearKept = spread({ width, height, data: kept }, bandWidth)
  const data = marked.map((inside, i) => (inside === 1 ? nearKept[i]! : nearMarked[i]! * 2))
  return { width, height, data }
}

/** 1 wherever a 1 lies within `radius` rows and columns. */
function spread({ width, height, data }: GreyImage, radius: number): Uint8Array {
  const along = (source: Uint8Array, length: number, lines: number, step: number, lineStep: number) => {
    const out = new Uint8Array(source.length)
    for (let line = 0; line < lines; line++) {
      let reach = -Infinity
      const mark = (i: number, at: number) => {
        if (source[at] === 1) reach = i
        if (i - reach <= radius) out[at] = 1
      }
      for (let i = 0, at = line * lineStep; i < length; i++, at += step) mark(i, at)
      reach = -Infinity
      for (let i = 0, at = line * lineStep + (length - 1) * step; i < length; i++, at -= step) mark(i, at)
    }
    return out
  }
  return along(along(data, width, height, 1, width), height, width, width, 1)
}

/** The sums of both bands in every square of a grid that begins `offset` before the picture. */
function sumPieces(luma: GreyImage, bands: GreyImage, offset: number): (readonly [BandSums, BandSums])[] {
  const { width, height } = luma
  const place = (i: number) => Math.floor((i + offset) / pieceSide)
  const columns = place(width - 1) + 1
  const count = columns * (place(height - 1) + 1)
  const pieces = Array.from({ length: count }, () => [{ ...nothing }, { ...nothing }] as const)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const band = bands.data[at]!
      if (band === 0) continue
      const sums = pieces[place(y) * columns + place(x)]![band - 1]!
      addPixel(sums, luma.data[at]!)
      if (x + 1 < width && bands.data[at + 1] === band) addPair(sums, luma.data[at]! - luma.data[at + 1]!)
      if (y + 1 < height && bands.data[at + width] === band) addPair(sums, luma.data[at]! - luma.data[at + width]!)
    }
  return pieces
}

function addPixel(sums: BandSums, value: number): void {
  sums.count++
  sums.sum += value
  sums.squares += value * value
}

function addPair(sums: BandSums, difference: number): void {
  sums.pairs++
  sums.gradient += difference * difference
}

function grow({ left, top, width, height }: Box, by: number, limit: GreyImage): Box {
  const [right, bottom] = [Math.min(limit.width, left + width + by), Math.min(limit.height, top + height + by)]
  const [x, y] = [Math.max(0, left - by), Math.max(0, top - by)]
  return { left: x, top: y, width: right - x, height: bottom - y }
}
