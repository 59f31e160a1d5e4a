/** SDXL on a small model of the goldens: its pictures carry no meaning, its arithmetic does (test/golden). */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { partsOf } from '../../src/families/stable-diffusion/stable-diffusion.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { imageToImage } from '../../src/pipelines/image-to-image.ts'
import { inpaint } from '../../src/pipelines/inpaint.ts'
import { outpaint } from '../../src/pipelines/outpaint.ts'
import { loadPictureModel } from '../../src/pipelines/picture-model.ts'
import { encoder, gradient } from '../image/pictures.ts'
import { collect, draw, pixelsOf, runtime, watched } from './drawing.ts'

const xl = await loadPictureModel(partsOf(path.resolve('test/golden/cases/sd/_models/sdxl-a')), runtime, {
  role: 't2i',
  settings: {
    defaults: { sampler: 'euler', steps: 5, guidanceScale: 5, width: 128, height: 128 },
    scheduler: {},
  },
  identity: { name: 'sdxl-a', sha256: 'abc' },
  versions: {},
})
const prompt = 'a red house'
const image = await encoder(gradient(128, 96)).png().toBuffer()
const quick = { prompt, seed: 3, steps: 2, image }

describe('SDXL', () => {
  it('is told the size of the picture and the pooled words', async () => {
    const { with: asked, seen } = watched(xl)
    const drawn = await draw({ prompt, width: 64, height: 96 }, { with: asked })
    expect(drawn.images[0]).toMatchObject({ width: 64, height: 96, recipe: { models: { t2i: { name: 'sdxl-a' } } } })
    const { time_ids: ids, text_embeds: pooled, encoder_hidden_states: states } = seen[0]!
    expect(ids!.shape).toEqual([2, 6])
    expect(Array.from(ids!.data)).toEqual([96, 64, 0, 0, 96, 64, 96, 64, 0, 0, 96, 64])
    expect(pooled!.shape[0]).toBe(2)
    expect(states.shape[0]).toBe(2)
  })

  it('is told nothing, zeros, where there is no negative prompt', async () => {
    const negativeOf = async (negativePrompt?: string) => {
      const { with: asked, seen } = watched(xl)
      await draw({ prompt, steps: 1, ...(negativePrompt !== undefined && { negativePrompt }) }, { with: asked })
      const { encoder_hidden_states: states, text_embeds: pooled } = seen[0]!
      return [states, pooled!].map(({ data }) => data.subarray(0, data.length / 2))
    }
    for (const nothing of [undefined, ''])
      for (const row of await negativeOf(nothing)) expect(row.every((value) => value === 0)).toBe(true)
    for (const row of await negativeOf('blurry')) expect(row.some((value) => value !== 0)).toBe(true)
  })

  it('weighs words, and reads prompts of 200 tokens', async () => {
    const plain = await pixelsOf(await draw({ prompt }, { with: xl }))
    expect(await pixelsOf(await draw({ prompt: 'a (red:1.5) house' }, { with: xl }))).not.toEqual(plain)
    expect(await pixelsOf(await draw({ prompt: 'a (red:1.0) house' }, { with: xl }))).toEqual(plain)
    const { with: asked, seen } = watched(xl)
    const long = new Array<string>(199).fill('a').join(' ')
    await draw({ prompt: `${long} house`, steps: 1 }, { with: asked })
    expect(seen[0]!.encoder_hidden_states.shape[1]).toBeGreaterThan(200)
  })

  it('draws a picture anew', async () => {
    const { images } = await collect((context) => imageToImage({ kind: 'image-to-image', ...quick }, xl, context))
    expect([images[0]!.width, images[0]!.height]).toEqual([168, 128])
  })

  it('fills in and extends, with every kept pixel as it was', async () => {
    const mask = { shapes: [{ type: 'cells', columns: 2, rows: 1, cells: [1] }] } as const
    const models = { draw: xl }
    const filled = await collect((context) => inpaint({ kind: 'inpaint', ...quick, mask }, models, context))
    const before = gradient(128, 96).data
    const after = await pixelsOf(filled)
    expect(after.every((value, i) => Math.floor(i / 3) % 128 >= 64 || value === before[i])).toBe(true)
    const sides = { left: 0, top: 0, right: 32, bottom: 0 }
    const { with: asked, seen } = watched(xl)
    const grown = await collect((context) => outpaint({ kind: 'outpaint', ...quick, sides }, { draw: asked }, context))
    expect(Array.from(seen[0]!.time_ids!.data.subarray(0, 2))).toEqual([96, 128]) // the window, not the canvas
    const picture = await decodeImage(grown.images[0]!.png, { limits: { maxBytes: 1e6, maxPixels: 1e6 } })
    const left = picture.data.filter((_, i) => Math.floor(i / 3) % 160 < 128)
    expect(Buffer.compare(left, before)).toBe(0)
  })
})
