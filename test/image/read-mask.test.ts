import { describe, expect, it } from 'vitest'
import { featherMask, growMask, invertMask } from '../../src/image/mask-edges.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { encodeGreyPng } from '../../src/image/png.ts'
import { readMask } from '../../src/image/read-mask.ts'
import type { GreyImage } from '../../src/image/rgb-image.ts'
import { gradient, encoder } from './pictures.ts'

const limits = { maxBytes: 1e6, maxPixels: 1e6 }
const [width, height] = [24, 16]
const left = { type: 'boxes', boxes: [{ x: 0, y: 0, width: 0.5, height: 1 }] } as const
const read = (spec: Parameters<typeof readMask>[0]) => readMask(spec, { width, height }, limits)

/** A few pixels anywhere. */
function dots(...places: readonly (readonly [number, number])[]): GreyImage {
  const data = new Uint8Array(width * height)
  for (const [x, y] of places) data[y * width + x] = 255
  return { width, height, data }
}

/** Distance of each pixel to the nearest marked one, the slow way. */
const distances = ({ data }: GreyImage) =>
  Array.from(data, (_, i) =>
    Math.min(
      ...Array.from(data, (value, j) =>
        value === 0 ? Infinity : Math.hypot((i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)),
      ),
    ),
  )

describe('a mask that grows', () => {
  it.each([1, 2.5, 7])('by %d marks what is so near to it', (radius) => {
    const mask = dots([3, 2], [20, 15], [4, 9])
    expect(Array.from(growMask(mask, radius).data)).toEqual(distances(mask).map((d) => (d <= radius ? 255 : 0)))
  })

  it('by nothing is the same', () => expect(growMask(dots([1, 1]), 0)).toEqual(dots([1, 1])))
  it('that marks nothing still marks nothing', () => expect(growMask(dots(), 5)).toEqual(dots()))
})

describe('a mask that is softened', () => {
  it('keeps what it marked and falls to nothing around it', () => {
    const mask = dots([3, 2], [20, 15])
    const soft = featherMask(mask, 4)
    expect(Array.from(soft.data)).toEqual(distances(mask).map((d) => Math.max(0, Math.round(255 * (1 - d / 5)))))
    expect(featherMask(mask, 0)).toEqual(mask)
  })
})

describe('a mask that is read', () => {
  it('is inverted before it grows', async () => {
    const mask = await read({ shapes: [left], invert: true, grow: 1 })
    expect(Array.from(mask.data.subarray(0, width), (value) => (value ? '#' : '.')).join('')).toBe(
      '.'.repeat(11) + '#'.repeat(13),
    )
    expect(invertMask(invertMask(mask))).toEqual(mask)
  })

  it('is not softened yet', async () => {
    expect(await read({ shapes: [left], feather: 3 })).toEqual(await read({ shapes: [left] }))
  })

  it('comes back the same from the PNG that it is kept as', async () => {
    const mask = await read({ shapes: [left], grow: 2 })
    const png = await encodeGreyPng(mask)
    expect(await read({ shapes: [{ type: 'image', image: png }] })).toEqual(mask)
    expect(await encodeGreyPng(mask)).toEqual(png)
    expect((await decodeImage(png, { limits })).info).toMatchObject({ format: 'png', width, height, bitDepth: 8 })
  })

  it('from a picture needs a picture that can be read', async () => {
    const image = new Uint8Array([1, 2, 3])
    await expect(read({ shapes: [{ type: 'image', image }] })).rejects.toMatchObject({ code: 'image/unreadable' })
    const large = await encoder(gradient(240, 160)).png().toBuffer()
    await expect(
      readMask({ shapes: [{ type: 'image', image: large }] }, { width, height }, { ...limits, maxPixels: 100 }),
    ).rejects.toMatchObject({ code: 'image/too-large' })
  })

  it.each([
    ['nothing', { shapes: [] }, 'input/empty', /marks nothing/],
    ['no cells', { shapes: [{ type: 'cells', columns: 2, rows: 2, cells: [] }] }, 'input/empty', /marks nothing/],
    ['everything', { shapes: [left], grow: 12 }, 'input/invalid-option', /marks the whole picture/],
    ['nothing, inverted', { shapes: [], invert: true }, 'input/invalid-option', /marks the whole picture/],
    ['a negative growth', { shapes: [left], grow: -1 }, 'input/invalid-option', /grow -1/],
    ['an endless feather', { shapes: [left], feather: Infinity }, 'input/invalid-option', /feather Infinity/],
  ] as const)('may not mark %s', async (_, spec, code, message) => {
    await expect(read(spec)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    })
  })
})
