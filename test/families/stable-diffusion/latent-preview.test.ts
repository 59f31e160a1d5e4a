import { describe, expect, it } from 'vitest'
import { openAutoencoder, type Autoencoder } from '../../../src/families/stable-diffusion/autoencoder.ts'
import { createLatentPreview } from '../../../src/families/stable-diffusion/latent-preview.ts'
import { toRgbImages } from '../../../src/image/postprocess.ts'
import type { RgbImage } from '../../../src/image/rgb-image.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { nearestInterpolate } from '../../../src/tensor/interpolate.ts'
import { sizeOf } from '../../../src/tensor/tensor.ts'
import { embedded } from './altered-folder.ts'
import { floatReference, rowOf } from './reference.ts'

const autoencoder = openAutoencoder(embedded('vae'), await createRuntime({ device: 'cpu' }))
/** What the prompt with the fox ends in: a picture of 128 x 128. */
const latents = rowOf(floatReference('t2i.final_latents'), 3)
/** A decode of these takes hundreds of times as long as the small one that the preview measures. */
const large = nearestInterpolate(latents, 512, 512)

/** Mean colour of the square that begins at x, y. */
function colourAt({ data, width }: RgbImage, [x, y, side]: readonly [number, number, number]): number[] {
  const at = (i: number, j: number, c: number) => data[((y + i) * width + x + j) * 3 + c]!
  const places = Array.from({ length: side * side }, (_, k) => [Math.floor(k / side), k % side] as const)
  return [0, 1, 2].map((c) => places.reduce((sum, [i, j]) => sum + at(i, j, c), 0) / places.length)
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const meanError = (a: readonly number[], b: readonly number[]) => mean(a.map((value, i) => Math.abs(value - b[i]!)))

function correlation(a: readonly number[], b: readonly number[]): number {
  const moment = (x: readonly number[], y: readonly number[]) =>
    mean(x.map((value, i) => (value - mean(x)) * (y[i]! - mean(y))))
  return moment(a, b) / Math.sqrt(moment(a, a) * moment(b, b))
}

describe('a preview of latents', () => {
  it('is the decoded picture where decoding is quick', async () => {
    const preview = await createLatentPreview(autoencoder)
    const small = nearestInterpolate(latents, 4, 4)
    expect(preview.costMs(small)).toBeGreaterThan(0)
    expect(await preview.show(small)).toEqual(toRgbImages(await autoencoder.decode(small))[0])
  })

  it('expects a cost that grows with the picture, until it only paints colours', async () => {
    const preview = await createLatentPreview(autoencoder)
    const [four, eight] = [4, 8].map((side) => preview.costMs(nearestInterpolate(latents, side, side)))
    expect(eight! / four!).toBeCloseTo(4, 5)
    expect(preview.costMs(large)).toBe(0)
  })

  it('of large latents has a colour for each, close to what they decode to, with no large decode', async () => {
    const sizes: number[] = []
    const watched: Autoencoder = {
      ...autoencoder,
      decode: (given) => {
        sizes.push(sizeOf(given.shape))
        return autoencoder.decode(given)
      },
    }
    const preview = await createLatentPreview(watched)
    const shown = await preview.show(large)
    expect([shown.width, shown.height]).toEqual([512, 512])
    await preview.show(large)
    expect(sizes).toHaveLength(3) // two to measure, one to fit, none for the second preview
    expect(Math.max(...sizes)).toBeLessThan(sizeOf(large.shape) / 100)
    const [decoded] = toRgbImages(await autoencoder.decode(latents))
    const places = Array.from({ length: 256 }, (_, i) => [i % 16, i >> 4] as const)
    for (const c of [0, 1, 2]) {
      const preview = places.map(([x, y]) => colourAt(shown, [x * 32, y * 32, 1])[c]!)
      const real = places.map(([x, y]) => colourAt(decoded!, [x * 8, y * 8, 8])[c]!)
      expect(correlation(preview, real)).toBeGreaterThan(0.8)
      const oneColour = real.map(() => mean(real))
      expect(meanError(preview, real)).toBeLessThan(0.8 * meanError(oneColour, real))
    }
  })
})
