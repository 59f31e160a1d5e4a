import sharp from 'sharp'
import { AppError } from '../contract/errors.ts'
import { inspectImage, type ImageInfo } from './inspect.ts'
import type { RgbImage } from './rgb-image.ts'

export interface ImageLimits {
  readonly maxBytes: number
  /** Width times height. */
  readonly maxPixels: number
}

export interface DecodeOptions {
  readonly limits: ImageLimits
  /**
   * `drop` keeps colours as stored, also under transparent pixels; `white` puts the picture on white. Default `drop`.
   */
  readonly alpha?: 'drop' | 'white'
  /** Whether EXIF orientation turns the picture upright. Default true. */
  readonly orient?: boolean
}

/** A decoded still picture with what was known of its file. Width and height are those after orientation. */
export interface DecodedImage extends RgbImage {
  /** [height, width] uint8, 0 transparent; absent where every pixel is opaque. */
  readonly alpha?: Uint8Array
  readonly info: ImageInfo
}

/**
 * The pixels of a PNG, JPEG, WebP or GIF file as 8-bit sRGB: CMYK, 16 bits, grey and palettes are converted, embedded
 * colour profiles applied. Sizes are judged from the header, before anything is decoded.
 *
 * Throws AppError `image/unreadable` (empty, damaged, cut off, no picture), `image/unsupported` (animated, a format
 * that is not read) and `image/too-large` (bytes or pixels).
 */
export async function decodeImage(
  bytes: Uint8Array,
  { limits, alpha = 'drop', orient = true }: DecodeOptions,
): Promise<DecodedImage> {
  checkBytes(bytes, limits)
  const info = inspectImage(bytes)
  checkInfo(info, limits)
  const { data, width, height, channels } = await decodePixels(bytes, info, limits, orient)
  if (channels === 3) return { width, height, data, info }
  const { rgb, plane } = splitAlpha(data, width * height)
  if (!plane) return { width, height, data: rgb, info }
  return { width, height, data: alpha === 'white' ? onWhite(rgb, plane) : rgb, alpha: plane, info }
}

function checkBytes(bytes: Uint8Array, { maxBytes }: ImageLimits): void {
  if (bytes.length <= maxBytes) return
  throw new AppError('image/too-large', {
    message: `the file has ${bytes.length} bytes, the limit is ${maxBytes}`,
    hint: 'Send a smaller file.',
  })
}

function checkInfo({ format, width, height, frames }: ImageInfo, { maxPixels }: ImageLimits): void {
  if (width * height > maxPixels)
    throw new AppError('image/too-large', {
      message: `the picture is ${width} x ${height} pixels, the limit is ${maxPixels} pixels in all`,
      hint: 'Send a smaller picture.',
    })
  if (frames > 1)
    throw new AppError('image/unsupported', {
      message: `this ${format} picture is animated (${frames} frames)`,
      hint: 'Send a still picture.',
    })
}

interface DecodedPixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: number
}

async function decodePixels(
  bytes: Uint8Array,
  info: ImageInfo,
  { maxPixels }: ImageLimits,
  orient: boolean,
): Promise<DecodedPixels> {
  try {
    const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: maxPixels, pages: 1, autoOrient: orient })
    const { format } = await picture.metadata()
    if (format !== info.format) throw new Error(`read as ${format}`)
    const { data, info: raw } = await picture
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (raw.channels !== 3 && raw.channels !== 4) throw new Error(`${raw.channels} channels`)
    return { data, width: raw.width, height: raw.height, channels: raw.channels }
  } catch (cause) {
    throw new AppError('image/unreadable', {
      message: `the ${info.format} file cannot be decoded`,
      hint: 'The file is damaged or cut off; send it again or send another.',
      cause,
    })
  }
}

function splitAlpha(rgba: Uint8Array, pixels: number): { rgb: Uint8Array; plane: Uint8Array | undefined } {
  const rgb = new Uint8Array(pixels * 3)
  const plane = new Uint8Array(pixels)
  let opaque = true
  for (let i = 0; i < pixels; i++) {
    rgb[i * 3] = rgba[i * 4]!
    rgb[i * 3 + 1] = rgba[i * 4 + 1]!
    rgb[i * 3 + 2] = rgba[i * 4 + 2]!
    plane[i] = rgba[i * 4 + 3]!
    if (plane[i] !== 255) opaque = false
  }
  return { rgb, plane: opaque ? undefined : plane }
}

const onWhite = (rgb: Uint8Array, plane: Uint8Array): Uint8Array =>
  rgb.map((value, i) => {
    const alpha = plane[Math.trunc(i / 3)]!
    return Math.round((value * alpha + 255 * (255 - alpha)) / 255)
  })
