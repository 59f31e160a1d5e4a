import { describe, expect, it } from 'vitest'
import { encodePng, readPngText, recipeKeyword } from '../../src/image/png.ts'
import { loadRestore, nearestScale } from '../../src/pipelines/restore-model.ts'
import { decode, embedded, fixture, restored, runtime, waves } from './restoring.ts'

const cat = await decode(fixture('sample-cat.png'))

/** Mean absolute difference in levels. */
function meanDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length
}

describe('restoring a whole picture', () => {
  it.each([1, 2] as const)('at x%i gives that size, and nearly the picture', async (scale) => {
    const { image, pixels } = await restored(cat, { scale })
    expect([pixels.width, pixels.height]).toEqual([cat.width * scale, cat.height * scale])
    const small = Uint8Array.from(cat.data, (_, i) => {
      const at = Math.floor(i / 3)
      const [x, y] = [(at % cat.width) * scale, Math.floor(at / cat.width) * scale]
      return pixels.data[(y * pixels.width + x) * 3 + (i % 3)]!
    })
    expect(meanDifference(small, cat.data)).toBeLessThan(scale === 1 ? 3 : 6)
    expect(image.recipe).toMatchObject({ operation: 'restore', seed: 7, restore: { scale }, steps: 4 })
    expect(image.recipe.models).toEqual({ restore: { name: 'llmga-tiny', sha256: 'abc' } })
    expect(JSON.parse(readPngText(image.png)[recipeKeyword]!)).toEqual(image.recipe)
  })

  it('at x4 works with a published file alone, without a config', async () => {
    const golden = 'test/golden/cases/sd/diffrir_x4/model'
    const large = await loadRestore(golden, runtime, {
      settings: { scales: { 4: 'net_g_latest.pth' } },
      identity: { name: 'random', sha256: 'def' },
      versions: {},
    })
    const { image, pixels } = await restored(waves(20, 12), { scale: 4 }, { with: large })
    expect([pixels.width, pixels.height]).toEqual([80, 48])
    expect(image.details).toEqual({})
  })

  it('gives the same picture for the same seed', async () => {
    const first = await restored(cat)
    expect((await restored(cat)).image.png).toEqual(first.image.png)
    expect(first.image.details!.changedShare).toBeGreaterThan(0)
  })

  it('takes sizes of all kinds', async () => {
    for (const [width, height] of [
      [1, 1],
      [33, 7],
      [64, 65],
    ] as const) {
      const { pixels } = await restored(waves(width, height), { scale: 2 })
      expect([pixels.width, pixels.height]).toEqual([2 * width, 2 * height])
    }
  })

  it('in tiles differs little from the whole at once, with an event for each native run', async () => {
    const picture = waves(150, 100)
    const whole = await restored(picture)
    const tiled = await restored(picture, {}, { with: await embedded({ side: 64, overlap: 32 }) })
    expect(whole.steps.map(({ step, steps }) => [step, steps])).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(tiled.steps.at(-1)).toMatchObject({ image: 0, images: 1, step: 24, steps: 24 })
    expect(meanDifference(tiled.pixels.data, whole.pixels.data)).toBeLessThan(1)
  })

  it('stops between tiles when it is cancelled', async () => {
    const tiles = await embedded({ side: 64, overlap: 32 })
    const running = restored(waves(150, 100), {}, { with: tiles, abortAfter: 20 })
    await expect(running).rejects.toMatchObject({ code: 'inference/cancelled' })
  })
})

describe('restoring the masked part', () => {
  const mask = { shapes: [{ type: 'boxes', boxes: [{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }] }] } as const

  it('keeps every other pixel bit-exact and says what was restored and the seam', async () => {
    const { image, pixels } = await restored(cat, { mask })
    let [changed, kept] = [0, 0]
    for (let i = 0; i < cat.data.length; i++) {
      const at = Math.floor(i / 3)
      const [x, y] = [at % 128, Math.floor(at / 128)]
      const inside = x >= 32 && x < 96 && y >= 32 && y < 96
      if (pixels.data[i] === cat.data[i]) continue
      if (inside) changed++
      else kept++
    }
    expect(kept).toBe(0)
    expect(changed).toBeGreaterThan(0)
    const { changedShare, seam, maskPng } = image.details!
    expect(changedShare).toBeGreaterThan(0)
    expect(changedShare).toBeLessThanOrEqual(0.25)
    expect(seam!.after.mean).toBeLessThan(seam!.before.mean + 1)
    expect((await decode(maskPng!)).data.filter((v) => v === 255)).toHaveLength(64 * 64 * 3)
    expect(Object.keys(image.recipe.inputs!)).toEqual(['image', 'mask'])
  })

  it('enlarged keeps what Lanczos makes of the rest', async () => {
    const { pixels } = await restored(cat, { mask: { ...mask, feather: 8 }, scale: 2 })
    expect([pixels.width, pixels.height]).toEqual([256, 256])
  })
})

describe('a restoration that cannot be', () => {
  it.each([-1, 0.5, NaN])('for the seed %f', async (seed) => {
    await expect(restored(cat, { seed })).rejects.toMatchObject({ code: 'input/invalid-option' })
  })

  it('for want of a network names those that there are', async () => {
    await expect(restored(cat, { scale: 4 })).rejects.toMatchObject({
      code: 'input/invalid-option',
      message: 'llmga-tiny has no network that restores x4',
      hint: 'Choose x1 or x2, or another restoration model.',
    })
  })

  it('for its size says so before anything is computed', async () => {
    const large = await encodePng({ width: 2100, height: 2000, data: new Uint8Array(12_600_000) })
    const picture = { width: 1, height: 1, data: new Uint8Array(3) }
    await expect(restored(picture, { image: large, scale: 4 } as never)).rejects.toMatchObject({
      code: 'image/too-large',
      message: expect.stringMatching(/2100 x 2000 pixels enlarged 4 times/) as string,
    })
  })

  it('for a missing file names it', async () => {
    const settings = { scales: { 4: 'none.pth' } } as const
    const loading = loadRestore('/nowhere', runtime, { settings, identity: { name: 'n', sha256: 's' }, versions: {} })
    await expect(loading).rejects.toMatchObject({ code: 'weights/missing', message: '/nowhere/none.pth is missing' })
  })

  it('under the wrong scale says which it is', async () => {
    const model = await loadRestore('models/llmga-tiny/diffrir', runtime, {
      settings: { scales: { 2: 'DiffRIR-tiny-x1.pth' } },
      identity: { name: 'n', sha256: 's' },
      versions: {},
    })
    await expect(restored(cat, { scale: 2 }, { with: model })).rejects.toMatchObject({
      code: 'weights/shape-mismatch',
      message: expect.stringMatching(/is DiffRIR x1, not x2/) as string,
    })
  })
})

it('an enlargement is answered by the nearest network', () => {
  expect([0.5, 1, 1.4, 1.5, 2.8, 3, 9].map((factor) => nearestScale([1, 2, 4], factor))).toEqual([1, 1, 1, 2, 2, 4, 4])
  expect(nearestScale([1, 2], 8)).toBe(2)
  expect(nearestScale([4], 1)).toBe(4)
})
