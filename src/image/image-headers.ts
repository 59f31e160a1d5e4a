/** Width, height and what else a header tells, of each format that is decoded. None of these decodes pixels. */
import { exifOrientation } from './exif-orientation.ts'
import { fourCharacters, viewOf, type HeaderParser, type ImageFormat, type ImageInfo } from './image-info.ts'
import { pngChunks } from './png-chunks.ts'

type Header = Omit<ImageInfo, 'format'>

/** PNG (W3C, third edition): IHDR comes first, and acTL before the pixels where it is animated. */
function pngHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes)
  const header = { width: view.getUint32(16), height: view.getUint32(20), bitDepth: view.getUint8(24) }
  let frames = 1
  let orientation = 1
  for (const { type, data } of pngChunks(bytes)) {
    if (type === 'IDAT') break
    if (type === 'acTL') frames = viewOf(data).getUint32(0)
    if (type === 'eXIf') orientation = exifOrientation(data)
  }
  return { ...header, frames, orientation }
}

/** JPEG (ITU-T T.81, annex B): segments up to the frame header. */
function jpegHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes)
  let orientation = 1
  let at = 2
  for (;;) {
    while (view.getUint8(at) !== 0xff) at++
    while (view.getUint8(at) === 0xff) at++
    const marker = view.getUint8(at++)
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue
    const length = view.getUint16(at)
    if (isFrameHeader(marker)) {
      const frame = { bitDepth: view.getUint8(at + 2), height: view.getUint16(at + 3), width: view.getUint16(at + 5) }
      return { ...frame, frames: 1, orientation }
    }
    if (marker === 0xe1 && fourCharacters(bytes, at + 2) === 'Exif')
      orientation = exifOrientation(bytes.subarray(at + 8, at + length))
    at += length
  }
}

/** SOF0 to SOF15, without the Huffman, arithmetic and extension markers that lie between. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** WebP (RFC 9649): a lossy or lossless bitstream, or an extended header with a canvas before it. */
function webpHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes)
  let size: { width: number; height: number } | undefined
  let frames = 0
  let orientation = 1
  for (let at = 12; at + 8 <= bytes.length;) {
    const body = at + 8
    const length = view.getUint32(at + 4, true)
    const type = fourCharacters(bytes, at)
    if (type === 'ANMF') frames++
    if (type === 'EXIF') orientation = exifOrientation(withoutExifMark(bytes.subarray(body, body + length)))
    size ??= webpSize(type, view, body)
    at = body + length + (length % 2)
  }
  return { ...(size ?? webpSize('VP8X', view, 20)!), frames: Math.max(1, frames), bitDepth: 8, orientation }
}

function webpSize(type: string, view: DataView, at: number): { width: number; height: number } | undefined {
  if (type === 'VP8X') return { width: 1 + uint24(view, at + 4), height: 1 + uint24(view, at + 7) }
  if (type === 'VP8 ')
    return { width: view.getUint16(at + 6, true) & 0x3fff, height: view.getUint16(at + 8, true) & 0x3fff }
  if (type !== 'VP8L') return undefined
  const bits = view.getUint32(at + 1, true)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000

/** Some writers put JPEG's "Exif\0\0" before the block. */
const withoutExifMark = (block: Uint8Array): Uint8Array =>
  fourCharacters(block, 0) === 'Exif' ? block.subarray(6) : block

/** GIF89a: the logical screen, then blocks; each image descriptor is a frame. */
function gifHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes)
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  const colours = view.getUint8(10)
  return { ...size, frames: Math.max(1, gifFrames(bytes, 13 + colourTable(colours))), bitDepth: 8, orientation: 1 }
}

/** Frames from the first block on; of a file that ends too early, those that it holds. */
function gifFrames(bytes: Uint8Array, start: number): number {
  let frames = 0
  let at = start
  while (at < bytes.length) {
    const kind = bytes[at]
    if (kind === 0x21) at += 2
    else if (kind === 0x2c) {
      frames++
      at += 11 + colourTable(bytes[at + 9] ?? 0)
    } else break
    while (bytes[at]) at += 1 + bytes[at]!
    at++
  }
  return frames
}

/** Bytes of the colour table that a packed field announces. */
const colourTable = (packed: number): number => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0)

export const headerParsers: Readonly<Record<ImageFormat, HeaderParser>> = {
  png: pngHeader,
  jpeg: jpegHeader,
  webp: webpHeader,
  gif: gifHeader,
}
