import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ImageToImageRequest } from '../../src/contract/inference.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { imageToImage } from '../../src/pipelines/image-to-image.ts'
import { workingSize } from '../../src/pipelines/working-size.ts'
import { encoder, gradient } from '../image/pictures.ts'
import { about, collect, model, pixelsOf, watched } from './drawing.ts'

const scene = readFileSync('test/fixtures/llmga-tiny/sample-fox.png')
const prompt = 'a big orange fox in the center, in the snow under a grey sky, cartoon style'
const redraw = (wanted: Partial<ImageToImageRequest> = {}, { with: asked = model } = {}) =>
  collect((context) =>
    imageToImage({ kind: 'image-to-image', prompt, seed: 7, steps: 5, image: scene, ...wanted }, asked, context),
  )

describe('a picture drawn anew', () => {
  it('runs the share of the steps that its strength says', async () => {
    for (const [strength, count] of [
      [0.4, 2],
      [undefined, 3],
      [1, 5],
    ] as const) {
      const { with: asked, seen } = watched()
      const { images, steps } = await redraw({ ...(strength && { strength }) }, { with: asked })
      expect(seen).toHaveLength(count)
      expect(steps.at(-1)).toMatchObject({ step: count, steps: count })
      expect(images[0]!.recipe).toMatchObject({ operation: 'image-to-image', strength: strength ?? 0.6 })
    }
  })

  it('is nearer to what it was with less strength', async () => {
    const before = (await decodeImage(scene, { limits: { maxBytes: 1e6, maxPixels: 1e6 } })).data
    const distance = async (strength: number) =>
      (await pixelsOf(await redraw({ strength }))).reduce((sum, value, i) => sum + Math.abs(value - before[i]!), 0)
    const [little, middle, much] = [await distance(0.2), await distance(0.6), await distance(1)]
    expect(little).toBeLessThan(middle)
    expect(middle).toBeLessThan(much)
  })

  it('is the same again for its recipe', async () => {
    const first = (await redraw({ sampler: 'euler-a', negativePrompt: 'blue' })).images[0]!
    expect(first.recipe.models).toEqual({ t2i: about.identity })
    const { prompt: words, negativePrompt, seed, sampler, steps, strength, guidanceScale } = first.recipe
    const wanted = { prompt: words, negativePrompt, seed, sampler, steps, strength: strength!, guidanceScale }
    expect(Buffer.compare((await redraw(wanted)).images[0]!.png, first.png)).toBe(0)
  })

  it('keeps the ratio of the picture, at the size of the model', async () => {
    const image = await encoder(gradient(300, 200)).png().toBuffer()
    const { images } = await redraw({ image, strength: 0.2 })
    expect([images[0]!.width, images[0]!.height]).toEqual([192, 128])
  })

  it.each([
    [0, /leaves none/],
    [0.05, /leaves none/],
    [1.01, /strength 1\.01/],
    [NaN, /strength NaN/],
  ])('may not have the strength %d', async (strength, message) => {
    await expect(redraw({ strength })).rejects.toMatchObject({
      code: 'input/invalid-option',
      message: expect.stringMatching(message) as string,
    })
  })
})

describe('the size at which a picture is drawn', () => {
  it.each([
    [128, 128, 128, 128],
    [3000, 2000, 192, 128],
    [200, 300, 128, 192],
    [100, 64, 200, 128],
    [5000, 100, 384, 8], // very long: its long side is bounded
    [1, 1, 128, 128],
  ])('of %d x %d is %d x %d', (width, height, ...drawn) => {
    const size = workingSize({ width, height }, model)
    expect([size.width, size.height]).toEqual(drawn)
  })
})
