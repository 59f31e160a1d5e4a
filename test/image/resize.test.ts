import { describe, expect, it } from 'vitest'
import { crop, padToSquare } from '../../src/image/crop.ts'
import { clipPreprocess, readClipPreprocessor } from '../../src/image/clip-preprocess.ts'
import { blackOut, maskPreprocess, sizeByShortSide, toGrey } from '../../src/image/mask.ts'
import { toRgbImages } from '../../src/image/postprocess.ts'
import { resizeGrey, resizeRgb, resizeRgba, type ResampleFilter } from '../../src/image/resize.ts'
import { roundDownToMultiple, vaePreprocess } from '../../src/image/vae-preprocess.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { gradient } from './pictures.ts'

const filters: readonly ResampleFilter[] = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos']
const flat = (width: number, height: number, value: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
})

describe('resize', () => {
  it.each(filters)('keeps a flat picture flat, %s', (filter) => {
    for (const [width, height] of [
      [7, 5],
      [90, 31],
      [1, 1],
      [40, 64],
    ] as const)
      expect(new Set(resizeRgb(flat(40, 30, 173), width, height, filter).data)).toEqual(new Set([173]))
  })

  it.each(filters)('copies a picture of the size asked for, %s', (filter) => {
    const image = gradient(9, 7)
    const same = resizeRgb(image, 9, 7, filter)
    expect(same).toEqual(image)
    expect(same.data).not.toBe(image.data)
  })

  // Worked out by hand from the kernels; agreement with Pillow itself is what the goldens show.
  it.each([
    ['box', 2, [50, 125]],
    ['bilinear', 2, [71, 121]],
    ['nearest', 2, [100, 50]],
    ['nearest', 8, [0, 0, 100, 100, 200, 200, 50, 50]],
    ['box', 8, [0, 0, 100, 100, 200, 200, 50, 50]],
    ['bilinear', 8, [0, 25, 75, 125, 175, 163, 88, 50]],
  ] as const)('%s to %i', (filter, width, expected) => {
    const row = { width: 4, height: 1, data: Uint8Array.of(0, 100, 200, 50) }
    expect([...resizeGrey(row, width, 1, filter).data]).toEqual(expected)
  })

  it.each(filters)('treats each channel as if it were alone, %s', (filter) => {
    const image = gradient(31, 22)
    const whole = resizeRgb(image, 17, 40, filter).data
    for (const channel of [0, 1, 2]) {
      const alone = { ...image, data: image.data.filter((_, i) => i % 3 === channel) }
      expect(resizeGrey(alone, 17, 40, filter).data).toEqual(whole.filter((_, i) => i % 3 === channel))
    }
  })

  it('does not let the colour of transparent pixels bleed', () => {
    const data = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 0)
    const resized = resizeRgba({ width: 2, height: 1, data }, 1, 1, 'box').data
    expect([...resized]).toEqual([255, 0, 0, 128])
  })

  it('refuses sizes that are none', () => {
    expect(() => resizeRgb(flat(2, 2, 0), 0, 3, 'box')).toThrow(RangeError)
    expect(() => resizeRgb(flat(2, 2, 0), 1.5, 3, 'box')).toThrow(RangeError)
  })
})

describe('crop', () => {
  it('takes a window, black where it goes over the edge', () => {
    const image = gradient(4, 4)
    expect(crop(image, 1, 2, 2, 1).data).toEqual(image.data.slice((2 * 4 + 1) * 3, (2 * 4 + 3) * 3))
    const over = crop(flat(2, 2, 9), -1, -1, 4, 3)
    expect([...over.data.filter((_, i) => i % 3 === 0)]).toEqual([0, 0, 0, 0, 0, 9, 9, 0, 0, 9, 9, 0])
  })

  it('pads to the longer side around the middle', () => {
    const square = padToSquare(flat(1, 4, 9), [1, 2, 3])
    expect([square.width, square.height]).toEqual([4, 4])
    expect([...square.data.subarray(0, 12)]).toEqual([1, 2, 3, 9, 9, 9, 1, 2, 3, 1, 2, 3])
  })
})

describe('preparing pictures for models', () => {
  it.each([
    [64, 64, 64, 64],
    [71, 65, 64, 64],
    [391, 517, 384, 512],
    [5, 100, 8, 96],
  ])('rounds %i x %i down to %i x %i', (width, height, roundedWidth, roundedHeight) => {
    expect(roundDownToMultiple({ width, height })).toEqual({ width: roundedWidth, height: roundedHeight })
  })

  it('maps black to -1 and white to 1 for the autoencoder, and back', () => {
    const image = { width: 8, height: 8, data: gradient(8, 8).data }
    const tensor = vaePreprocess(image)
    expect(tensor.shape).toEqual([1, 3, 8, 8])
    expect([Math.min(...tensor.data), Math.max(...tensor.data)]).toEqual([-1, 1])
    expect(toRgbImages(tensor)).toEqual([image])
  })

  it('clamps when it makes bytes, and takes the picture apart by channel', () => {
    const [image] = toRgbImages(float32(Float32Array.of(-7, 7, -1, 1, 0, 0.5), [1, 3, 1, 2]))
    expect([...image!.data]).toEqual([0, 0, 128, 255, 255, 191])
  })

  it('makes masks of pictures of one channel and of three', () => {
    const grey = { width: 16, height: 8, data: Uint8Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? 127 : 128)) }
    const colour = { ...grey, data: Uint8Array.from({ length: 384 }, (_, i) => grey.data[Math.floor(i / 3)]!) }
    expect(toGrey(colour)).toEqual(grey)
    expect(maskPreprocess(colour)).toEqual(maskPreprocess(grey))
    expect([...maskPreprocess(grey).latentMask.data]).toEqual([0, 1])
  })

  it('blacks out from 125 on and wants mask and picture of one size', () => {
    const mask = { width: 2, height: 1, data: Uint8Array.of(124, 125) }
    expect([...blackOut(flat(2, 1, 9), mask).data]).toEqual([9, 9, 9, 0, 0, 0])
    expect(() => blackOut(flat(3, 1, 9), mask)).toThrow(RangeError)
  })

  it('cuts the longer side to a whole number', () => {
    expect(sizeByShortSide({ width: 61, height: 45 }, 64)).toEqual({ width: 86, height: 64 })
    expect(sizeByShortSide({ width: 45, height: 61 }, 64)).toEqual({ width: 64, height: 86 })
  })
})

describe('CLIP preprocessing', () => {
  it('has the defaults of CLIP where the file says nothing', () => {
    const settings = readClipPreprocessor({})
    expect(settings.crop_size).toEqual({ height: 224, width: 224 })
    expect(clipPreprocess(gradient(50, 30), settings, 'crop').shape).toEqual([3, 224, 224])
  })

  it('takes sizes as a number, by the shortest edge or exactly', () => {
    for (const size of [20, { shortest_edge: 20 }, { height: 20, width: 20 }])
      expect(clipPreprocess(gradient(50, 30), readClipPreprocessor({ size, crop_size: 20 }), 'crop').shape).toEqual([
        3, 20, 20,
      ])
  })

  it('normalises by mean and deviation of each channel', () => {
    const settings = readClipPreprocessor({ size: 2, crop_size: 2, image_mean: [0, 0.5, 1], image_std: [1, 0.5, 0.25] })
    const { data } = clipPreprocess(flat(4, 4, 255), settings, 'pad')
    expect([...data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
  })

  it('names the setting that it cannot read', () => {
    expect(() => readClipPreprocessor({ resample: 9 })).toThrow(/resample/)
    expect(() => readClipPreprocessor({ resample: 9 })).toThrow(expect.objectContaining({ code: 'model/unsupported' }))
  })
})
