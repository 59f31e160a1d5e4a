/**
 * How visible the border of a mask is: what lies just inside of it compared with what lies just outside, piece by piece
 * along the border, so that a brighter end does not make up for a darker one.
 */
import type { SeamStep } from '../contract/inference.ts'
import { crop, cropGrey } from './crop.ts'
import { toGrey } from './mask.ts'
import { maskBox, type Box } from './region.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

/** Pixels of each band, and side of the squares in which the bands are compared. */
const bandWidth = 4
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
 * Steps across the border between what a mask (same size; above 0 is inside) marks and what it does not: of mean
 * brightness, standard deviation and root mean square gradient, in levels of 255, each the mean over the squares that
 * hold pixels of both bands. Zeros where there is no border.
 */
export function measureSeam(picture: RgbImage, mask: GreyImage): SeamStep {
  const box = maskBox(mask)
  if (!box) return { mean: 0, deviation: 0, gradient: 0 }
  const window = grow(box, bandWidth, mask)
  const bands = borderBands(cropGrey(mask, window.left, window.top, window.width, window.height))
  const luma = toGrey(crop(picture, window.left, window.top, window.width, window.height))
  const steps = gridOffsets.flatMap((offset) => pieces(luma, bands, offset)).map(([a, b]) => stepBetween(a, b))
  const average = (of: (step: SeamStep) => number) =>
    steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + of(step), 0) / steps.length
  return {
    mean: average((step) => step.mean),
    deviation: average((step) => step.deviation),
    gradient: average((step) => step.gradient),
  }
}

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

/** The sums of both bands in every square that has at least two pixels of each. */
function pieces(luma: GreyImage, bands: GreyImage, offset: number): [BandSums, BandSums][] {
  const { width, height } = luma
  const columns = Math.ceil((width + offset) / pieceSide)
  const empty = (): BandSums => ({ count: 0, sum: 0, squares: 0, gradient: 0, pairs: 0 })
  const all = Array.from(
    { length: columns * Math.ceil((height + offset) / pieceSide) },
    () => [empty(), empty()] as const,
  )
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const band = bands.data[at]!
      if (band === 0) continue
      const square = Math.floor((y + offset) / pieceSide) * columns + Math.floor((x + offset) / pieceSide)
      const sums = all[square]![band - 1]!
      addPixel(sums, luma.data[at]!)
      if (x + 1 < width && bands.data[at + 1] === band) addPair(sums, luma.data[at]! - luma.data[at + 1]!)
      if (y + 1 < height && bands.data[at + width] === band) addPair(sums, luma.data[at]! - luma.data[at + width]!)
    }
  return all.filter(([inside, outside]) => inside.count > 1 && outside.count > 1).map(([a, b]) => [a, b])
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

function stepBetween(inside: BandSums, outside: BandSums): SeamStep {
  const mean = ({ sum, count }: BandSums) => sum / count
  const deviation = (sums: BandSums) => Math.sqrt(Math.max(0, sums.squares / sums.count - mean(sums) ** 2))
  const gradient = ({ gradient, pairs }: BandSums) => Math.sqrt(gradient / Math.max(1, pairs))
  const step = (of: (sums: BandSums) => number) => Math.abs(of(inside) - of(outside))
  return { mean: step(mean), deviation: step(deviation), gradient: step(gradient) }
}

function grow({ left, top, width, height }: Box, by: number, limit: GreyImage): Box {
  const [right, bottom] = [Math.min(limit.width, left + width + by), Math.min(limit.height, top + height + by)]
  const [x, y] = [Math.max(0, left - by), Math.max(0, top - by)]
  return { left: x, top: y, width: right - x, height: bottom - y }
}
