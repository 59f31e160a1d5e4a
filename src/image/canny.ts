import type { GreyImage, RgbImage } from './rgb-image.ts'

/** Gradients at or below `low` are no edge, those above `high` surely one; those between where they touch one. */
export interface CannyThresholds {
  readonly low: number
  readonly high: number
}

/**
 * Edges of a picture (Canny, IEEE PAMI 8(6), 1986) by the rules of OpenCV's `Canny(grey, low, high)`: Sobel 3x3 with the
 * border repeated, |dx| + |dy| as magnitude, thinning along four directions told apart at 22.5 degrees, hysteresis
 * over eight neighbours; no blur before. Returns 255 on edges, 0 elsewhere.
 */
export function canny(image: RgbImage, { low, high }: CannyThresholds = { low: 100, high: 200 }): GreyImage {
  const { width, height } = image
  const gradients = sobel(greyOf(image))
  const strength = thinned(gradients, low)
  return { width, height, data: connected(strength, width, height, high) }
}

/** The same as a white on black colour picture, as ControlNets take it. */
export function cannyPicture(image: RgbImage): RgbImage {
  const { width, height, data } = canny(image)
  const colour = new Uint8Array(3 * data.length)
  data.forEach((value, i) => colour.fill(value, 3 * i, 3 * i + 3))
  return { width, height, data: colour }
}

/** Luma of ITU-R BT.601 in OpenCV's fixed point (15 bits), which rounds otherwise than Pillow's. */
function greyOf({ width, height, data }: RgbImage): GreyImage {
  const out = new Uint8Array(width * height)
  for (let i = 0; i < out.length; i++)
    out[i] = (9798 * data[3 * i]! + 19235 * data[3 * i + 1]! + 3735 * data[3 * i + 2]! + (1 << 14)) >> 15
  return { width, height, data: out }
}

interface Gradients {
  readonly width: number
  readonly height: number
  readonly dx: Int32Array
  readonly dy: Int32Array
}

function sobel({ width, height, data }: GreyImage): Gradients {
  const dx = new Int32Array(data.length)
  const dy = new Int32Array(data.length)
  for (let y = 0; y < height; y++) {
    const [above, here, below] = [Math.max(y - 1, 0), y, Math.min(y + 1, height - 1)].map((row) => row * width) as [
      number,
      number,
      number,
    ]
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)]
      const at = (row: number, column: number) => data[row + column]!
      dx[here + x] =
        at(above, right) +
        2 * at(here, right) +
        at(below, right) -
        at(above, left) -
        2 * at(here, left) -
        at(below, left)
      dy[here + x] =
        at(below, left) + 2 * at(below, x) + at(below, right) - at(above, left) - 2 * at(above, x) - at(above, right)
    }
  }
  return { width, height, dx, dy }
}

/** tan(22.5 degrees) in 15 bits. */
const tan22 = 13573

/** Magnitudes above `low` that are largest along their own direction; 0 elsewhere. */
function thinned({ width, height, dx, dy }: Gradients, low: number): Int32Array {
  const magnitude = (x: number, y: number): number => {
    if (x < 0 || y < 0 || x >= width || y >= height) return 0
    const i = y * width + x
    return Math.abs(dx[i]!) + Math.abs(dy[i]!)
  }
  const out = new Int32Array(dx.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const own = magnitude(x, y)
      if (own > low && isLargest(own, x, y, dx[y * width + x]!, dy[y * width + x]!, magnitude)) out[y * width + x] = own
    }
  return out
}

/** Of two equal neighbours on a line across or down the first one stays; on a diagonal neither does. */
function isLargest(
  own: number,
  x: number,
  y: number,
  dx: number,
  dy: number,
  magnitude: (x: number, y: number) => number,
): boolean {
  const flat = Math.abs(dx) * tan22
  const steep = flat + Math.abs(dx) * 2 ** 16 // tan(67.5) = tan(22.5) + 2
  const rise = Math.abs(dy) * 2 ** 15
  if (rise < flat) return own > magnitude(x - 1, y) && own >= magnitude(x + 1, y)
  if (rise > steep) return own > magnitude(x, y - 1) && own >= magnitude(x, y + 1)
  const side = (dx ^ dy) < 0 ? -1 : 1
  return own > magnitude(x - side, y - 1) && own > magnitude(x + side, y + 1)
}

/** Every place above `high`, and what can be reached from one over places that were kept. */
function connected(strength: Int32Array, width: number, height: number, high: number): Uint8Array {
  const out = new Uint8Array(strength.length)
  const open: number[] = []
  const mark = (i: number) => {
    out[i] = 255
    open.push(i)
  }
  strength.forEach((value, i) => {
    if (value > high) mark(i)
  })
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const [x, y] = [i % width, Math.floor(i / width)]
    for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++)
      for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
        const next = row * width + column
        if (strength[next]! > 0 && out[next] === 0) mark(next)
      }
  }
  return out
}
