import { float32, type FloatTensor } from '../tensor/tensor.ts'
import { resizeRgb } from './resize.ts'
import type { RgbImage } from './rgb-image.ts'

export interface PixelSize {
  readonly width: number
  readonly height: number
}

/** Both sides rounded down to a multiple of `factor`, the autoencoder's 8; at least one of it. */
export const roundDownToMultiple = ({ width, height }: PixelSize, factor = 8): PixelSize => ({
  width: Math.max(factor, width - (width % factor)),
  height: Math.max(factor, height - (height % factor)),
})

/**
 * A picture as the autoencoder takes it: resized (Lanczos) to `size`, or where that is absent to its own size rounded
 * down to multiples of 8. Returns [1, 3, height, width] float32 in [-1, 1].
 */
export function vaePreprocess(image: RgbImage, size: PixelSize = roundDownToMultiple(image)): FloatTensor {
  const { data, width, height } = resizeRgb(image, size.width, size.height, 'lanczos')
  const plane = width * height
  const out = new Float32Array(3 * plane)
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < plane; i++) out[c * plane + i] = 2 * Math.fround(data[i * 3 + c]! / 255) - 1
  return float32(out, [1, 3, height, width])
}
