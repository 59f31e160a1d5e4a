import { roundHalfEven } from '../tensor/round.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import type { RgbImage } from './rgb-image.ts'

/** What the autoencoder decoded, [batch, 3, h, w] about [-1, 1], as [batch, h, w, 3] float32 within [0, 1]. */
export function toUnitRange({ data, shape }: FloatTensor): FloatTensor {
  const [batch, channels, height, width] = shape as [number, number, number, number]
  if (channels !== 3) throw new RangeError(`a decoded picture of shape [${shape.join(', ')}]`)
  const plane = height * width
  const out = new Float32Array(data.length)
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < plane; i++) {
        const value = Math.fround(data[(b * 3 + c) * plane + i]! / 2 + 0.5)
        out[(b * plane + i) * 3 + c] = Math.min(1, Math.max(0, value))
      }
  return float32(out, [batch, height, width, 3])
}

/** The pictures of a decoded batch [batch, 3, h, w]: clamped to [0, 1], times 255, rounded halves to even. */
export function toRgbImages(decoded: FloatTensor): RgbImage[] {
  const { data, shape } = toUnitRange(decoded)
  const [batch, height, width] = shape as [number, number, number, number]
  const size = height * width * 3
  return Array.from({ length: batch }, (_, b) => {
    const bytes = Uint8Array.from(data.subarray(b * size, (b + 1) * size), toByte)
    return { width, height, data: bytes }
  })
}

const toByte = (value: number): number => roundHalfEven(Math.fround(value * 255))
