import { expect, it } from 'vitest'
import type { EditRequest } from '../../src/contract/inference.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { encodePng } from '../../src/image/png.ts'
import { editLedits } from '../../src/pipelines/edit-ledits.ts'
import { maskOfDifference, maskTimestep } from '../../src/pipelines/ledits.ts'
import { collect, draw, model, pixelsOf, type Drawn } from './drawing.ts'

const limits = { maxBytes: 1e8, maxPixels: 1e8 }
const source = 'a big red car on the left, on a city street with tall buildings, cartoon style'
const target = source.replace('red', 'blue')
const drawn = await draw({ prompt: source, width: 128, height: 128, steps: 15, seed: 3 })
const image = drawn.images[0]!.png
const before = await pixelsOf(drawn)

const request = { kind: 'edit', image, sourcePrompt: source, prompt: target, seed: 1, steps: 6 } as const
const edit = (wanted: Partial<EditRequest> = {}, abortAfter?: number): Promise<Drawn> =>
  collect((context) => editLedits({ ...request, ...wanted }, { draw: model }, context), abortAfter)

/** The right half. */
const box = { type: 'boxes', boxes: [{ x: 0.5, y: 0, width: 0.5, height: 1 }] } as const

/** Blue minus red, over the pixels that changed. */
function bluer(after: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < after.length; at += 3)
    if (after[at] !== before[at]) sum += after[at + 2]! - before[at + 2]! - (after[at]! - before[at]!)
  return sum
}

it('changes what the words change, and keeps every other pixel', async () => {
  const edited = await edit({ steps: 15 })
  const { details, recipe } = edited.images[0]!
  const after = await pixelsOf(edited)
  expect(bluer(after)).toBeGreaterThan(100_000)
  expect(details?.changedWords).toEqual({ source: ['red'], target: ['blue'] })
  expect(details?.changedShare).toBeGreaterThan(0.05)
  expect(details?.changedShare).toBeLessThan(0.6)
  const mask = await decodeImage(details!.maskPng!, { limits })
  expect([mask.width, mask.height]).toEqual([128, 128])
  // Softened over one place of the latents: well outside of the mask nothing changes.
  const top = 128 * 30 * 3
  expect(after.subarray(0, top)).toEqual(before.subarray(0, top))
  expect(recipe).toMatchObject({
    operation: 'edit',
    edit: { engine: 'ledits', sourcePrompt: source, maskThreshold: 3, skip: 0.25, sourceGuidanceScale: 3.5 },
    restore: false,
  })
  expect(details?.unetRows).toBe(2 * (10 + 15 + 15))
  expect(edited.steps.at(-1)).toMatchObject({ step: 40, steps: 40 })
})

it('draws the same picture from the same seed, another from another', async () => {
  const quick = { mask: { shapes: [box] }, steps: 2 }
  const [one, two, other] = [await edit(quick), await edit(quick), await edit({ ...quick, seed: 2 })]
  expect(one.images[0]!.png).toEqual(two.images[0]!.png)
  expect(one.images[0]!.png).not.toEqual(other.images[0]!.png)
})

it('takes a mask in place of the words, any size and ratio, and gives the mask alone', async () => {
  const wide = { width: 150, height: 70, data: new Uint8Array(150 * 70 * 3).fill(90) }
  const png = await encodePng(wide, { text: {} })
  const edited = await edit({ image: png, mask: { shapes: [box] }, steps: 3 })
  expect(edited.images[0]).toMatchObject({ width: 150, height: 70 })
  const after = await pixelsOf(edited)
  const left = (data: Uint8Array) => Array.from({ length: 70 }, (_, y) => [...data.subarray(y * 450, y * 450 + 225)])
  expect(left(after)).toEqual(left(wide.data))
  expect(edited.images[0]!.details?.unetRows).toBe(12)

  const only = await edit({ onlyMask: true })
  expect(await pixelsOf(only)).toEqual(before)
  expect(only.images[0]!.details).toMatchObject({ changedShare: 0, unetRows: 20 })
})

it('changes more with more strength', async () => {
  const nothing = { mask: { shapes: [box] }, onlyMask: true }
  const share = async (strength: number) => (await edit({ ...nothing, strength })).images[0]!.recipe.edit!.skip!
  expect([await share(0), await share(0.5), await share(1)]).toEqual([0.85, 0.25, 0])
})

it('stops when it is cancelled', async () => {
  await expect(edit({}, 12)).rejects.toMatchObject({ code: 'inference/cancelled' })
})

it.each<[string, Partial<EditRequest>]>([
  ['the same words', { prompt: source }],
  ['a share beyond the whole', { skip: 1 }],
  ['a threshold of 0', { maskThreshold: 0 }],
  ['a strength beyond 1', { strength: 2 }],
  ['a condition picture', { control: { image } }],
])('refuses %s in a sentence', async (_name, wanted) => {
  await expect(edit(wanted)).rejects.toMatchObject({
    code: 'input/invalid-option',
    hint: expect.stringMatching(/\w/) as string,
  })
})

it('draws anew what differs by more than half of the clamped mean', () => {
  const map = Float32Array.of(0, 1, 2, 5) // mean 2; threshold 2 clamps at 4
  expect([...maskOfDifference(map, 2)]).toEqual([0, 0, 0, 1])
  expect([...maskOfDifference(map, 0.9)]).toEqual([0, 1, 1, 1])
  expect([maskTimestep(1000, 50), maskTimestep(1000, 20)]).toEqual([500, 500])
})
