import { float32, type FloatTensor } from './tensor.ts'

/**
 * torch's `interpolate(mode="nearest")` on the last two axes: [..., h, w] -> [..., height, width]. Source places are
 * floor(i x in / out) in float32 arithmetic.
 */
export function nearestInterpolate({ data, shape }: FloatTensor, height: number, width: number): FloatTensor {
  const [fromHeight, fromWidth] = shape.slice(-2) as [number, number]
  const rows = places(fromHeight, height)
  const columns = places(fromWidth, width)
  const planes = data.length / (fromHeight * fromWidth)
  const out = new Float32Array(planes * height * width)
  let at = 0
  for (let plane = 0; plane < planes; plane++)
    for (const y of rows) {
      const row = (plane * fromHeight + y) * fromWidth
      for (const x of columns) out[at++] = data[row + x]!
    }
  return float32(out, [...shape.slice(0, -2), height, width])
}

function places(from: number, to: number): number[] {
  const scale = Math.fround(from / to)
  return Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(Math.fround(i * scale))))
}
