import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { latentDistribution, openAutoencoder } from '../../src/families/stable-diffusion/autoencoder.ts'
import { featherMask } from '../../src/image/mask-edges.ts'
import { binarize, toGrey } from '../../src/image/mask.ts'
import { encodePng } from '../../src/image/png.ts'
import { toRgbImages } from '../../src/image/postprocess.ts'
import { chooseRegion, regionOfPicture } from '../../src/image/region.ts'
import type { GreyImage, RgbImage } from '../../src/image/rgb-image.ts'
import { vaePreprocess } from '../../src/image/vae-preprocess.ts'
import { finishMasked } from '../../src/pipelines/finish-masked.ts'
import { regionRestorer } from '../../src/pipelines/restore-model.ts'
import { boxMask, decode, fixture, model, noTurns, runtime, waves } from './restoring.ts'

const restorer = regionRestorer(model, 3)

/** The picture made brighter or darker, as drawn pictures come out. */
const drifted = ({ width, height, data }: RgbImage, gain: number, offset: number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from(data, (value) => Math.min(255, Math.max(0, Math.round(value * gain + offset)))),
})

/** How many bytes differ where the mask is 0. */
function keptDifferences(original: RgbImage, image: RgbImage, mask: GreyImage): number {
  expect([image.width, image.height]).toEqual([original.width, original.height])
  let count = 0
  for (let at = 0, i = 0; at < mask.data.length; at++)
    for (let c = 0; c < 3; c++, i++) if (mask.data[at] === 0 && image.data[i] !== original.data[i]) count++
  return count
}

describe('a drawn window', () => {
  it('goes back into a picture of 3000 x 2000: kept bytes are those of the picture in the final PNG', async () => {
    const original = waves(3000, 2000)
    const mask = boxMask(3000, 2000, 1100, 700, 400, 300)
    const region = chooseRegion(mask, { side: 128 })
    const before = Uint8Array.from(original.data)
    const generated = drifted(regionOfPicture(original, region), 1, 20)
    expect(Math.max(generated.width, generated.height)).toBeLessThan(200) // only the window was made small
    const finished = await finishMasked({ original, mask, region, generated }, restorer, noTurns)
    expect(finished.restore).toEqual({ scale: 2 })
    const final = await decode(await encodePng(finished.image))
    expect(keptDifferences({ ...original, data: before }, final, mask)).toBe(0)
    const middle = (850 * 3000 + 1300) * 3
    expect(final.data[middle]).not.toBe(original.data[middle])
  })

  it('without a restorer is enlarged and pasted, and the recipe says that nothing was restored', async () => {
    const original = waves(300, 200)
    const mask = boxMask(300, 200, 0, 0, 290, 150)
    const region = chooseRegion(mask, { side: 64 })
    const generated = drifted(regionOfPicture(original, region), 1, 20)
    const { image, restore, seam } = await finishMasked({ original, mask, region, generated }, undefined, noTurns)
    expect(restore).toBe(false)
    expect(seam.after).toEqual(seam.before)
    expect(keptDifferences(original, image, mask)).toBe(0)
  })

  it('is mixed with the picture only where the mask is soft', async () => {
    const original = waves(128, 128)
    const mask = featherMask(boxMask(128, 128, 48, 48, 32, 32), 8)
    const region = chooseRegion(mask, { side: 128 })
    const generated = drifted(original, 1, 60)
    const { image } = await finishMasked({ original, mask, region, generated }, undefined, noTurns)
    const step = (x: number) => image.data[(64 * 128 + x) * 3]! - original.data[(64 * 128 + x) * 3]!
    expect(step(64)).toBe(generated.data[(64 * 128 + 64) * 3]! - original.data[(64 * 128 + 64) * 3]!)
    const across = [36, 41, 43, 45, 47, 48].map(step)
    expect(across).toEqual([...across].sort((a, b) => a - b))
    expect(across[0]).toBe(0)
  })
})

describe('on the held-out scenes, whose masked part went through the VAE', async () => {
  const vae = openAutoencoder(path.resolve('models/llmga-tiny/sd-t2i/vae'), runtime)
  const scenes = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const original = await decode(fixture(`inpaint/${i}_image.png`))
      const mask = binarize(toGrey(await decode(fixture(`inpaint/${i}_mask.png`))))
      const { mean } = latentDistribution(await vae.encodeMoments(vaePreprocess(original)))
      const latents = { ...mean, data: mean.data.map((value) => value * vae.config.scaling_factor) }
      const [decoded] = toRgbImages(await vae.decode(latents))
      return { original, mask, decoded: decoded! }
    }),
  )

  const finishAll = (gain: number, offset: number) =>
    Promise.all(
      scenes.map(({ original, mask, decoded }) => {
        const region = chooseRegion(mask, { side: 128 })
        return finishMasked({ original, mask, region, generated: drifted(decoded, gain, offset) }, restorer, noTurns)
      }),
    )
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

  it('brighter than its surroundings, the step of brightness falls on each and to less than half in all', async () => {
    const seams = (await finishAll(1.06, 0.03 * 255)).map(({ seam }) => seam)
    for (const { before, after } of seams) expect(after.mean).toBeLessThan(before.mean)
    expect(sum(seams.map(({ after }) => after.mean))).toBeLessThan(0.5 * sum(seams.map(({ before }) => before.mean)))
  })

  it('with less contrast, the steps of brightness, contrast and texture all fall', async () => {
    const seams = (await finishAll(0.85, 0)).map(({ seam }) => seam)
    for (const what of ['mean', 'deviation', 'gradient'] as const)
      expect(sum(seams.map(({ after }) => after[what]))).toBeLessThan(sum(seams.map(({ before }) => before[what])))
  })

  it('every kept byte stays', async () => {
    for (const [i, { image }] of (await finishAll(1, 0)).entries())
      expect(keptDifferences(scenes[i]!.original, image, scenes[i]!.mask)).toBe(0)
  })
})
