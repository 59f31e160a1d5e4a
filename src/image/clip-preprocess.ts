import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import { crop, padToSquare } from './crop.ts'
import { resizeRgb, type ResampleFilter } from './resize.ts'
import type { RgbImage } from './rgb-image.ts'

/** Pillow's numbers of its filters, as preprocessor_config.json has them. */
const filters = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const satisfies ResampleFilter[]

const exactSize = z.object({ height: z.int().positive(), width: z.int().positive() })
const shortestEdge = z.object({ shortest_edge: z.int().positive() })
const triple = z.tuple([z.number(), z.number(), z.number()])

const preprocessorConfig = z.object({
  do_resize: z.boolean().default(true),
  size: z
    .union([
      z
        .int()
        .positive()
        .transform((edge) => ({ shortest_edge: edge })),
      shortestEdge,
      exactSize,
    ])
    .default({ shortest_edge: 224 }),
  resample: z.int().min(0).max(5).default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z
    .union([
      z
        .int()
        .positive()
        .transform((side) => ({ height: side, width: side })),
      exactSize,
    ])
    .default({ height: 224, width: 224 }),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: triple.default([0.26862954, 0.26130258, 0.27577711]),
})

/** A CLIPImageProcessor's settings, with transformers' defaults where the file leaves something out. */
export type ClipPreprocessor = z.output<typeof preprocessorConfig>

/** Reads a preprocessor_config.json (parsed). Throws AppError `model/unsupported` naming the setting. */
export function readClipPreprocessor(config: unknown): ClipPreprocessor {
  const parsed = preprocessorConfig.safeParse(config)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('model/unsupported', {
    message: `preprocessor_config.json: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    hint: 'The vision tower needs the preprocessor_config.json of a CLIP model.',
  })
}

/**
 * How a picture that is not square is treated: `crop` cuts the middle out, `pad` puts it on a square of the mean colour
 * first (LLaVA), `llmga_stretch` squeezes it to a square of its longer side first (LLMGA's programs).
 */
export type ClipPreprocessMode = 'crop' | 'pad' | 'llmga_stretch'

/** A picture as a CLIP vision tower takes it, [3, S, S] float32, normalised. */
export function clipPreprocess(image: RgbImage, settings: ClipPreprocessor, mode: ClipPreprocessMode): FloatTensor {
  const resized = settings.do_resize ? resizeFor(makeSquare(image, settings, mode), settings) : image
  const { width, height } = settings.do_center_crop ? settings.crop_size : resized
  const left = Math.floor((resized.width - width) / 2)
  const top = Math.floor((resized.height - height) / 2)
  return normalise(crop(resized, left, top, width, height), settings)
}

function makeSquare(image: RgbImage, { image_mean: mean }: ClipPreprocessor, mode: ClipPreprocessMode): RgbImage {
  const side = Math.max(image.width, image.height)
  switch (mode) {
    case 'crop':
      return image
    case 'pad':
      return padToSquare(image, [Math.trunc(mean[0] * 255), Math.trunc(mean[1] * 255), Math.trunc(mean[2] * 255)])
    case 'llmga_stretch':
      return resizeRgb(image, side, side, 'lanczos')
  }
}

function resizeFor(image: RgbImage, { size, resample }: ClipPreprocessor): RgbImage {
  const filter = filters[resample]!
  if ('height' in size) return resizeRgb(image, size.width, size.height, filter)
  const short = size.shortest_edge
  const { width, height } = image
  if (width <= height) return resizeRgb(image, short, Math.trunc((short * height) / width), filter)
  return resizeRgb(image, Math.trunc((short * width) / height), short, filter)
}

function normalise({ width, height, data }: RgbImage, settings: ClipPreprocessor): FloatTensor {
  const factor = settings.do_rescale ? settings.rescale_factor : 1
  const plane = width * height
  const out = new Float32Array(3 * plane)
  for (let c = 0; c < 3; c++) {
    const mean = settings.do_normalize ? settings.image_mean[c]! : 0
    const std = settings.do_normalize ? settings.image_std[c]! : 1
    for (let i = 0; i < plane; i++) out[c * plane + i] = (data[i * 3 + c]! * factor - mean) / std
  }
  return float32(out, [3, height, width])
}
