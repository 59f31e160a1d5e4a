import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { canny, cannyPicture } from '../../src/image/canny.ts'
import { decodeImage } from '../../src/image/decode.ts'
import type { RgbImage } from '../../src/image/rgb-image.ts'

const read = (name: string) =>
  decodeImage(readFileSync(`test/fixtures/llmga-tiny/${name}`), { limits: { maxBytes: 1e6, maxPixels: 1e6 } })

/** A grey picture from rows of values. */
function grey(rows: readonly (readonly number[])[]): RgbImage {
  const values = rows.flat()
  return {
    width: rows[0]!.length,
    height: rows.length,
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
  }
}

const edgesOf = (image: RgbImage, low = 100, high = 200): number[][] => {
  const { width, height, data } = canny(image, { low, high })
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)])
}

describe('canny', () => {
  it("finds, pixel for pixel, the edges of OpenCV's Canny(grey, 100, 200)", async () => {
    const { data } = cannyPicture(await read('addon_controlnet_picture.png'))
    expect(Buffer.from(data).equals(Buffer.from((await read('addon_controlnet_edges.png')).data))).toBe(true)
  })

  it('thins a step to one pixel, on the side that comes first', () => {
    const row = [0, 0, 0, 100, 100, 100]
    expect(edgesOf(grey([row, row, row]))).toEqual(Array(3).fill([0, 0, 255, 0, 0, 0]))
    const columns = row.map((value) => [value, value, value])
    expect(edgesOf(grey(columns)).map(([first]) => first)).toEqual([0, 0, 255, 0, 0, 0])
  })

  it('keeps a weak edge only where it touches a strong one', () => {
    const step = (height: number) => [0, 0, 0, height, height, height]
    const weak = step(40) // magnitude 160: between the thresholds
    expect(edgesOf(grey([weak, weak, weak])).flat()).toEqual(Array(18).fill(0))
    const joined = edgesOf(grey([step(60), step(60), weak, weak])) // 240 above, 160 below
    expect(joined.map((row) => row.filter((value) => value === 255).length)).toEqual([1, 1, 1, 1])
    expect(edgesOf(grey([weak, weak, weak]), 100, 150)[1]).toEqual([0, 0, 255, 0, 0, 0])
  })

  it('sees nothing in one colour', () => {
    expect(edgesOf(grey(Array(4).fill([7, 7, 7, 7]))).flat()).toEqual(Array(16).fill(0))
  })
})
