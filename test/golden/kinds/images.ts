import { readFileSync } from 'node:fs'
import { clipPreprocess, readClipPreprocessor, type ClipPreprocessMode } from '../../../src/image/clip-preprocess.ts'
import { centreCropSquare } from '../../../src/image/crop.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { binarize, blackOut, maskPreprocess, sizeByShortSide } from '../../../src/image/mask.ts'
import { toRgbImages, toUnitRange } from '../../../src/image/postprocess.ts'
import { resizeGrey, resizeRgb, type ResampleFilter } from '../../../src/image/resize.ts'
import type { GreyImage, RgbImage } from '../../../src/image/rgb-image.ts'
import { roundDownToMultiple, vaePreprocess, type PixelSize } from '../../../src/image/vae-preprocess.ts'
import { nearestInterpolate } from '../../../src/tensor/interpolate.ts'
import type { FloatTensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

type Operation = (goldenCase: GoldenCase, check: Checker) => void

/** A stored picture: [h, w, 3] colour or [h, w] grey. */
function picture(goldenCase: GoldenCase, name: string): RgbImage | GreyImage {
  const { data, shape } = goldenCase.tensor(name)
  return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array }
}

const checkPicture = (check: Checker, name: string, { width, height, data }: RgbImage | GreyImage) =>
  check.tensor(name, data, data.length === width * height ? [height, width] : [height, width, 3])

const checkTensor = (check: Checker, name: string, { data, shape }: FloatTensor) => check.tensor(name, data, shape)

/** The size that the case asks for, if it does. */
function askedSize({ inputs }: GoldenCase, image: PixelSize): PixelSize | undefined {
  if (inputs['height'] === undefined && inputs['width'] === undefined) return undefined
  return { width: image.width, height: image.height, ...(inputs as Partial<PixelSize>) }
}

const operations: Readonly<Record<string, Operation>> = {
  vae_preprocess(goldenCase, check) {
    const image = picture(goldenCase, 'input.image_u8')
    const pixels = vaePreprocess(image, askedSize(goldenCase, image))
    checkTensor(check, 'preprocessed', pixels)
    check.json('height', pixels.shape[2])
    check.json('width', pixels.shape[3])
  },

  mask_preprocess(goldenCase, check) {
    const image = picture(goldenCase, 'input.mask_u8')
    const { mask, latentMask } = maskPreprocess(image, askedSize(goldenCase, image))
    checkTensor(check, 'mask', mask)
    checkTensor(check, 'mask_latent', latentMask)
  },

  postprocess(goldenCase, check) {
    const decoded = goldenCase.float('input.decoded')
    checkTensor(check, 'image_float', toUnitRange(decoded))
    const images = toRgbImages(decoded)
    const { width, height } = images[0]!
    const bytes = Buffer.concat(images.map((image) => image.data))
    check.tensor('image_u8', bytes, [images.length, height, width, 3])
  },

  pil_resize(goldenCase, check) {
    const image = picture(goldenCase, 'input.image_u8')
    const resize = image.data.length === image.width * image.height ? resizeGrey : resizeRgb
    const filter = goldenCase.inputs['filter'] as ResampleFilter
    const sizes = goldenCase.inputs['sizes'] as readonly (readonly [number, number])[]
    for (const [width, height] of sizes) checkPicture(check, `${width}x${height}`, resize(image, width, height, filter))
    checkPicture(check, 'default', resize(image, ...sizes[0]!, 'bicubic'))
  },

  llmga_mask(goldenCase, check) {
    const image = picture(goldenCase, 'input.image_u8')
    const mask = picture(goldenCase, 'input.mask_u8')
    const side = Math.max(image.width, image.height)
    const masked = blackOut(image, mask)
    checkPicture(check, 'masked_image_u8', masked)
    checkPicture(check, 'masked_square_u8', resizeRgb(masked, side, side, 'lanczos'))
    const { width, height } = sizeByShortSide(image, goldenCase.inputs['short_side'] as number)
    check.json('resized', [width, height])
    const resizedMask = resizeGrey(mask, width, height, 'lanczos')
    checkPicture(check, 'resized_image_u8', resizeRgb(image, width, height, 'lanczos'))
    checkPicture(check, 'resized_mask_before_u8', resizedMask)
    checkPicture(check, 'resized_mask_u8', binarize(resizedMask))
  },

  center_crop_square(goldenCase, check) {
    const image = picture(goldenCase, 'input.image_u8')
    checkPicture(check, 'image_u8', centreCropSquare(image, goldenCase.inputs['size'] as number))
  },

  round_to_multiple_of_8({ inputs }, check) {
    const sizes = inputs['sizes_hw'] as readonly (readonly [number, number])[]
    const rounded = sizes.map(([height, width]) => roundDownToMultiple({ width, height }))
    check.json(
      'out',
      rounded.map(({ height, width }) => [height, width]),
    )
  },

  nearest_interpolate(goldenCase, check) {
    const x = goldenCase.float('input.x')
    for (const [height, width] of goldenCase.inputs['sizes_hw'] as readonly (readonly [number, number])[])
      checkTensor(check, `${height}x${width}`, nearestInterpolate(x, height, width))
  },
}

const imageOps: GoldenKind = (goldenCase, check) => {
  const operation = operations[goldenCase.inputs['op'] as string]
  if (!operation) return check.fail(String(goldenCase.inputs['op']), 'an operation without a runner')
  operation(goldenCase, check)
  const compared = new Set(check.comparisons.map((comparison) => `expected.${comparison.name}`))
  const missed = goldenCase.tensorNames.filter((name) => name.startsWith('expected.') && !compared.has(name))
  check.that('every expected tensor compared', missed.length === 0, missed.join())
}

interface PreprocessedImage {
  readonly file: string
  readonly decoded: string
  readonly mode: ClipPreprocessMode
  readonly exif_transpose: boolean
  readonly expected: string
  readonly lossy: boolean
}

const limits = { maxBytes: 1 << 26, maxPixels: 1 << 26 }

/** Both ways: from the pixels that the reference decoded, and from the file itself through our own decoder. */
const imagePreprocess: GoldenKind = async (goldenCase, check) => {
  const settings = readClipPreprocessor(
    JSON.parse(readFileSync(goldenCase.resolve('model/preprocessor_config.json'), 'utf8')),
  )
  const { abs, rel, mean_abs, lossy_abs, lossy_mean_abs } = goldenCase.tolerance as unknown as Record<string, number>
  const strict = { abs: abs!, rel: rel!, mean: mean_abs! }
  const loose = { abs: lossy_abs!, rel: rel!, mean: lossy_mean_abs! }
  for (const image of goldenCase.inputs['images'] as readonly PreprocessedImage[]) {
    const expected = goldenCase.float(image.expected)
    const compare = async (file: string, orient: boolean, tolerance: typeof strict) => {
      const decoded = await decodeImage(readFileSync(goldenCase.resolve(file)), { limits, orient })
      const { data, shape } = clipPreprocess(decoded, settings, image.mode)
      check.values(`${image.expected} of ${file}`, data, expected, shape, tolerance)
      check.within(`${image.expected} of ${file}, mean`, meanError(data, expected.data), tolerance.mean)
    }
    if (!image.exif_transpose) await compare(image.decoded, false, strict) // the stored pixels were not turned
    await compare(image.file, image.exif_transpose, image.lossy ? loose : strict)
  }
}

function meanError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length
}

export const imageKinds: Record<string, GoldenKind> = { image_ops: imageOps, image_preprocess: imagePreprocess }
