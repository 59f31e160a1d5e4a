import { readFileSync } from 'node:fs'
import path from 'node:path'
import { decodeImage } from '../../src/image/decode.ts'
import type { RgbImage } from '../../src/image/rgb-image.ts'

/** Held-out scenes, questions, edits and masks of the embedded world (copied from the models' release). */
export const evalFolder = path.join(import.meta.dirname, 'eval')

export const readEvalJson = <T>(file: string): T => JSON.parse(readFileSync(path.join(evalFolder, file), 'utf8')) as T

export const readEvalLines = <T>(file: string): readonly T[] =>
  readFileSync(path.join(evalFolder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

export const readEvalBytes = (file: string): Uint8Array => readFileSync(path.join(evalFolder, file))

const limits = { maxBytes: 1 << 26, maxPixels: 1 << 24 }
export const pixelsOf = (bytes: Uint8Array): Promise<RgbImage> => decodeImage(bytes, { limits })

/** Which pixels two pictures of one size differ in by more than `threshold` levels in any channel: 1 or 0 a pixel. */
export function differingPixels(a: RgbImage, b: RgbImage, threshold: number): Uint8Array {
  const region = new Uint8Array(a.width * a.height)
  for (let i = 0; i < a.data.length; i++)
    if (Math.abs(a.data[i]! - b.data[i]!) > threshold) region[Math.floor(i / 3)] = 1
  return region
}

/** The region made larger by `radius` pixels in all directions (a square). */
export function grown(region: Uint8Array, width: number, radius: number): Uint8Array {
  const height = region.length / width
  const out = new Uint8Array(region.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (!region[y * width + x]) continue
      for (let v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++)
        out.fill(1, v * width + Math.max(0, x - radius), v * width + Math.min(width, x + radius + 1))
    }
  return out
}

/** Peak signal-to-noise ratio in dB over the pixels where `region` is `value`; Infinity when they are all equal. */
export function psnr(a: RgbImage, b: RgbImage, region?: Uint8Array, value = 1): number {
  let sum = 0
  let count = 0
  for (let i = 0; i < a.data.length; i++) {
    if (region && region[Math.floor(i / 3)] !== value) continue
    sum += (a.data[i]! - b.data[i]!) ** 2
    count++
  }
  return sum === 0 ? Infinity : 10 * Math.log10((255 ** 2 * count) / sum)
}
