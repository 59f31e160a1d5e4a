/** Masks made larger, softened and inverted. */
import type { GreyImage } from './rgb-image.ts'

/** What is marked is not, and the other way round. */
export const invertMask = (mask: GreyImage): GreyImage => ({ ...mask, data: mask.data.map((value) => 255 - value) })

/** Marks everything within `radius` pixels (Euclidean, between middles) of what is marked. 0 or 255. */
export function growMask(mask: GreyImage, radius: number): GreyImage {
  const limit = radius * radius
  if (radius <= 0) return mask
  return { ...mask, data: Uint8Array.from(squaredDistances(mask, radius), (square) => (square <= limit ? 255 : 0)) }
}

/**
 * Softens the border outwards: what is marked stays 255, and over `width` pixels around it the values fall evenly to 0,
 * so that what is drawn passes into what is kept.
 */
export function featherMask(mask: GreyImage, width: number): GreyImage {
  if (width <= 0) return mask
  const data = Uint8Array.from(squaredDistances(mask, width + 1), (square) =>
    Math.max(0, Math.round(255 * (1 - Math.sqrt(square) / (width + 1)))),
  )
  return { ...mask, data }
}

/**
 * The square of each pixel's distance to the nearest marked one, beyond `reach` anything larger: along the rows first,
 * then from row to row (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012).
 */
function squaredDistances({ width, height, data }: GreyImage, reach: number): Float64Array {
  const far = 4 * (width + height + reach) ** 2
  const squares = new Float64Array(width * height)
  for (let y = 0; y < height; y++) rowDistances(squares, data, y * width, width, far)
  const column = new Float64Array(height)
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) column[y] = squares[y * width + x]!
    const lower = lowerEnvelope(column)
    for (let y = 0; y < height; y++) squares[y * width + x] = lower[y]!
  }
  return squares
}

function rowDistances(out: Float64Array, data: Uint8Array, start: number, width: number, far: number): void {
  let last = -Infinity
  for (let x = 0; x < width; x++) {
    if (data[start + x] !== 0) last = x
    out[start + x] = Math.min(far, (x - last) ** 2)
  }
  last = Infinity
  for (let x = width - 1; x >= 0; x--) {
    if (data[start + x] !== 0) last = x
    out[start + x] = Math.min(out[start + x]!, (last - x) ** 2)
  }
}

/** min over q of (p - q)^2 + f(q), for each p: the lower envelope of parabolas. */
function lowerEnvelope(f: Float64Array): Float64Array {
  const n = f.length
  const places = new Int32Array(n)
  const borders = new Float64Array(n + 1)
  borders[0] = -Infinity
  borders[1] = Infinity
  let top = 0
  const meet = (p: number, q: number) => (f[p]! + p * p - (f[q]! + q * q)) / (2 * (p - q))
  for (let p = 1; p < n; p++) {
    let border = meet(p, places[top]!)
    while (border <= borders[top]!) border = meet(p, places[--top]!)
    places[++top] = p
    borders[top] = border
    borders[top + 1] = Infinity
  }
  const out = new Float64Array(n)
  for (let p = 0, at = 0; p < n; p++) {
    while (borders[at + 1]! < p) at++
    out[p] = (p - places[at]!) ** 2 + f[places[at]!]!
  }
  return out
}
