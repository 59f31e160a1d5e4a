import { describe, expect, it } from 'vitest'
import { samplerNames } from '../../src/contract/inference.ts'
import { readPngText, recipeKeyword } from '../../src/image/png.ts'
import { loadPictureModel } from '../../src/pipelines/picture-model.ts'
import { textToImage } from '../../src/pipelines/text-to-image.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { pictureOf } from '../families/stable-diffusion/reference.ts'
import { temporaryFolder } from '../weights/write-safetensors.ts'
import { about, draw, folder, model, pixelsOf, watched } from './drawing.ts'

describe('a picture', () => {
  it.each([
    ['a red car', 100, 't2i-0.png'],
    ['a big orange fox wearing a top hat on the left, in the snow under a grey sky, cartoon style', 103, 't2i-3.png'],
  ])('of "%s" is the one that diffusers draws', async (prompt, seed, file) => {
    const drawn = await draw({ prompt, seed, guidanceScale: 7.5, steps: 20, width: 128, height: 128 })
    const [got, { data: expected }] = [await pixelsOf(drawn), await pictureOf(file)]
    const differences = Array.from(expected, (value, i) => Math.abs(value - got[i]!))
    expect(differences).toHaveLength(got.length)
    expect(Math.max(...differences)).toBeLessThanOrEqual(1) // rounding: float32 in another order of additions
    expect(differences.filter((value) => value > 0).length / differences.length).toBeLessThan(0.01)
  })

  it('is the same file, byte for byte, when it is asked for again', async () => {
    const [first, second] = [await draw(), await draw()]
    expect(Buffer.compare(first.images[0]!.png, second.images[0]!.png)).toBe(0)
  })

  it('is the same from a model that comes out of the cache', async () => {
    const warnings: string[] = []
    const options = { cacheDir: temporaryFolder(), hashOf: async (file: string) => file }
    const runtime = await createRuntime({ device: 'cpu', ...options, warn: (line) => warnings.push(line) })
    const cached = await loadPictureModel(folder, runtime, about)
    expect(await pixelsOf(await draw({}, { with: cached }))).toEqual(await pixelsOf(await draw()))
    expect(warnings).toEqual([])
    await Promise.all([...runtime.sessions].map((session) => session.release()))
  })

  it('holds in its PNG the recipe that its event has, with all that was decided for it', async () => {
    const { images } = await draw({
      wish: 'draw a car',
      negativePrompt: 'blue',
      sampler: 'euler',
      variation: { seed: 3, strength: 0.25 },
    })
    const { png, recipe, width, height, index } = images[0]!
    expect(JSON.parse(readPngText(png)[recipeKeyword]!)).toEqual(recipe)
    expect({ width, height, index }).toEqual({ width: 64, height: 64, index: 0 })
    expect(recipe).toEqual({
      version: 1,
      operation: 'text-to-image',
      wish: 'draw a car',
      prompt: 'a red car',
      negativePrompt: 'blue',
      seed: 7,
      index: 0,
      sampler: 'euler',
      steps: 3,
      guidanceScale: 5,
      width: 64,
      height: 64,
      variation: { seed: 3, strength: 0.25 },
      models: { t2i: about.identity },
      versions: { ...model.versions },
    })
    expect(recipe.versions).toMatchObject({
      program: '1.2.3',
      device: 'cpu',
      onnxruntime: expect.any(String) as string,
    })
  })

  it('has the defaults of the preset for what a request leaves out', async () => {
    const request = { kind: 'text-to-image', prompt: 'a red car', seed: 1 } as const
    const running = textToImage(request, model, { signal: new AbortController().signal, turn: async () => undefined })
    const { value } = await running.next()
    expect(value).toMatchObject({ type: 'step', step: 1, steps: 20, image: 0, images: 1 })
    await running.return({ timings: {} })
  })

  it('is drawn by its recipe again, alone', async () => {
    const { recipe, png } = (await draw({ count: 3, sampler: 'euler-a', guidanceScale: 2 })).images[2]!
    const { prompt, negativePrompt, seed, index, sampler, steps, guidanceScale, width, height } = recipe
    const wanted = { prompt, negativePrompt, seed, sampler, steps, guidanceScale, width, height, onlyIndex: index }
    expect(Buffer.compare((await draw(wanted)).images[0]!.png, png)).toBe(0)
  })
})

describe('several pictures', () => {
  it('are those of the next seeds, one after the other', async () => {
    const both = await draw({ count: 2 })
    expect(both.images.map(({ index, recipe }) => [index, recipe.index, recipe.seed])).toEqual([
      [0, 0, 7],
      [1, 1, 7],
    ])
    expect(both.steps.map(({ image, images, step }) => [image, images, step])).toEqual(
      [0, 1].flatMap((image) => [1, 2, 3].map((step) => [image, 2, step])),
    )
    const singles = [await draw({ seed: 7 }), await draw({ seed: 8 })]
    expect(await pixelsOf(both, 0)).toEqual(await pixelsOf(singles[0]!))
    expect(await pixelsOf(both, 1)).toEqual(await pixelsOf(singles[1]!))
    expect(await pixelsOf(both, 0)).not.toEqual(await pixelsOf(both, 1))
  })

  it('may begin with the last seed', async () => {
    const { images } = await draw({ seed: 2 ** 32 - 1, count: 2, steps: 1 })
    expect(images).toHaveLength(2)
  })
})

describe('the settings of a picture', () => {
  it('choose among samplers, which draw differently', async () => {
    const pictures = new Map<string, string>()
    for (const sampler of samplerNames) {
      const drawn = await draw({ sampler, steps: 4 })
      expect(drawn.images[0]!.recipe.sampler).toBe(sampler)
      expect(drawn.steps.at(-1)).toMatchObject({ step: drawn.steps.length, steps: drawn.steps.length })
      pictures.set(sampler, Buffer.from(await pixelsOf(drawn)).toString('base64'))
    }
    expect(new Set(pictures.values()).size).toBe(samplerNames.length)
  })

  it('compute two rows a step with guidance, and one without', async () => {
    for (const [guidanceScale, rows] of [
      [1, 1],
      [0, 1],
      [1.5, 2],
    ] as const) {
      const { with: asked, seen } = watched()
      await draw({ guidanceScale }, { with: asked })
      expect(
        seen.map(({ sample, timestep, encoder_hidden_states: text }) =>
          [sample, timestep, text].map((t) => t.shape[0]),
        ),
      ).toEqual(new Array(3).fill([rows, rows, rows]))
    }
  })

  it('guide away from the negative prompt', async () => {
    const plain = await pixelsOf(await draw())
    expect(await pixelsOf(await draw({ negativePrompt: 'a blue cat' }))).not.toEqual(plain)
    expect(await pixelsOf(await draw({ negativePrompt: 'a blue cat', guidanceScale: 1 }))).toEqual(
      await pixelsOf(await draw({ guidanceScale: 1 })),
    )
  })

  it('make a picture of any sides that are multiples of 8', async () => {
    const { images } = await draw({ width: 8, height: 104, steps: 1 })
    expect(images[0]).toMatchObject({ width: 8, height: 104 })
  })

  it('vary between the noises of two seeds', async () => {
    const vary = async (strength: number) => pixelsOf(await draw({ variation: { seed: 99, strength } }))
    const own = await pixelsOf(await draw())
    expect(await vary(0)).toEqual(own)
    expect(await vary(1)).toEqual(await pixelsOf(await draw({ seed: 99 })))
    const distance = (pixels: Uint8Array) => pixels.reduce((sum, value, i) => sum + Math.abs(value - own[i]!), 0)
    const [little, much] = [distance(await vary(0.1)), distance(await vary(1))]
    expect(little).toBeGreaterThan(0)
    expect(little).toBeLessThan(much)
  })

  it('weigh words in brackets', async () => {
    const [plain, weighted, one] = [
      await draw({ prompt: 'a red car' }),
      await draw({ prompt: 'a (red:1.5) car' }),
      await draw({ prompt: 'a (red:1.0) car' }),
    ]
    expect(weighted.images[0]!.recipe.prompt).toBe('a (red:1.5) car')
    expect(await pixelsOf(weighted)).not.toEqual(await pixelsOf(plain))
    expect(await pixelsOf(one)).toEqual(await pixelsOf(plain))
  })

  it('take prompts of 200 tokens, the end of which counts', async () => {
    const words = new Array<string>(198).fill('red').join(' ')
    const { with: asked, seen } = watched()
    const first = await draw({ prompt: `${words} car` }, { with: asked })
    expect(seen[0]!.encoder_hidden_states.shape.slice(0, 2)).toEqual([2, 231])
    expect(await pixelsOf(await draw({ prompt: `${words} cat` }))).not.toEqual(await pixelsOf(first))
  })

  it.each([
    ['a side that is no multiple of 8', { width: 100 }, /width 100 is not a multiple of 8/],
    ['a side of nothing', { height: 0 }, /height 0/],
    ['a negative side', { height: -64 }, /height -64/],
    ['half a pixel', { width: 64.5 }, /width 64\.5/],
    ['no pictures', { count: 0 }, /0 pictures/],
    ['five pictures', { count: 5 }, /5 pictures/],
    ['a picture and a half', { count: 1.5 }, /1\.5 pictures/],
    ['no steps', { steps: 0 }, /steps/],
    ['more steps than the model was trained for', { steps: 1001 }, /steps/],
    ['half a seed', { seed: 0.5 }, /seed 0\.5/],
    ['a negative seed', { seed: -1 }, /seed -1/],
    ['a picture before the first', { onlyIndex: -1 }, /index -1/],
    ['no number for guidance', { guidanceScale: NaN }, /guidance NaN/],
    ['endless guidance', { guidanceScale: Infinity }, /guidance Infinity/],
    ['a variation beyond the other seed', { variation: { seed: 1, strength: 1.5 } }, /strength 1\.5/],
    ['a variation of no strength', { variation: { seed: 1, strength: NaN } }, /strength NaN/],
    ['a variation of half a seed', { variation: { seed: 1.5, strength: 1 } }, /variation seed 1\.5/],
  ])('may not be %s', async (_, wanted, message) => {
    const { with: asked, seen } = watched()
    await expect(draw(wanted, { with: asked })).rejects.toMatchObject({
      name: 'AppError',
      code: 'input/invalid-option',
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    })
    expect(seen).toEqual([])
  })
})
