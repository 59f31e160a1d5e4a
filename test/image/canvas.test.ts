import { describe, expect, it } from 'vitest'
import { clearBox, growCanvas, maskAround } from '../../src/image/canvas.ts'
import { crop } from '../../src/image/crop.ts'
import { gradient } from './pictures.ts'

const row = (...values: number[]) => ({
  width: values.length,
  height: 1,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
})
const valuesOf = ({ data }: { data: Uint8Array }) => Array.from(data).filter((_, i) => i % 3 === 0)

describe('a canvas that grows', () => {
  it('holds the picture where the sides say', () => {
    const picture = gradient(12, 9)
    const grown = growCanvas(picture, { left: 3, top: 5, right: 7, bottom: 2 })
    expect([grown.width, grown.height]).toEqual([22, 16])
    expect(crop(grown, 3, 5, 12, 9)).toEqual(picture)
  })

  it('mirrors at the borders, as often as is needed', () => {
    expect(valuesOf(growCanvas(row(1, 2, 3), { left: 2, top: 0, right: 5, bottom: 0 }))).toEqual([
      3, 2, 1, 2, 3, 2, 1, 2, 3, 2,
    ])
    expect(valuesOf(growCanvas(row(9), { left: 2, top: 0, right: 1, bottom: 0 }))).toEqual([9, 9, 9, 9])
    expect(growCanvas(row(1, 2), { left: 0, top: 1, right: 0, bottom: 1 }).height).toBe(3)
  })

  it('has a mask around what was there', () => {
    const mask = maskAround(4, 3, { left: 1, top: 1, width: 2, height: 1 })
    expect(Array.from(mask.data)).toEqual([255, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255])
    expect(Array.from(clearBox(mask, { left: 0, top: 0, width: 4, height: 3 }).data)).toEqual(new Array(12).fill(0))
  })
})
