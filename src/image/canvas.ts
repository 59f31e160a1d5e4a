/** A picture on a larger canvas, for outpainting. */
import type { Sides } from '../contract/inference.ts'
import type { Box } from './region.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

/** The picture in a canvas that is larger by `sides`; the new pixels mirror those at its borders, so that nothing ends
 * abruptly where a model looks. */
export function growCanvas(image: RgbImage, { left, top, right, bottom }: Sides): RgbImage {
  const [width, height] = [image.width + left + right, image.height + top + bottom]
  const data = new Uint8Array(width * height * 3)
  const columns = Int32Array.from({ length: width }, (_, x) => 3 * mirrored(x - left, image.width))
  for (let y = 0; y < height; y++) {
    const row = mirrored(y - top, image.height) * image.width * 3
    for (let x = 0, to = y * width * 3; x < width; x++, to += 3) {
      const from = row + columns[x]!
      data[to] = image.data[from]!
      data[to + 1] = image.data[from + 1]!
      data[to + 2] = image.data[from + 2]!
    }
  }
  return { width, height, data }
}

/** A place beyond 0 .. length - 1 reflected back, the border pixel once, as often as is needed. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const place = ((at % period) + period) % period
  return place < length ? place : period - place
}

/** 0 inside of the box, 255 around it. */
export function maskAround(width: number, height: number, box: Box): GreyImage {
  const data = new Uint8Array(width * height).fill(255)
  return clearBox({ width, height, data }, box)
}

/** The mask with 0 inside of the box. */
export function clearBox(mask: GreyImage, { left, top, width, height }: Box): GreyImage {
  const data = mask.data.slice()
  for (let y = top; y < top + height; y++) data.fill(0, y * mask.width + left, y * mask.width + left + width)
  return { ...mask, data }
}
