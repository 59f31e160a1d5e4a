import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OutpaintRequest, Sides } from '../../src/contract/inference.ts'
import { crop } from '../../src/image/crop.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { shareOf } from '../../src/pipelines/draw-masked.ts'
import { growthSteps, originalBox, sizeOfCanvas } from '../../src/pipelines/outpaint-plan.ts'
import { outpaint } from '../../src/pipelines/outpaint.ts'
import type { PictureModel } from '../../src/pipelines/picture-model.ts'
import { about, collect, loadInpaintModel, model, watched } from './drawing.ts'

const trained = await loadInpaintModel()
const scene = readFileSync('test/fixtures/llmga-tiny/inpaint-image.png')
const original = await decodeImage(scene, { limits: { maxBytes: 1e6, maxPixels: 1e6 } })
const sides = (of: Partial<Sides>): Sides => ({ left: 0, top: 0, right: 0, bottom: 0, ...of })
const quick = {
  kind: 'outpaint',
  prompt: 'a small purple fish on the left, in a desert with sand dunes, cartoon style',
  seed: 7,
  steps: 2,
  image: scene,
  sides: sides({ right: 48 }),
} as const

const extend = (
  wanted: Partial<OutpaintRequest> = {},
  { with: draw = trained, abortAfter }: { with?: PictureModel; abortAfter?: number } = {},
) => collect((context) => outpaint({ ...quick, ...wanted }, { draw }, context), abortAfter)

const decoded = (png: Uint8Array) => decodeImage(png, { limits: { maxBytes: 1e7, maxPixels: 1e7 } })
const numbers = (list: readonly Sides[]) => list.map(({ left, top, right, bottom }) => [left, top, right, bottom])

describe('the steps of a growth', () => {
  it.each<[string, Partial<Sides>, number[][]]>([
    ['at one side by a third', { right: 30 }, [[0, 0, 30, 0]]],
    ['at one side by half', { right: 50 }, [[0, 0, 50, 0]]],
    [
      'at one side by twice',
      { bottom: 200 },
      [
        [0, 0, 0, 50],
        [0, 0, 0, 75],
        [0, 0, 0, 75],
      ],
    ],
    ['at all sides by a quarter', { left: 25, top: 25, right: 25, bottom: 25 }, [[25, 25, 25, 25]]],
    [
      'unevenly',
      { left: 10, right: 90 },
      [
        [5, 0, 45, 0],
        [5, 0, 45, 0],
      ],
    ],
  ])('%s', (_, growth, expected) => {
    expect(numbers(growthSteps(sides(growth), { width: 100, height: 100 }))).toEqual(expected)
  })

  it.each([
    [
      { left: 3, top: 1, right: 397, bottom: 0 },
      { width: 100, height: 1 },
    ],
    [
      { left: 1, top: 2, right: 3, bottom: 4 },
      { width: 1, height: 1 },
    ],
    [
      { left: 999, top: 500, right: 1, bottom: 700 },
      { width: 777, height: 401 },
    ],
  ])('add up to what was asked for (%o)', (growth, picture) => {
    for (const most of [Infinity, 10]) {
      const steps = growthSteps(growth, picture, most)
      const added = steps.reduce((size, step) => sizeOfCanvas(size, step), picture)
      expect(added).toEqual(sizeOfCanvas(picture, growth))
      expect(originalBox(steps, picture)).toEqual({ left: growth.left, top: growth.top, ...picture })
    }
  })

  it('go side by side on a canvas that is too large for one window', () => {
    const steps = growthSteps({ left: 10, top: 20, right: 30, bottom: 40 }, { width: 100, height: 100 }, 100)
    expect(numbers(steps)).toEqual([
      [0, 0, 0, 40],
      [0, 0, 30, 0],
      [0, 20, 0, 0],
      [10, 0, 0, 0],
    ])
  })
})

describe('a picture that is extended', () => {
  it.each([
    ['a model that was trained for it', trained, 1],
    ['any other model', model, 0.9],
  ] as const)('with %s keeps every pixel that was there', async (_, draw, strength) => {
    const growth = { left: 16, top: 8, right: 24, bottom: 0 }
    const { png, recipe, details } = (await extend({ sides: growth }, { with: draw })).images[0]!
    const picture = await decoded(png)
    expect([picture.width, picture.height]).toEqual([168, 136])
    expect(crop(picture, 16, 8, 128, 128).data).toEqual(new Uint8Array(original.data))
    expect(recipe).toMatchObject({
      operation: 'outpaint',
      width: 168,
      height: 136,
      sides: growth,
      strength,
      restore: false,
      models: { [draw.role]: about.identity },
    })
    expect(details!.changedShare).toBeCloseTo(1 - 128 ** 2 / (168 * 136), 10)
    const mask = await decoded(details!.maskPng!)
    expect([mask.width, mask.height]).toEqual([168, 136])
    const masked = mask.data.filter((value) => value === 255).length / 3
    expect(masked).toBe(168 * 136 - 128 ** 2)
  })

  it('by more than half is drawn in several steps, counted as one', async () => {
    const { steps, images } = await extend({ sides: sides({ right: 128 }) })
    expect(steps.map(({ step, steps: all }) => [step, all])).toEqual([1, 2, 3, 4].map((step) => [step, 4]))
    const picture = await decoded(images[0]!.png)
    expect(picture.width).toBe(256)
    expect(crop(picture, 0, 0, 128, 128).data).toEqual(new Uint8Array(original.data))
  })

  it('shows the UNet grey where nothing is yet', async () => {
    const { with: draw, seen } = watched(trained)
    await extend({}, { with: draw })
    const { data, shape } = seen[0]!.sample
    const [, channels, height, width] = shape as [number, number, number, number]
    expect([channels, height / 16, width / 22]).toEqual([9, 1, 1])
    const mask = data.subarray(4 * height * width, 5 * height * width)
    expect(Array.from(mask.subarray(0, width))).toEqual([
      ...new Array<number>(16).fill(0),
      ...new Array<number>(6).fill(1),
    ])
  })

  it('tells what follows a condition picture which part of the final canvas each step draws', () => {
    const window = { left: 96, top: 0, width: 96, height: 128 }
    expect(shareOf(window, { width: 256, height: 128 })).toEqual({ left: 0.375, top: 0, width: 0.375, height: 1 })
  })

  it('is drawn by its recipe again, byte for byte', async () => {
    const first = (await extend({ sides: sides({ top: 20 }) })).images[0]!
    const { prompt, seed, steps, sampler, guidanceScale, sides: kept } = first.recipe
    const again = await extend({ prompt, seed, steps, sampler, guidanceScale, sides: kept! })
    expect(Buffer.compare(again.images[0]!.png, first.png)).toBe(0)
  })

  it('ends within a step when it is cancelled, between its steps too', async () => {
    const { with: draw, seen } = watched(trained)
    const cancelled = extend({ sides: sides({ right: 128 }) }, { with: draw, abortAfter: 3 })
    await expect(cancelled).rejects.toMatchObject({ code: 'inference/cancelled' })
    expect(seen).toHaveLength(3)
  })

  it.each<[string, Partial<Sides>, RegExp]>([
    ['at no side', {}, /no side is to grow/],
    ['by less than nothing', { left: -8, right: 16 }, /-8 pixels at the left/],
    ['by half a pixel', { top: 0.5 }, /0\.5 pixels at the top/],
    ['by no number', { bottom: NaN }, /NaN pixels at the bottom/],
    ['to more than four times its width', { right: 385 }, /from 128 to 513 pixels in width/],
  ])('may not grow %s', async (_, growth, message) => {
    await expect(extend({ sides: sides(growth) })).rejects.toMatchObject({
      code: 'input/invalid-option',
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    })
  })
})
