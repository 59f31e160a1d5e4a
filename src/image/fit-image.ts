import sharp, { type OutputInfo, type Sharp } from 'sharp'
import { AppError } from '../contract/errors.ts'
import type { FittedImage, ImageFit } from '../contract/adapter.ts'

/** Colour of the veil over what a mask marks (red, green, blue), and how much of it is seen. */
const veil = { rgb: [255, 64, 129], opacity: 0.45 } as const
/** Blur of a picture that is not to be recognised: sigma as a share of its longer side. */
const blurShare = 0.06
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
 * An encoded picture as a platform takes it: as it is when it fits and nothing is to be changed; otherwise as PNG, then
 * as JPEG of falling quality and size, until it fits. Throws AppError `image/too-large` when nothing does.
 */
export async function fitImage(bytes: Uint8Array, options: FitOptions): Promise<FittedImage> {
  const { maxBytes, maxPixels } = options
  const source = sharp(bytes, { limitInputPixels: maxPixels, autoOrient: true })
  const { format, autoOrient } = await source.metadata()
  const { width, height } = autoOrient
  const isChanged = options.veil !== undefined || options.blurred === true
  if (!isChanged && bytes.length <= maxBytes) {
    return { bytes, mediaType: `image/${format}`, width, height, reduced: false }
  }
  const shown = await changed(source, { width, height }, options)
  const png = await shown.clone().png().toBuffer()
  if (png.length <= maxBytes) return { bytes: png, mediaType: 'image/png', width, height, reduced: isChanged }
  return smaller(await shown.raw().toBuffer({ resolveWithObject: true }), maxBytes)
}

interface Size {
  readonly width: number
  readonly height: number
}

/** The picture with its veil or blur. */
async function changed(source: Sharp, size: Size, { veil: mask, blurred }: FitOptions): Promise<Sharp> {
  const sigma = Math.max(2, Math.max(size.width, size.height) * blurShare)
  const picture = blurred ? source.blur(sigma) : source
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

/** JPEG on white, worse and then smaller, until it fits. */
async function smaller({ data, info }: { data: Buffer; info: OutputInfo }, maxBytes: number): Promise<FittedImage> {
  const { channels } = info
  for (let scale = 1; Math.min(info.width, info.height) * scale >= smallestSide; scale *= shrink) {
    const width = Math.round(info.width * scale)
    const height = Math.round(info.height * scale)
    for (const quality of qualities) {
      const bytes = await sharp(data, { raw: { width: info.width, height: info.height, channels } })
        .flatten({ background: '#ffffff' })
        .resize(width, height)
        .jpeg({ quality })
        .toBuffer()
      if (bytes.length <= maxBytes) return { bytes, mediaType: 'image/jpeg', width, height, reduced: true }
    }
  }
  throw new AppError('image/too-large', {
    message: `the picture does not fit into ${maxBytes} bytes, however small it is made`,
    hint: 'Ask for it on the web page, or for a smaller one.',
  })
}
