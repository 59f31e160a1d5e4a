import { AppError } from '../contract/errors.ts'
import { headerParsers } from './image-headers.ts'
import { imageFormats, type ImageFormat, type ImageInfo } from './image-info.ts'
import { pngSignature } from './png-chunks.ts'

export type { ImageFormat, ImageInfo } from './image-info.ts'

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .subarray(at, at + text.length)
    .equals(Buffer.from(text, 'latin1'))

const signatures: Readonly<Record<ImageFormat, (bytes: Uint8Array) => boolean>> = {
  png: (bytes) => pngSignature.every((byte, i) => bytes[i] === byte),
  jpeg: (bytes) => startsWith(bytes, '\xff\xd8\xff'),
  webp: (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8),
  gif: (bytes) => startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a'),
}

/** Kinds of file that people send and that are refused by their name. */
const refused: readonly (readonly [name: string, matches: (bytes: Uint8Array) => boolean])[] = [
  [
    'an SVG drawing',
    (bytes) => /^\uFEFF?\s*(<\?xml|<!DOCTYPE svg|<!--|<svg)/i.test(Buffer.from(bytes.subarray(0, 256)).toString()),
  ],
  ['a PDF document', (bytes) => startsWith(bytes, '%PDF-')],
  ['a TIFF picture', (bytes) => startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*')],
  ['a BMP picture', (bytes) => startsWith(bytes, 'BM') && bytes.length > 26],
  ['an AVIF picture', (bytes) => startsWith(bytes, 'ftypavi', 4)],
  [
    'a HEIC picture',
    (bytes) => ['ftyphei', 'ftyphev', 'ftypmif1', 'ftypmsf1'].some((brand) => startsWith(bytes, brand, 4)),
  ],
  ['a video', (bytes) => startsWith(bytes, 'ftyp', 4) || startsWith(bytes, '\x1a\x45\xdf\xa3')],
  ['a JPEG XL picture', (bytes) => startsWith(bytes, '\xff\x0a') || startsWith(bytes, 'JXL ', 4)],
  ['a JPEG 2000 picture', (bytes) => startsWith(bytes, 'jP  ', 4) || startsWith(bytes, '\xff\x4f\xff\x51')],
  ['an icon', (bytes) => startsWith(bytes, '\0\0\x01\0')],
  ['a Photoshop document', (bytes) => startsWith(bytes, '8BPS')],
  ['an archive', (bytes) => startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, '\x1f\x8b')],
]

const sendAnother = 'Send a PNG, JPEG, WebP or GIF picture.'

/**
 * What a file is, from its first bytes and header alone: no name or media type is believed and no pixel is decoded.
 * Throws AppError `image/unreadable` for an empty file, one that is no picture and one that ends in its header, and
 * `image/unsupported` for a kind of picture or document that is not read.
 */
export function inspectImage(bytes: Uint8Array): ImageInfo {
  if (bytes.length === 0) throw new AppError('image/unreadable', { message: 'the file is empty', hint: sendAnother })
  const format = imageFormats.find((name) => signatures[name](bytes))
  if (!format) throw notRead(bytes)
  const info = { format, ...readHeader(format, bytes) }
  if (info.width === 0 || info.height === 0)
    throw new AppError('image/unreadable', {
      message: `the ${format} file says that it is ${info.width} x ${info.height} pixels`,
      hint: 'The file is damaged; send it again or send another.',
    })
  return info
}

function readHeader(format: ImageFormat, bytes: Uint8Array): Omit<ImageInfo, 'format'> {
  try {
    return headerParsers[format](bytes)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new AppError('image/unreadable', {
      message: `the ${format} file ends within its header, after ${bytes.length} bytes`,
      hint: 'The file is cut off; send it again.',
      cause,
    })
  }
}

function notRead(bytes: Uint8Array): AppError {
  const name = refused.find(([, matches]) => matches(bytes))?.[0]
  return name
    ? new AppError('image/unsupported', { message: `this is ${name}, which is not read`, hint: sendAnother })
    : new AppError('image/unreadable', { message: 'this file is not a picture', hint: sendAnother })
}
