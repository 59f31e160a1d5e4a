import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { InpaintRequest, MaskSpec } from '../../src/contract/inference.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { maskPreprocess, toGrey } from '../../src/image/mask.ts'
import { readPngText, recipeKeyword } from '../../src/image/png.ts'
import { vaePreprocess } from '../../src/image/vae-preprocess.ts'
import { denoise } from '../../src/pipelines/denoise.ts'
import type { MaskedModels } from '../../src/pipelines/draw-masked.ts'
import { inpaint } from '../../src/pipelines/inpaint.ts'
import { maskedStart } from '../../src/pipelines/masked-latents.ts'
import { loadRestore, regionRestorer } from '../../src/pipelines/restore-model.ts'
import { createScheduler } from '../../src/schedulers/create-scheduler.ts'
import { openSafetensors, readWeight } from '../../src/weights/safetensors.ts'
import { largestDifference, pictureOf } from '../families/stable-diffusion/reference.ts'
import { gradient, encoder } from '../image/pictures.ts'
import { about, collect, loadInpaintModel, model, pixelsOf, runtime, watched } from './drawing.ts'

const trained = await loadInpaintModel()
const fixture = (name: string) => readFileSync(`test/fixtures/llmga-tiny/${name}`)
const limits = { maxBytes: 1e8, maxPixels: 1e8 }
const scene = fixture('inpaint-image.png')
const wide = await encoder(gradient(64, 32)).png().toBuffer()
const right: MaskSpec = { shapes: [{ type: 'boxes', boxes: [{ x: 0.5, y: 0.25, width: 0.25, height: 0.5 }] }] }
const quick = { kind: 'inpaint', prompt: 'a red car', seed: 7, steps: 2, image: scene, mask: right } as const

const fill = (
  wanted: Partial<InpaintRequest> = {},
  { with: asked = { draw: trained }, abortAfter }: { with?: MaskedModels; abortAfter?: number } = {},
) => collect((context) => inpaint({ ...quick, ...wanted }, asked, context), abortAfter)

/** For each pixel, whether two pictures differ there. */
const differing = (a: Uint8Array, b: Uint8Array) =>
  Array.from({ length: a.length / 3 }, (_, i) => [0, 1, 2].some((c) => a[i * 3 + c] !== b[i * 3 + c]))
const pixels = async (file: Uint8Array) => decodeImage(file, { limits })

describe('filling in', () => {
  it('is what diffusers computes with the embedded model', async () => {
    const { tensors } = openSafetensors('test/fixtures/llmga-tiny/inpaint-reference.safetensors')
    const expected = (name: string) => readWeight(tensors.get(name)!).data as Float32Array
    const { pipeline, settings } = trained
    const overrides = { ...settings.scheduler, _class_name: 'DDIMScheduler', clip_sample: false }
    const scheduler = createScheduler(pipeline.schedulerConfig, { steps: 20, overrides })
    const image = vaePreprocess(await pictureOf('inpaint-image.png'))
    const mask = maskPreprocess(toGrey(await pictureOf('inpaint-mask.png')))
    // The reference takes the mean of the masked picture's posterior: a sample whose noise is zero.
    const draws = [expected('initial_latents'), new Float32Array(4 * 16 * 16)]
    const start = await maskedStart(pipeline, scheduler, { image, mask, strength: 1 }, () => draws.shift()!)
    expect(mask.latentMask.data).toEqual(expected('mask_latent'))
    expect(largestDifference(start.maskedLatents.data, expected('masked_image_latents'))).toBeLessThan(1e-3)
    const prompt = 'a small yellow boat on the left, in a desert with sand dunes, cartoon style'
    const words = await pipeline.encode({ prompt }, { scheme: 'plain', width: 128, height: 128 })
    const options = { denoiser: pipeline.denoiser, scheduler, guidanceScale: 7.5, noise: () => new Float32Array() }
    let latents = start.latents
    for await (const step of denoise({ ...options, ...words, ...start })) latents = step.latents
    expect(largestDifference(latents.data, expected('final_latents'))).toBeLessThan(5e-3)
    const decoded = await pipeline.autoencoder.decode(latents)
    expect(largestDifference(decoded.data, expected('decoded'))).toBeLessThan(1e-2)
  })

  it.each([
    ['a model that was trained for it', trained, [2, 9, 16, 16]],
    ['any other model', model, [2, 4, 16, 16]],
  ] as const)('with %s changes what is masked and nothing else', async (_, asked, shape) => {
    const { with: draw, seen } = watched(asked)
    const drawn = await fill({}, { with: { draw } })
    expect(seen.map(({ sample }) => sample.shape)).toEqual([shape, shape])
    const changed = differing(await pixelsOf(drawn), (await pixels(scene)).data)
    const inside = (i: number) => i % 128 >= 64 && i % 128 < 96 && Math.floor(i / 128) >= 32 && Math.floor(i / 128) < 96
    expect(changed.some((is, i) => is && !inside(i))).toBe(false)
    expect(changed.filter(Boolean).length).toBeGreaterThan(32 * 64 * 0.9)
    expect(drawn.images[0]!.details!.changedShare).toBeCloseTo(changed.filter(Boolean).length / 128 ** 2, 10)
  })

  it('in a photo of 3000 x 2000 works on a window, and gives back 3000 x 2000 with every kept pixel as it was', async () => {
    const photo = gradient(3000, 2000)
    const image = await encoder(photo).png({ compressionLevel: 1 }).toBuffer()
    const mask: MaskSpec = { shapes: [{ type: 'boxes', boxes: [{ x: 0.5, y: 0.5, width: 0.1, height: 0.1 }] }] }
    const { with: draw, seen } = watched(trained)
    const drawn = await fill({ image, mask, steps: 1 }, { with: { draw } })
    expect(drawn.images[0]).toMatchObject({ width: 3000, height: 2000, recipe: { width: 3000, height: 2000 } })
    expect(seen[0]!.sample.shape.slice(2).every((side) => side <= 24)).toBe(true)
    const got = await pixelsOf(drawn)
    let [kept, changed] = [0, 0]
    for (let i = 0; i < got.length; i++) {
      const [x, y] = [Math.floor(i / 3) % 3000, Math.floor(i / 9000)]
      const masked = x >= 1500 && x < 1800 && y >= 1000 && y < 1200
      if (got[i] === photo.data[i]) continue
      if (masked) changed++
      else kept++
    }
    expect(kept).toBe(0)
    expect(changed).toBeGreaterThan(300 * 200 * 3 * 0.5)
  })

  it('turns a picture upright first', async () => {
    const image = await encoder(gradient(96, 64)).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer()
    const drawn = await fill({ image, steps: 1 })
    expect(drawn.images[0]).toMatchObject({ width: 64, height: 96 })
    const upright = await pixels(image)
    const changed = differing(await pixelsOf(drawn), upright.data)
    const inside = (i: number) => i % 64 >= 32 && i % 64 < 48 && Math.floor(i / 64) >= 24 && Math.floor(i / 64) < 72
    expect(changed.some((is, i) => is && !inside(i))).toBe(false)
  })

  it('fills what is transparent in the picture', async () => {
    const { data, width, height } = gradient(64, 64)
    const alpha = Buffer.alloc(width * height, 255).fill(0, 0, 64 * 16)
    const image = await sharp(data, { raw: { width, height, channels: 3 } })
      .joinChannel(alpha, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer()
    const changed = differing(await pixelsOf(await fill({ image, mask: { shapes: [{ type: 'alpha' }] } })), data)
    expect(changed.slice(64 * 16).some(Boolean)).toBe(false)
    expect(changed.slice(0, 64 * 16).filter(Boolean).length).toBeGreaterThan(900)
  })

  it('with a feather mixes around the mask, and no further', async () => {
    const changed = differing(
      await pixelsOf(await fill({ mask: { ...right, feather: 6 } })),
      (await pixels(scene)).data,
    )
    const reach = (by: number) => (i: number) => {
      const [x, y] = [i % 128, Math.floor(i / 128)]
      return x >= 64 - by && x < 96 + by && y >= 32 - by && y < 96 + by
    }
    expect(changed.some((is, i) => is && !reach(6)(i))).toBe(false)
    expect(changed.some((is, i) => is && !reach(2)(i))).toBe(true)
  })

  it('with little strength keeps something of what was there', async () => {
    const before = (await pixels(scene)).data
    const distance = async (strength: number) => {
      const after = await pixelsOf(await fill({ strength, steps: 10, guidanceScale: 1, prompt: 'a purple fish' }))
      return after.reduce((sum, value, i) => sum + Math.abs(value - before[i]!), 0)
    }
    expect(await distance(0.2)).toBeLessThan(await distance(1))
  })
})

describe('the recipe of a filled in picture', () => {
  it('names what went in, and draws the same bytes again', async () => {
    const mask: MaskSpec = {
      shapes: [
        {
          type: 'strokes',
          strokes: [
            {
              points: [
                [0.2, 0.2],
                [0.7, 0.6],
              ],
              radius: 0.1,
            },
          ],
        },
      ],
      grow: 3,
      feather: 2,
    }
    const first = (await fill({ mask, strength: 0.9, negativePrompt: 'blue' })).images[0]!
    const { recipe, details } = first
    expect(JSON.parse(readPngText(first.png)[recipeKeyword]!)).toEqual(recipe)
    expect(recipe).toMatchObject({
      operation: 'inpaint',
      strength: 0.9,
      feather: 2,
      restore: false,
      models: { inpaint: about.identity },
    })
    const nameOf = (file: Uint8Array) => createHash('sha256').update(file).digest('hex')
    expect(recipe.inputs).toEqual({ image: nameOf(scene), mask: nameOf(details!.maskPng!) })
    const { prompt, negativePrompt, seed, steps, sampler, guidanceScale, strength, feather } = recipe
    const kept = { shapes: [{ type: 'image', image: details!.maskPng! }], feather: feather! } as const
    const again = { prompt, negativePrompt, seed, steps, sampler, guidanceScale, strength: strength!, mask: kept }
    expect(Buffer.compare((await fill(again)).images[0]!.png, first.png)).toBe(0)
  })

  it('says what restored it, and its seam before and after', async () => {
    const settings = { scales: { 1: 'DiffRIR-tiny-x1.pth', 2: 'DiffRIR-tiny-x2.pth' } } as const
    const identity = { name: 'llmga-tiny', sha256: 'def' }
    const loaded = await loadRestore(path.resolve('models/llmga-tiny/diffrir'), runtime, {
      settings,
      identity,
      versions: {},
    })
    const restore = { ...regionRestorer(loaded, 7), identity }
    const drawn = await fill({ steps: 4 }, { with: { draw: trained, restore } })
    const { recipe, details } = drawn.images[0]!
    expect(recipe).toMatchObject({ restore: { scale: 1 }, models: { inpaint: about.identity, restore: identity } })
    expect(details!.seam!.before).not.toEqual(details!.seam!.after)
    const changed = differing(await pixelsOf(drawn), (await pixels(scene)).data)
    expect(changed.filter((is, i) => is && i % 128 < 64)).toEqual([])
    const without = await fill({ restore: false }, { with: { draw: trained, restore } })
    expect(without.images[0]!.recipe).toMatchObject({ restore: false, models: { inpaint: about.identity } })
  })
})

describe('filling in ends', () => {
  it('within a step when it is cancelled', async () => {
    const { with: draw, seen } = watched(trained)
    await expect(fill({ steps: 10 }, { with: { draw }, abortAfter: 2 })).rejects.toMatchObject({
      code: 'inference/cancelled',
    })
    expect(seen).toHaveLength(2)
  })

  it.each<[string, Partial<InpaintRequest>, string, RegExp]>([
    ['a mask that marks nothing', { mask: { shapes: [] } }, 'input/empty', /marks nothing/],
    ['a full mask', { mask: { shapes: [], invert: true } }, 'input/invalid-option', /whole picture/],
    [
      'a mask of another shape',
      { mask: { shapes: [{ type: 'image', image: wide }] } },
      'input/invalid-option',
      /mask is 64 x 32/,
    ],
    ['strength above 1', { strength: 1.5 }, 'input/invalid-option', /strength 1\.5/],
    ['strength that leaves no step', { strength: 0.1 }, 'input/invalid-option', /leaves none/],
    ['a picture that is none', { image: new Uint8Array([1]) }, 'image/unreadable', /not a picture/],
  ])('before it begins for %s', async (_, wanted, code, message) => {
    const { with: draw, seen } = watched(trained)
    await expect(fill(wanted, { with: { draw } })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    })
    expect(seen).toEqual([])
  })
})
