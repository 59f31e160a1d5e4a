/** Pictures for the tests, made here: a gradient that is different in every corner and channel. */
import sharp from 'sharp'
import { pngChunk, pngSignature } from '../../src/image/png-chunks.ts'
import type { RgbImage } from '../../src/image/rgb-image.ts'

export function gradient(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      data[at] = Math.round((x / Math.max(1, width - 1)) * 255)
      data[at + 1] = Math.round((y / Math.max(1, height - 1)) * 255)
      data[at + 2] = 255 - data[at]
    }
  return { width, height, data }
}

export const encoder = ({ width, height, data }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } })

/** A PNG of 16 bits a channel whose every value is `value`. */
export function png16(width: number, height: number, channels: 1 | 3, value: number): Promise<Buffer> {
  const data = new Uint16Array(width * height * channels).fill(value)
  const colourspace = channels === 1 ? 'grey16' : 'rgb16'
  return sharp(data, { raw: { width, height, channels } }).toColourspace(colourspace).png().toBuffer()
}

/** `frames` frames of one size as an animated GIF or WebP. */
export function animated(format: 'gif' | 'webp', frames: number): Promise<Buffer> {
  const images = Array.from({ length: frames }, (_, i) => gradient(16, 12).data.map((value) => (value + i * 40) % 256))
  const raw = { width: 16, height: 12 * frames, channels: 3, pageHeight: 12 } as const
  return sharp(Buffer.concat(images), { raw })
    [format]({ delay: Array.from({ length: frames }, () => 100) })
    .toBuffer()
}

/** A PNG whose header says that it has this size, and nothing after it but an end. */
export function pngHeaderOnly(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([pngSignature, pngChunk('IHDR', header), pngChunk('IEND', new Uint8Array())])
}

/** A whole PNG made into an animated one by the chunk that says so. */
export function asApng(png: Uint8Array, frames: number): Uint8Array {
  const control = Buffer.alloc(8)
  control.writeUInt32BE(frames, 0)
  return Buffer.concat([png.subarray(0, 33), pngChunk('acTL', control), png.subarray(33)])
}
