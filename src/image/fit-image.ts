import sharp, { type OutputInfo, type Sharp } from 'sharp'
import { AppError } from '../contract/errors.ts'
import type { FittedImage, ImageFit } from '../contract/adapter.ts'
import { inspectImage } from './inspect.ts'

/** Colour of the veil over what a mask marks (red, green, blue), and how much of it is seen. */
const veil = { rgb: [255, 64, 129], opacity: 0.45 } as const
/** A picture that is not to be recognised goes through this many pixels on its longer side. */
const blurredSide = 8
/** What a picture that is too large for a platform is tried as, one after the other. */
const qualities = [90, 80, 65] as const
const shrink = 0.75
/** Below this side nothing is left to look at, in pixels. */
const smallestSide = 64

export interface FitOptions extends Omit<ImageFit, 'veilSha256'> {
  /** A grey picture, white where the veil lies; scaled to the picture. */
  readonly veil?: Uint8Array
  /** Largest picture that is decoded, in pixels. */
  readonly maxPixels: number
}

/**
 * An encoded picture as a platform takes it: as it is when it fits and nothing is to be changed; otherwise upright as
 * PNG, then as JPEG of falling quality and size, until it fits. Throws AppError `image/too-large` when nothing does or
 * it has too many pixels to be encoded again, and as `inspectImage` does.
 */
export async function fitImage(bytes: Uint8Array, options: FitOptions): Promise<FittedImage> {
  const { maxBytes, maxPixels } = options
  const { format, orientation, ...stored } = inspectImage(bytes)
  const { width, height } = orientation >= 5 ? { width: stored.height, height: stored.width } : stored
  const isChanged = options.veil !== undefined || options.blurred === true
  if (!isChanged && bytes.length <= maxBytes)
    return { bytes, mediaType: `image/${format}`, width, height, reduced: false }
  if (width * height > maxPixels)
    throw tooLarge(`the picture has ${width} x ${height} pixels, too many to be made smaller`)
  try {
    const source = sharp(bytes, { limitInputPixels: maxPixels, autoOrient: true }).toColourspace('srgb')
    const shown = await changed(source, { width, height }, options)
    const png = await shown.clone().png().toBuffer()
    if (png.length <= maxBytes) return { bytes: png, mediaType: 'image/png', width, height, reduced: isChanged }
    return await smaller(await shown.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }), maxBytes)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const message = `the ${format} file cannot be decoded`
    throw new AppError('image/unreadable', { message, hint: 'The file is damaged or cut off.', cause })
  }
}

interface Size {
  readonly width: number
  readonly height: number
}

/** The picture with its veil or blur. */
async function changed(source: Sharp, size: Size, { veil: mask, blurred }: FitOptions): Promise<Sharp> {
  const picture = blurred ? await unrecognisable(source, size) : source
  if (!mask) return picture
  const alpha = await sharp(mask)
    .resize(size.width, size.height, { fit: 'fill' })
    .toColourspace('b-w')
    .extractChannel(0)
    .linear(veil.opacity, 0)
    .raw()
    .toBuffer()
  const [r, g, b] = veil.rgb
  const colour = sharp({ create: { ...size, channels: 3, background: { r, g, b } } })
  const overlay = colour.joinChannel(alpha, { raw: { ...size, channels: 1 } })
  return picture.composite([{ input: await overlay.png().toBuffer() }])
}

/** The picture's colours as soft clouds: what a few pixels hold of it, enlarged. */
async function unrecognisable(source: Sharp, { width, height }: Size): Promise<Sharp> {
  const scale = blurredSide / Math.max(width, height)
  const few = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) }
  const small = source.resize({ ...few, fit: 'fill', kernel: 'linear' }).raw({ depth: 'uchar' })
  const { data, info } = await small.toBuffer({ resolveWithObject: true })
  const enlarged = sharp(data, { raw: { ...few, channels: info.channels } })
  return enlarged.resize({ width, height, fit: 'fill', kernel: 'cubic' })
}

/** JPEG on white, worse and then smaller, until it fits. */
async function smaller({ data, info }: { data: Buffer; info: OutputInfo }, maxBytes: number): Promise<FittedImage> {
  const { width: fullWidth, height: fullHeight, channels } = info
  for (let scale = 1; scale === 1 || Math.min(fullWidth, fullHeight) * scale >= smallestSide; scale *= shrink) {
    const width = Math.round(fullWidth * scale)
    const height = Math.round(fullHeight * scale)
    const sized = await sharp(data, { raw: { width: fullWidth, height: fullHeight, channels } })
      .flatten({ background: '#ffffff' })
      .resize({ width, height, fit: 'fill' })
      .raw()
      .toBuffer()
    for (const quality of qualities) {
      const bytes = await sharp(sized, { raw: { width, height, channels: 3 } })
        .jpeg({ quality })
        .toBuffer()
      if (bytes.length <= maxBytes) return { bytes, mediaType: 'image/jpeg', width, height, reduced: true }
    }
  }
  throw tooLarge(`the picture does not fit into ${maxBytes} bytes, however small it is made`)
}

const tooLarge = (message: string) =>
  new AppError('image/too-large', { message, hint: 'Ask for it on the web page, or for a smaller one.' })
