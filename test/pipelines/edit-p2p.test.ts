import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EditRequest } from '../../src/contract/inference.ts'
import { partsOf } from '../../src/families/stable-diffusion/stable-diffusion.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { resizeRgb } from '../../src/image/resize.ts'
import type { MaskedModels } from '../../src/pipelines/draw-masked.ts'
import { createEditP2p } from '../../src/pipelines/edit-p2p.ts'
import { loadPictureModel } from '../../src/pipelines/picture-model.ts'
import { encoder, gradient } from '../image/pictures.ts'
import { about, collect, folder, model, pixelsOf, runtime } from './drawing.ts'

const limits = { maxBytes: 1e8, maxPixels: 1e8 }
const fish = readFileSync('test/fixtures/llmga-tiny/edit-fish.png')
const sourcePrompt = 'a big pink fish with a red balloon on the left, on a green meadow under a blue sky, cartoon style'
const prompt = sourcePrompt.replace('pink', 'green')
const settings = { ...about.settings, edit: { crossReplace: 0.8, selfReplace: 0.4 } }
const tiny: MaskedModels = { draw: { ...model, settings } }
const quick = { kind: 'edit', image: fish, sourcePrompt, prompt, seed: 1, steps: 2, previews: false } as const

let edit = createEditP2p()
beforeEach(() => {
  edit = createEditP2p()
})
const change = (wanted: Partial<EditRequest> = {}, models = tiny, abortAfter?: number) =>
  collect((context) => edit({ ...quick, ...wanted }, models, context), abortAfter)
const detailsOf = ({ images }: Awaited<ReturnType<typeof change>>) => images[0]!.details!
const grey = async (png: Uint8Array) => (await decodeImage(png, { limits })).data.filter((_, i) => i % 3 === 0)

/** Means of the three channels over a box of the picture. */
function meanColour(data: Uint8Array, width: number, [left, top, right, bottom]: readonly number[]): number[] {
  const sums = [0, 0, 0]
  for (let y = top!; y < bottom!; y++)
    for (let x = left!; x < right!; x++) for (let c = 0; c < 3; c++) sums[c]! += data[(y * width + x) * 3 + c]!
  return sums.map((sum) => sum / ((right! - left!) * (bottom! - top!)))
}

describe('an edit by words', () => {
  it('makes a pink fish green, and leaves sky and meadow as they are to the bit', async () => {
    const drawn = await change({ steps: 20 })
    const [before, after] = [(await decodeImage(fish, { limits })).data, await pixelsOf(drawn)]
    const body = [15, 52, 40, 62]
    const [red, green] = meanColour(before, 128, body)
    expect(red! - green!).toBeGreaterThan(40)
    const [redAfter, greenAfter] = meanColour(after, 128, body)
    expect(greenAfter! - redAfter!).toBeGreaterThan(40)
    for (const box of [
      [0, 0, 128, 12],
      [0, 120, 128, 128],
    ])
      expect(meanColour(after, 128, box)).toEqual(meanColour(before, 128, box))
    expect(detailsOf(drawn).changedWords).toEqual({ source: ['pink'], target: ['green'] })
    expect(detailsOf(drawn).reconstructionError).toBeLessThan(1e-6)
  }, 60_000)

  it('keeps the size and every pixel outside of its mask at any size and ratio', async () => {
    const wide = resizeRgb(await decodeImage(fish, { limits }), 301, 170, 'bicubic')
    const image = await encoder(wide).png().toBuffer()
    const drawn = await change({ image, steps: 5 })
    const { maskPng, changedShare, seam, unetRows } = detailsOf(drawn)
    expect([drawn.images[0]!.width, drawn.images[0]!.height]).toEqual([301, 170])
    const [after, mask] = [await pixelsOf(drawn), await grey(maskPng!)]
    const far = (at: number) => {
      const [x, y] = [at % 301, Math.floor(at / 301)]
      for (let j = Math.max(0, y - 14); j < Math.min(170, y + 15); j++)
        for (let i = Math.max(0, x - 14); i < Math.min(301, x + 15); i++) if (mask[j * 301 + i] !== 0) return false
      return true
    }
    const kept = Array.from(mask, (_, at) => at).filter(far)
    expect(kept.length).toBeGreaterThan(1000)
    for (const at of kept) for (let c = 0; c < 3; c++) expect(after[at * 3 + c]).toBe(wide.data[at * 3 + c])
    expect(changedShare).toBeGreaterThan(0.02)
    expect(changedShare).toBeLessThan(1 - kept.length / mask.length + 1e-9)
    expect(seam!.before).toEqual(seam!.after) // nothing restores
    expect(unetRows).toBe(5 + 3 * 5)
  }, 60_000)

  it('is drawn again, bit for bit, from its recipe', async () => {
    const drawn = await change({ wordWeights: { green: 2 }, strength: 0.7 })
    const { recipe } = drawn.images[0]!
    const { crossReplace, selfReplace, wordWeights, blendWords } = recipe.edit!
    expect(recipe).toMatchObject({
      operation: 'edit',
      sampler: 'ddim',
      strength: 0.7,
      inputs: { image: createHash('sha256').update(fish).digest('hex') },
      edit: { engine: 'direct-inversion-p2p', sourcePrompt, wordWeights: { green: 2 } },
    })
    edit = createEditP2p()
    const again = await change({ strength: 0.7, crossReplace, selfReplace, wordWeights, blendWords } as EditRequest)
    expect(await pixelsOf(again)).toEqual(await pixelsOf(drawn))
    expect(await pixelsOf(await change({ strength: 0.7 }))).not.toEqual(await pixelsOf(drawn))
  })

  it('inverts a picture once for all that is tried on it', async () => {
    const first = await change()
    const stronger = await change({ strength: 0.9 })
    const other = await change({ prompt: sourcePrompt.replace('fish', 'turtle') })
    const elsewhere = await change({ sourcePrompt: `${sourcePrompt}, big eyes`, prompt: `${prompt}, big eyes` })
    expect([first, stronger, other, elsewhere].map((drawn) => detailsOf(drawn).unetRows)).toEqual([8, 6, 6, 8])
    expect(first.steps.map(({ step, steps }) => `${step}/${steps}`)).toEqual(['1/4', '2/4', '3/4', '4/4'])
    expect(stronger.steps.map(({ step, steps }) => `${step}/${steps}`)).toEqual(['1/2', '2/2'])
  })

  it('shows the mask alone, and applies it without computing it again', async () => {
    const shown = await change({ onlyMask: true })
    expect(await pixelsOf(shown)).toEqual((await decodeImage(fish, { limits })).data)
    const applied = await change()
    expect(detailsOf(applied).maskPng).toEqual(detailsOf(shown).maskPng)
    expect([detailsOf(shown).unetRows, detailsOf(applied).unetRows]).toEqual([8, 0])
    edit = createEditP2p()
    expect(await pixelsOf(await change())).toEqual(await pixelsOf(applied))
  })

  it('takes a given mask in place of the words', async () => {
    const mask = { shapes: [{ type: 'boxes', boxes: [{ x: 0.25, y: 0.5, width: 0.25, height: 0.25 }] }] } as const
    const drawn = await change({ mask })
    const [before, after] = [(await decodeImage(fish, { limits })).data, await pixelsOf(drawn)]
    for (let at = 0; at < 128 * 128; at++) {
      const [x, y] = [at % 128, Math.floor(at / 128)]
      if (x >= 32 && x < 64 && y >= 64 && y < 96) continue
      for (let c = 0; c < 3; c++) expect(after[at * 3 + c]).toBe(before[at * 3 + c])
    }
    expect(after).not.toEqual(before)
    expect(detailsOf(await change({ mask, onlyMask: true }))).toMatchObject({ unetRows: 0, changedShare: 0 })
  })

  it('changes the whole picture for a place, a size or a position, and where no words are to blend', async () => {
    const place = await change({ prompt: sourcePrompt.replace('on a green meadow under a blue sky', 'in the snow') })
    const none = await change({ blendWords: { source: [], target: [] } })
    for (const drawn of [place, none]) {
      expect((await grey(detailsOf(drawn).maskPng!)).every((value) => value === 255)).toBe(true)
      expect(detailsOf(drawn).changedShare).toBeGreaterThan(0.9)
    }
    expect(place.images[0]!.recipe.edit).toMatchObject({ crossReplace: 0.4, selfReplace: 0.2 })
  })

  it('reads prompts of more than 77 tokens, also where the changed word lies beyond them', async () => {
    const long = new Array<string>(30).fill('on a green meadow').join(' ')
    const before = `${long}, ${sourcePrompt}`
    const drawn = await change({ sourcePrompt: before, prompt: before.replace('pink', 'purple') })
    const other = await change({ sourcePrompt: before, prompt: before.replace('pink', 'orange') })
    expect(detailsOf(drawn).changedWords).toEqual({ source: ['pink'], target: ['purple'] })
    expect(await pixelsOf(drawn)).not.toEqual(await pixelsOf(other))
    expect(detailsOf(other).unetRows).toBe(6)
  })

  it('can be cancelled while it inverts and while it edits', async () => {
    for (const step of [1, 3])
      await expect(change({}, tiny, step)).rejects.toMatchObject({ code: 'inference/cancelled' })
  })
})

describe('an edit that cannot be', () => {
  it.each<[string, Partial<EditRequest>, string, RegExp]>([
    ['no picture', { image: new Uint8Array() }, 'input/empty', /no picture/],
    ['no source prompt', { sourcePrompt: ' ' }, 'input/empty', /no source prompt/],
    ['no target prompt', { prompt: '' }, 'input/empty', /no target prompt/],
    ['equal prompts', { prompt: sourcePrompt }, 'input/invalid-option', /say the same/],
    ['a word that is not there', { blendWords: { source: ['horse'], target: [] } }, 'input/invalid-option', /"horse"/],
    ['a weight of no word', { wordWeights: { horse: 2 } }, 'input/invalid-option', /"horse"/],
    ['a weight out of range', { wordWeights: { green: -1 } }, 'input/invalid-option', /-1/],
    ['a strength out of range', { strength: 2 }, 'input/invalid-option', /strength 2/],
    ['a share out of range', { crossReplace: 1.5 }, 'input/invalid-option', /crossReplace 1.5/],
    ['a mask that marks nothing', { mask: { shapes: [] } }, 'input/empty', /marks nothing/],
    ['a condition picture', { control: { image: fish } }, 'input/invalid-option', /condition picture/],
  ])('%s', async (_, wanted, code, message) => {
    await expect(change(wanted)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})

describe('an edit with additions', () => {
  it('takes a subject and a LoRA together, and inverts with them', async () => {
    const at = (file: string) => path.resolve('models/llmga-tiny', file)
    const adapters = {
      ipAdapter: {
        name: 'ip-adapter',
        file: at('ip-adapter/ip-adapter-plus_tiny.safetensors'),
        imageEncoder: at('mllm/vision-tower'),
        files: [],
      },
      loras: { blueprint: { file: at('lora/sketch-tiny.safetensors') } },
      loraFolders: [],
    }
    const draw = await loadPictureModel(folder, runtime, { ...about, settings: { ...settings, adapters } })
    const subject = { image: readFileSync('test/fixtures/llmga-tiny/sample-fox.png'), scale: 0.8 }
    const loras = [{ name: 'blueprint', weight: 1 }]
    const wanted = { prompt: sourcePrompt.replace('fish', 'fox') }
    const plain = await change(wanted, { draw })
    const both = await change({ ...wanted, subject, loras }, { draw })
    const subjectOnly = await change({ ...wanted, subject }, { draw })
    expect(both.images[0]!.recipe).toMatchObject({
      subject: { scale: 0.8 },
      loras: [{ name: 'blueprint', weight: 1 }],
      inputs: { image: expect.any(String) as string, subject: expect.any(String) as string },
    })
    expect([plain, both, subjectOnly].map((drawn) => detailsOf(drawn).unetRows)).toEqual([8, 8, 8])
    const pixels = [await pixelsOf(plain), await pixelsOf(both), await pixelsOf(subjectOnly)]
    expect(pixels[1]).not.toEqual(pixels[0])
    expect(pixels[1]).not.toEqual(pixels[2])
    expect(pixels[2]).not.toEqual(pixels[0])
    expect(detailsOf(both).reconstructionError).toBeLessThan(1e-6)
  }, 60_000)
})

describe('an edit on SDXL', () => {
  it('runs with a small model, at any ratio, and keeps what its mask keeps', async () => {
    const draw = await loadPictureModel(partsOf(path.resolve('test/golden/cases/sd/_models/sdxl-a')), runtime, {
      ...about,
      settings: { ...about.settings, scheduler: {} },
      identity: { name: 'sdxl-a', sha256: 'abc' },
    })
    const image = await encoder(gradient(160, 104)).png().toBuffer()
    const words = { sourcePrompt: 'a cat on a chair', prompt: 'a black cat on a wooden chair' }
    const drawn = await change({ image, ...words }, { draw })
    expect([drawn.images[0]!.width, drawn.images[0]!.height]).toEqual([160, 104])
    expect(detailsOf(drawn)).toMatchObject({ unetRows: 8, changedWords: { source: [], target: ['black', 'wooden'] } })
    const reweighted = await change({ image, ...words, wordWeights: { black: 4 } }, { draw })
    expect(await pixelsOf(reweighted)).not.toEqual(await pixelsOf(drawn))
  }, 60_000)
})
