import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TextToImageRequest } from '../../src/contract/inference.ts'
import { resolveModel } from '../../src/inference/model-presets.ts'
import { inpaint } from '../../src/pipelines/inpaint.ts'
import { loadPictureModel } from '../../src/pipelines/picture-model.ts'
import { about, collect, draw, folder, pixelsOf, runtime } from './drawing.ts'

const { adapters } = resolveModel('t2i', 'llmga-tiny')
const settings = { ...about.settings, adapters }
const model = await loadPictureModel(folder, runtime, { ...about, settings })
const fixture = (name: string) => new Uint8Array(readFileSync(path.join('test/fixtures/llmga-tiny', name)))
const [subject, picture] = [fixture('addon_ip_reference.png'), fixture('addon_controlnet_picture.png')]
const blueprint = { name: 'blueprint', weight: 1 }

/** As diffusers drew it: 128 pixels, 20 steps. */
const whole = { steps: 20, width: 128, height: 128, previews: false }
const drawWith = (request: Partial<Omit<TextToImageRequest, 'kind'>>) => draw(request, { with: model })

async function expectPicture(drawn: Awaited<ReturnType<typeof draw>>, name: string): Promise<void> {
  const [got, expected] = [
    await pixelsOf(drawn),
    await pixelsOf({ ...drawn, images: [{ ...drawn.images[0]!, png: fixture(name) }] }),
  ]
  const off = got.map((value, i) => Math.abs(value - expected[i]!))
  expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(1)
  expect(off.filter((value) => value > 0).length / off.length).toBeLessThan(0.01)
}

describe('pictures with additions', () => {
  it("of a LoRA equal diffusers' to a level", async () => {
    const prompt = 'a big green dinosaur in the center, in a desert with sand dunes, cartoon style, blueprint sketch'
    const drawn = await drawWith({ ...whole, prompt, seed: 604, loras: [blueprint] })
    await expectPicture(drawn, 'addon_lora.png')
    expect(drawn.images[0]!.recipe.loras).toEqual([{ ...blueprint, sha256: adapters.loras['blueprint']!.sha256 }])
  })

  it("of a subject equal diffusers' to a level", async () => {
    const drawn = await drawWith({ ...whole, prompt: 'it on the beach', seed: 901, subject: { image: subject } })
    await expectPicture(drawn, 'addon_ip.png')
    const { recipe } = drawn.images[0]!
    expect(recipe.subject).toEqual({ scale: 1 })
    expect(recipe.inputs?.subject).toMatch(/^[0-9a-f]{64}$/)
    expect(recipe.models['ipAdapter']!.name).toBe('ip-adapter-plus_tiny')
  })

  it("along a picture's edges equal diffusers' to a level", async () => {
    const drawn = await drawWith({
      ...whole,
      prompt: 'a purple bird on a meadow',
      seed: 902,
      control: { image: picture },
    })
    await expectPicture(drawn, 'addon_controlnet.png')
    expect(drawn.images[0]!.recipe.control).toEqual({ preprocess: 'canny', scale: 1, start: 0, end: 1 })
  })
})

describe('additions', () => {
  it('of a weight or scale of 0 leave the picture as it is', async () => {
    const plain = await pixelsOf(await drawWith({}))
    const nothing = { loras: [{ ...blueprint, weight: 0 }], subject: { image: subject, scale: 0 } }
    const control = { image: picture, scale: 0 }
    expect(await pixelsOf(await drawWith({ ...nothing, control }))).toEqual(plain)
  })

  it('of the same LoRA in both formats and in two shares are the same picture', async () => {
    const one = await pixelsOf(await drawWith({ loras: [blueprint] }))
    const kohya = await pixelsOf(await drawWith({ loras: [{ name: 'blueprint-kohya', weight: 1 }] }))
    const shares = [
      { name: 'blueprint', weight: 0.25 },
      { name: 'blueprint-kohya', weight: 0.75 },
    ]
    const both = await pixelsOf(await drawWith({ loras: shares }))
    expect(kohya).toEqual(one)
    const differences = both.map((value, i) => Math.abs(value - one[i]!))
    expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(1)
  })

  it.each(['lcm', 'tcd'] as const)('work together in few steps without guidance (%s)', async (sampler) => {
    const additions = { loras: [blueprint], subject: { image: subject }, control: { image: picture, end: 0.6 } }
    const few = { sampler, steps: 4, guidanceScale: 1 }
    const drawn = await drawWith({ ...few, ...additions })
    expect(drawn.steps).toHaveLength(4)
    expect(drawn.images[0]!.recipe).toMatchObject({ sampler, steps: 4, control: { end: 0.6 } })
    expect(await pixelsOf(drawn)).not.toEqual(await pixelsOf(await drawWith(few)))
  })

  it('act only within their share of the steps', async () => {
    const control = { image: picture }
    const start = (from: number) => drawWith({ control: { ...control, start: from } })
    const [always, late, never] = [await start(0), await start(0.34), await start(0.9)]
    const plain = await pixelsOf(await drawWith({}))
    expect(await pixelsOf(never)).toEqual(plain)
    expect(await pixelsOf(late)).not.toEqual(plain)
    expect(await pixelsOf(late)).not.toEqual(await pixelsOf(always))
  })

  it('go into a picture that is filled in', async () => {
    const box = { type: 'boxes', boxes: [{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }] } as const
    const request = {
      kind: 'inpaint',
      prompt: 'it on a meadow',
      seed: 1,
      steps: 2,
      image: picture,
      mask: { shapes: [box] },
    } as const
    const run = (more: object) => collect((context) => inpaint({ ...request, ...more }, { draw: model }, context))
    const drawn = await run({ subject: { image: subject }, loras: [blueprint] })
    expect(Object.keys(drawn.images[0]!.recipe.inputs!)).toEqual(['image', 'mask', 'subject'])
    expect(await pixelsOf(drawn)).not.toEqual(await pixelsOf(await run({})))
  })
})

describe('additions that cannot be', () => {
  it.each([
    ['an unknown LoRA', { loras: [{ name: 'ink', weight: 1 }] }, 'model/not-found', 'there is no LoRA "ink"'],
    ['a way out of the models', { loras: [{ name: '../../x', weight: 1 }] }, 'model/not-found', '"../../x"'],
    ['a weight that is no number', { loras: [{ ...blueprint, weight: NaN }] }, 'input/invalid-option', 'NaN'],
    ['a negative scale', { subject: { image: subject, scale: -1 } }, 'input/invalid-option', 'scale -1 of the subject'],
    [
      'an end before the start',
      { control: { image: picture, start: 0.5, end: 0.2 } },
      'input/invalid-option',
      'ends at 0.2',
    ],
    ['no picture', { subject: { image: new Uint8Array([1, 2, 3]) } }, 'image/unreadable', 'not a picture'],
  ])('are refused: %s', async (_, request, code, says) => {
    const refused = drawWith(request)
    await expect(refused).rejects.toMatchObject({ code })
    await expect(refused).rejects.toThrow(says)
  })

  it('are refused by a model that has none, naming it', async () => {
    const bare = await loadPictureModel(folder, runtime, about)
    const refused = draw({ subject: { image: subject } }, { with: bare })
    await expect(refused).rejects.toMatchObject({ code: 'model/unsupported' })
    await expect(refused).rejects.toThrow('llmga-tiny cannot draw after a subject from a picture: it has no IP-Adapter')
  })

  it('are refused when they were made for another base, and the next picture is drawn', async () => {
    const other = path.resolve('test/golden/cases/sd/_models/sd-a/lora/kohya.safetensors')
    const loras = { foreign: { file: other } }
    const asked = await loadPictureModel(folder, runtime, {
      ...about,
      settings: { ...settings, adapters: { ...adapters, loras } },
    })
    const refused = draw({ loras: [{ name: 'foreign', weight: 1 }] }, { with: asked })
    await expect(refused).rejects.toMatchObject({ code: 'weights/shape-mismatch' })
    await expect(refused).rejects.toThrow(/kohya\.safetensors was made for another base than this model .*\[4, 32\]/)
    expect((await draw({}, { with: asked })).images).toHaveLength(1)
  })
})
