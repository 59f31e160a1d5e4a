import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readMaskFlags, type MaskFlags } from '../../src/cli/mask-options.ts'
import { findInputs } from '../../src/cli/replay-inputs.ts'
import { requestOf } from '../../src/cli/replay-request.ts'
import { subjectRequest, type SubjectWork } from '../../src/cli/subject-request.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Recipe } from '../../src/contract/recipe.ts'
import { blobFile, blobFolder, createFileBlobs, sha256Of } from '../../src/conversation/blobs.ts'
import { encodeGreyPng, encodePng } from '../../src/image/png.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-picture-commands-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const save = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(path.join(folder, name), bytes)
  return path.join(folder, name)
}
const errorOf = async (action: () => unknown) => {
  try {
    await action()
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

const size = { width: 40, height: 20 }
const grey = (value: (x: number, y: number) => number) => ({
  ...size,
  data: Uint8Array.from({ length: 800 }, (_, i) => value(i % 40, Math.floor(i / 40))),
})
const picture = await encodePng({ ...size, data: new Uint8Array(2400).fill(90) })
const leftHalf = await encodeGreyPng(grey((x) => (x < 20 ? 255 : 0)))

describe('a mask on the command line', () => {
  const shapesOf = async (flags: MaskFlags) => {
    const { options } = await readMaskFlags(flags, size)
    return (JSON.parse(String(options['mask'])) as { shapes: unknown }).shapes
  }

  it('takes boxes in pixels, shares and percent', async () => {
    const box = { x: 0.25, y: 0.5, width: 0.5, height: 0.25 }
    for (const text of ['10,10,20,5', '0.25,0.5,0.5,0.25', '25%,50%,50%,25%', '10px,50%,.5,5'])
      expect(await shapesOf({ box: [text] })).toEqual([{ type: 'boxes', boxes: [box] }])
  })

  it('takes strokes, cells and the transparent parts together', async () => {
    expect(await shapesOf({ alpha: true, stroke: ['4,10 50%,50%:10%'], cells: '2x2:0,3' })).toEqual([
      { type: 'alpha' },
      {
        type: 'strokes',
        strokes: [
          {
            points: [
              [0.1, 0.5],
              [0.5, 0.5],
            ],
            radius: 0.1,
          },
        ],
      },
      { type: 'cells', columns: 2, rows: 2, cells: [0, 3] },
    ])
  })

  it('makes a mask file black and white, and hands on how its border is treated', async () => {
    const soft = save('soft.png', await encodeGreyPng(grey((x) => (x < 20 ? 130 : 120))))
    const { file, options } = await readMaskFlags({ mask: soft, grow: '2', invert: true }, size)
    expect(Buffer.from(file!.bytes).equals(Buffer.from(leftHalf))).toBe(true)
    expect(options).toEqual({ grow: '2', invert: true })
  })

  it.each<[string, () => MaskFlags, string, RegExp]>([
    ['a box of three numbers', () => ({ box: ['1,2,3'] }), 'input/invalid-option', /no box/],
    ['a box outside of the picture', () => ({ box: ['30,0,900,10'] }), 'input/invalid-option', /no box/],
    ['a stroke without a radius', () => ({ stroke: ['1,2 3,4'] }), 'input/invalid-option', /no brush stroke/],
    ['cells outside of the grid', () => ({ cells: '2x2:7' }), 'input/invalid-option', /names no cells/],
    ['two ways at once', () => ({ mask: 'a.png', alpha: true }), 'input/invalid-option', /one way/],
    ['an absent file', () => ({ mask: path.join(folder, 'no.png') }), 'input/not-found', /cannot be read/],
    ['what is no picture', () => ({ mask: save('text.png', 'text') }), 'image/unreadable', /not a picture/],
  ])('is refused with a sentence: %s', async (_what, flags, code, said) => {
    const error = await errorOf(() => readMaskFlags(flags(), size))
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint}`).toMatch(said)
  })

  it('is refused when it marks nothing', async () => {
    const black = save('black.png', await encodeGreyPng(grey(() => 0)))
    expect((await errorOf(() => readMaskFlags({ mask: black }, size))).code).toBe('input/empty')
  })
})

const recipe: Recipe = {
  version: 1,
  operation: 'inpaint',
  prompt: 'a boat',
  negativePrompt: '',
  seed: 7,
  index: 0,
  sampler: 'ddim',
  steps: 4,
  guidanceScale: 5,
  ...size,
  strength: 1,
  feather: 3,
  restore: { scale: 1 },
  inputs: { image: sha256Of(picture), mask: sha256Of(leftHalf) },
  models: {},
  versions: {},
}

describe('what a replay needs', () => {
  const dataDir = path.join(folder, 'data')
  const files = { car: save('car.png', picture), mask: save('mask.png', leftHalf) }

  it('is found among the given files by its content, in any order', async () => {
    const found = await findInputs(recipe, [files.mask, files.car], dataDir)
    expect([sha256Of(found.image!), sha256Of(found.mask!)]).toEqual([recipe.inputs!.image, recipe.inputs!.mask])
  })

  it('is found in the data folder, unless it is damaged there', async () => {
    const blobs = createFileBlobs(blobFolder(dataDir), dataDir)
    await blobs.write(sha256Of(picture), picture)
    expect(sha256Of((await findInputs(recipe, [files.mask], dataDir)).image!)).toBe(recipe.inputs!.image)
    writeFileSync(blobFile(blobFolder(dataDir), sha256Of(picture)), 'damaged')
    expect((await errorOf(() => findInputs(recipe, [files.mask], dataDir))).code).toBe('input/not-found')
  })

  it('is a mask as it was drawn by hand, too', async () => {
    const drawn = save('drawn.png', await encodePng({ ...size, data: rgbOf(grey((x) => (x < 20 ? 200 : 30)).data) }))
    expect(sha256Of((await findInputs(recipe, [files.car, drawn], dataDir)).mask!)).toBe(recipe.inputs!.mask)
  })

  it('is named when it is missing', async () => {
    const none = path.join(folder, 'none')
    expect((await errorOf(() => findInputs(recipe, [], none))).message).toMatch(
      /picture that it began with.*data folder/,
    )
    const error = await errorOf(() => findInputs(recipe, [files.car], none))
    expect(`${error.message} ${error.hint}`).toMatch(/its mask \(sha256 [0-9a-f]{16}….*--save-mask/)
  })
})

const rgbOf = (values: Uint8Array) =>
  Uint8Array.from({ length: values.length * 3 }, (_, i) => values[Math.floor(i / 3)]!)

describe('the request of a recipe', () => {
  const [image, mask, other] = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])]

  it('is an inpainting with the mask as drawn, softened as then', () => {
    const request = requestOf({ ...recipe, restore: false }, { image, mask }, 'tiny')
    const shapes = [{ type: 'image', image: mask }]
    expect(request).toMatchObject({
      kind: 'inpaint',
      image,
      mask: { shapes, feather: 3 },
      restore: false,
      model: 'tiny',
    })
  })

  it('is an outpainting, an edit, a restoration, an image to image with what each has of its own', () => {
    const sides = { left: 0, top: 0, right: 8, bottom: 0 }
    expect(requestOf({ ...recipe, operation: 'outpaint', sides }, { image })).toMatchObject({ kind: 'outpaint', sides })
    const edit = { engine: 'direct-inversion-p2p', sourcePrompt: 'a car', crossReplace: 0.8 } as const
    expect(requestOf({ ...recipe, operation: 'edit', edit }, { image })).toMatchObject({
      kind: 'edit',
      ...edit,
      prompt: 'a boat',
    })
    expect(requestOf({ ...recipe, operation: 'restore', restore: { scale: 2 } }, { image })).toMatchObject({
      scale: 2,
      seed: 7,
    })
    const redrawn = requestOf({ ...recipe, operation: 'image-to-image', strength: 0.4 }, { image })
    expect(redrawn).toMatchObject({ kind: 'image-to-image', strength: 0.4, image })
  })

  it('has LoRAs, subject and condition picture of the recipe', () => {
    const control = { preprocess: 'canny', scale: 0.9, start: 0, end: 0.8 } as const
    const loras = [{ name: 'sketch', weight: 0.5, sha256: 'a'.repeat(64) }]
    const drawn: Recipe = { ...recipe, operation: 'text-to-image', loras, subject: { scale: 0.7 }, control }
    expect(requestOf(drawn, { subject: image, control: other })).toMatchObject({
      loras: [{ name: 'sketch', weight: 0.5 }],
      subject: { scale: 0.7, image },
      control: { ...control, image: other },
    })
  })

  it('is refused where the recipe lacks what it needs', () => {
    expect(() => requestOf({ ...recipe, operation: 'outpaint' }, { image })).toThrow('names no sides')
    expect(() => requestOf(recipe, {})).toThrow('names no picture')
  })
})

describe('a picture worked on together with a subject', () => {
  const work: SubjectWork = {
    command: 'inpaint',
    prompt: 'a cat',
    options: {},
    image: picture,
    size,
    subject: leftHalf,
  }

  it('is one request with both', async () => {
    const request = await subjectRequest(
      { ...work, maskImage: leftHalf, scale: '0.6', options: { seed: '3', steps: '4' } },
      {},
    )
    expect(request).toMatchObject({
      kind: 'inpaint',
      prompt: 'a cat',
      seed: 3,
      steps: 4,
      subject: { image: leftHalf, scale: 0.6 },
    })
    const wide = await subjectRequest({ ...work, command: 'outpaint', options: { right: '50%' } }, {})
    expect(wide).toMatchObject({ kind: 'outpaint', sides: { left: 0, right: 20 } })
    const edited = await subjectRequest({ ...work, command: 'edit', options: { source: 'a dog' } }, {})
    expect(edited).toMatchObject({ kind: 'edit', sourcePrompt: 'a dog', prompt: 'a cat' })
  })

  it.each<[string, Partial<SubjectWork>, string]>([
    ['no words', { prompt: '' }, 'input/empty'],
    ['no mask', {}, 'input/empty'],
    ['an edit without a source', { command: 'edit' }, 'input/empty'],
    ['a scale out of range', { scale: '9' }, 'input/invalid-option'],
    ['a ratio that is none', { command: 'outpaint', options: { ratio: 'wide' } }, 'input/invalid-option'],
  ])('is refused with a sentence: %s', async (_what, change, code) => {
    expect((await errorOf(() => subjectRequest({ ...work, ...change }, {}))).code).toBe(code)
  })
})
