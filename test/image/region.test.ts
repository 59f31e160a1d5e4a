import { describe, expect, it } from 'vitest'
import { chooseRegion, maskBox, pasteRegion, regionOfMask, regionOfPicture } from '../../src/image/region.ts'
import type { GreyImage, RgbImage } from '../../src/image/rgb-image.ts'
import { borderBands, measureSeam } from '../../src/image/seam.ts'
import { blendTile, tilesOf } from '../../src/image/tiles.ts'

type BoxOf = readonly [left: number, top: number, width: number, height: number]

function maskOf(width: number, height: number, [left, top, w, h]: BoxOf, value = 255): GreyImage {
  const data = new Uint8Array(width * height)
  for (let y = top; y < top + h; y++) data.fill(value, y * width + left, y * width + left + w)
  return { width, height, data }
}

const pictureOf = (width: number, height: number, value: (x: number, y: number, c: number) => number): RgbImage => ({
  width,
  height,
  data: Buffer.from(
    Array.from({ length: width * height * 3 }, (_, i) => {
      const at = Math.floor(i / 3)
      return value(at % width, Math.floor(at / width), i % 3)
    }),
  ),
})

describe('the window around a mask', () => {
  it.each<[string, number, number, BoxOf, number, BoxOf, [number, number]]>([
    [
      'is the whole picture where that is the model size',
      128,
      128,
      [10, 20, 30, 40],
      128,
      [0, 0, 128, 128],
      [128, 128],
    ],
    ['is as large as the model draws', 1000, 800, [500, 400, 20, 20], 128, [446, 346, 128, 128], [128, 128]],
    [
      'has a margin of half the length of the mask',
      3000,
      2000,
      [1000, 600, 800, 400],
      512,
      [600, 200, 1600, 1200],
      [592, 440],
    ],
    ['stays in the picture', 1000, 800, [980, 0, 20, 20], 128, [872, 0, 128, 128], [128, 128]],
    ['takes all of a narrow picture', 2000, 100, [500, 0, 600, 100], 128, [200, 0, 1200, 100], [440, 40]],
    ['enlarges a small picture', 64, 48, [8, 8, 8, 8], 128, [0, 0, 64, 48], [144, 112]],
  ])('%s', (_, width, height, box, side, [left, top, wide, high], [drawnWidth, drawnHeight]) => {
    const region = chooseRegion(maskOf(width, height, box), { side })
    expect(region).toEqual({
      ...{ left, top, width: wide, height: high },
      drawn: { width: drawnWidth, height: drawnHeight },
    })
  })

  it('holds the whole mask, in the picture, with drawn sides that are multiples of 8, for any mask', () => {
    for (let seed = 1; seed < 400; seed++) {
      const pick = (n: number, salt: number) => (seed * 7919 * salt) % n
      const [width, height] = [1 + pick(700, 3), 1 + pick(500, 5)]
      const [left, top] = [pick(width, 7), pick(height, 11)]
      const mask = maskOf(width, height, [left, top, 1 + pick(width - left, 13), 1 + pick(height - top, 17)])
      const { drawn, ...region } = chooseRegion(mask, { side: 128 })
      const box = maskBox(mask)!
      expect(region.left).toBeGreaterThanOrEqual(0)
      expect(region.left).toBeLessThanOrEqual(box.left)
      expect(region.top).toBeLessThanOrEqual(box.top)
      expect(region.left + region.width).toBeGreaterThanOrEqual(box.left + box.width)
      expect(region.top + region.height).toBeGreaterThanOrEqual(box.top + box.height)
      expect(region.left + region.width).toBeLessThanOrEqual(width)
      expect(region.top + region.height).toBeLessThanOrEqual(height)
      expect([drawn.width % 8, drawn.height % 8, Math.min(drawn.width, drawn.height) > 0]).toEqual([0, 0, true])
    }
  })

  it('is refused for a mask that marks nothing', () => {
    expect(() => chooseRegion(maskOf(9, 9, [0, 0, 0, 0]), { side: 128 })).toThrow(
      expect.objectContaining({ code: 'input/empty' }),
    )
  })

  it('shows picture and mask at the drawn size; a line of one pixel is not lost', () => {
    const mask = maskOf(1000, 1000, [0, 500, 1000, 1])
    const region = chooseRegion(mask, { side: 64 })
    const shown = regionOfPicture(
      pictureOf(1000, 1000, () => 9),
      region,
    )
    expect([shown.width, shown.height]).toEqual([region.drawn.width, region.drawn.height])
    const line = regionOfMask(mask, region)
    const rows = Array.from({ length: line.height }, (_, y) => line.data.subarray(y * line.width, (y + 1) * line.width))
    expect(rows.filter((row) => row.every((v) => v === 255))).toHaveLength(1)
    expect(rows.filter((row) => row.every((v) => v === 0))).toHaveLength(line.height - 1)
  })
})

describe('pasting', () => {
  const picture = pictureOf(4, 1, (x, _, c) => 40 * x + c)
  const content = pictureOf(3, 1, () => 200)
  const box = { left: 1, top: 0, width: 3, height: 1 }

  it('keeps bytes where the mask is 0, takes those of the window where it is 255 and mixes between', () => {
    const mask = { width: 4, height: 1, data: Uint8Array.of(255, 0, 51, 255) }
    const before = Uint8Array.from(picture.data)
    const pasted = pasteRegion(picture, mask, box, content)
    expect([...pasted.data]).toEqual([0, 1, 2, 40, 41, 42, 104, 105, 106, 200, 200, 200])
    expect([...picture.data]).toEqual([...before])
  })
})

describe('a seam', () => {
  const flat = pictureOf(40, 40, () => 100)
  const mask = maskOf(40, 40, [16, 16, 16, 16])
  const inside = (x: number, y: number) => mask.data[y * 40 + x]! > 0

  it('is measured in bands of two pixels on both sides of the border', () => {
    const { data } = borderBands(mask)
    expect(Array.from(data.subarray(20 * 40 + 12, 20 * 40 + 22))).toEqual([0, 0, 2, 2, 1, 1, 0, 0, 0, 0])
    expect(data[14 * 40 + 14]).toBe(2)
  })

  it('is nothing on a flat picture, without a border, or without a mask', () => {
    const none = { mean: 0, deviation: 0, gradient: 0 }
    expect(measureSeam(flat, mask)).toEqual(none)
    expect(measureSeam(flat, maskOf(40, 40, [0, 0, 40, 40]))).toEqual(none)
    expect(measureSeam(flat, maskOf(40, 40, [0, 0, 0, 0]))).toEqual(none)
  })

  it('of brightness is the step in levels, also where it turns its sign along the border', () => {
    expect(
      measureSeam(
        pictureOf(40, 40, (x, y) => (inside(x, y) ? 130 : 100)),
        mask,
      ).mean,
    ).toBeCloseTo(30)
    const turning = pictureOf(40, 40, (x, y) => (inside(x, y) ? (y < 24 ? 130 : 70) : 100))
    expect(measureSeam(turning, mask).mean).toBeGreaterThan(20)
  })

  it('of contrast and texture shows where only one side is rough', () => {
    const rough = pictureOf(40, 40, (x, y) => (inside(x, y) ? 100 + ((x + y) % 2) * 40 : 120))
    const { mean, deviation, gradient } = measureSeam(rough, mask)
    expect(mean).toBeLessThan(3)
    expect(deviation).toBeCloseTo(20, 0)
    expect(gradient).toBeCloseTo(40, 0)
  })
})

describe('tiles', () => {
  it.each([
    [100, 100, 128, 1],
    [128, 64, 128, 1],
    [129, 128, 128, 2],
    [1000, 700, 128, 63],
  ])('of a picture of %i x %i cover it with the overlap asked for', (width, height, side, count) => {
    const tiles = tilesOf({ width, height }, side, 16)
    expect(tiles).toHaveLength(count)
    const seen = new Uint8Array(width * height)
    for (const tile of tiles) {
      expect(tile.left + tile.width).toBeLessThanOrEqual(width)
      expect(tile.top + tile.height).toBeLessThanOrEqual(height)
      if (tile.left > 0) expect(tile.overlapLeft).toBeGreaterThanOrEqual(16)
      if (tile.top > 0) expect(tile.overlapTop).toBeGreaterThanOrEqual(16)
      for (let y = tile.top; y < tile.top + tile.height; y++)
        seen.fill(1, y * width + tile.left, y * width + tile.left + tile.width)
    }
    expect(seen.every((v) => v === 1)).toBe(true)
  })

  it('are no larger than it takes to cover the picture with as many', () => {
    const sizes = tilesOf({ width: 1024, height: 600 }, 512, 64, 32).map(({ width, height }) => [width, height])
    expect(sizes).toEqual(new Array(6).fill([384, 352]))
  })

  it('of equal pixels blend to the same, of different ones evenly', () => {
    const tiles = tilesOf({ width: 24, height: 8 }, 16, 8)
    const target = { width: 24, height: 8, data: new Uint8Array(24 * 8 * 3) }
    for (const [i, tile] of tiles.entries())
      blendTile(
        target,
        tile,
        pictureOf(16, 8, () => (i === 0 ? 100 : 180)),
      )
    const row = Array.from({ length: 24 }, (_, x) => target.data[(3 * 24 + x) * 3])
    expect(row).toEqual([
      ...new Array<number>(8).fill(100),
      105,
      115,
      125,
      135,
      145,
      155,
      165,
      175,
      ...new Array<number>(8).fill(180),
    ])
  })
})
