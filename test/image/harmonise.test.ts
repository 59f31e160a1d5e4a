import { describe, expect, it } from 'vitest'
import { harmonise } from '../../src/image/harmonise.ts'
import type { GreyImage, RgbImage } from '../../src/image/rgb-image.ts'

const side = 96
const picture = (value: (x: number, y: number, channel: number) => number): RgbImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return value(pixel % side, Math.floor(pixel / side), i % 3)
  }),
})
/** The right half is drawn. */
const mask: GreyImage = {
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side }, (_, i) => (i % side >= side / 2 ? 255 : 0)),
}
const texture = (x: number, y: number, channel: number) => 100 + 20 * ((x + y) % 2) + 10 * channel
const at = (image: RgbImage, x: number, y: number) => image.data[(y * side + x) * 3]!

describe('harmonise', () => {
  it('takes a drift out near the border and fades inwards', () => {
    const original = picture(texture)
    const drawn = picture((x, y, c) => texture(x, y, c) + 30)
    const even = harmonise(drawn, original, mask)
    expect(Math.abs(at(even, side / 2, 48) - at(original, side / 2, 48))).toBeLessThanOrEqual(2)
    const left = [side / 2, side / 2 + 8, side / 2 + 16, side - 1].map((x) => at(even, x, 48) - at(original, x, 48))
    expect(left).toEqual([...left].sort((a, b) => a - b))
    expect(left.at(-1)).toBe(30)
  })

  it('keeps details and the kept part as they were drawn', () => {
    const drawn = picture((x, y, c) => texture(x, y, c) + 30)
    const even = harmonise(drawn, picture(texture), mask)
    const step = (image: RgbImage) => at(image, 60, 48) - at(image, 61, 48)
    expect(Math.abs(step(even) - step(drawn))).toBeLessThanOrEqual(1)
    expect(at(even, 20, 48)).toBe(at(drawn, 20, 48))
  })

  it('changes nothing where nothing drifted, and nothing where all is drawn', () => {
    const original = picture(texture)
    expect(harmonise(original, original, mask).data).toEqual(original.data)
    const all = { ...mask, data: mask.data.map(() => 255) }
    const drawn = picture((x, y, c) => texture(x, y, c) + 30)
    expect(harmonise(drawn, original, all).data).toEqual(drawn.data)
  })
})
