import type { RgbImage } from '../../image/rgb-image.ts'
import { resizeRgb } from '../../image/resize.ts'
import type { PixelSize } from '../../image/vae-preprocess.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'

/** A condition picture as a ControlNet takes it: resized (Lanczos) to the drawn size, [1, 3, h, w] in [0, 1]. */
export function conditionTensor(image: RgbImage, { width, height }: PixelSize): FloatTensor {
  const { data } = resizeRgb(image, width, height, 'lanczos')
  const plane = width * height
  const out = new Float32Array(3 * plane)
  for (let c = 0; c < 3; c++) for (let i = 0; i < plane; i++) out[c * plane + i] = data[i * 3 + c]! / 255
  return float32(out, [1, 3, height, width])
}
