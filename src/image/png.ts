import { inflateSync } from 'node:zlib'
import sharp from 'sharp'
import { AppError } from '../contract/errors.ts'
import { pngChunk, pngChunks, pngSignature } from './png-chunks.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'

/** The text entry under which a picture's recipe is kept, as JSON. */
export const recipeKeyword = 'llmga'

/** Inflated text beyond this is not read: a small file can hold a huge one. */
const maxTextBytes = 1 << 20

export interface PngOptions {
  /** Entries of metadata: keyword (1 to 79 characters of Latin-1) and text, written as UTF-8 (iTXt). */
  readonly text?: Readonly<Record<string, string>>
}

/** A picture as PNG. The same picture and texts give the same bytes. Throws RangeError for a keyword that cannot be. */
export async function encodePng(
  { width, height, data }: RgbImage,
  { text = {} }: PngOptions = {},
): Promise<Uint8Array> {
  const plain = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
  const [header] = pngChunks(plain)
  const afterHeader = header!.end
  const texts = Object.entries(text).map(([keyword, value]) => pngChunk('iTXt', internationalText(keyword, value)))
  return Buffer.concat([plain.subarray(0, afterHeader), ...texts, plain.subarray(afterHeader)])
}

/** A mask as PNG of one channel. The same mask gives the same bytes. */
export async function encodeGreyPng({ width, height, data }: GreyImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer()
}

/** A small lossy picture to look at while the real one is being made, JPEG. */
export async function encodePreview({ width, height, data }: RgbImage, quality = 70): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
}

/**
 * The text entries of a PNG (iTXt, tEXt, zTXt) by keyword; of several with one keyword the first.
 * Throws AppError `image/unreadable` for what is not a PNG or whose text is damaged.
 */
export function readPngText(bytes: Uint8Array): Record<string, string> {
  if (!pngSignature.every((byte, i) => bytes[i] === byte))
    throw new AppError('image/unreadable', {
      message: 'this file is not a PNG',
      hint: 'Recipes are kept in the PNG files that this program makes; send one of those, not re-encoded.',
    })
  const texts = new Map<string, string>()
  for (const chunk of pngChunks(bytes)) {
    const parse = textParsers[chunk.type]
    if (!parse) continue
    try {
      if (!chunk.isIntact()) throw new RangeError('check sum')
      const [keyword, text] = parse(Buffer.from(chunk.data))
      if (!texts.has(keyword)) texts.set(keyword, text)
    } catch (cause) {
      throw new AppError('image/unreadable', {
        message: `the ${chunk.type} entry at byte ${chunk.start} of the PNG is damaged`,
        hint: 'The file was altered or cut off; take the original.',
        cause,
      })
    }
  }
  return Object.fromEntries(texts)
}

/** PNG, third edition, 11.3.3.4: keyword, not compressed, no language, no translated keyword, text. */
function internationalText(keyword: string, text: string): Uint8Array {
  if (!/^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword))
    throw new RangeError(`PNG keyword ${JSON.stringify(keyword)}`)
  return Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')])
}

type TextParser = (data: Buffer) => readonly [keyword: string, text: string]

const textParsers: Readonly<Record<string, TextParser | undefined>> = {
  tEXt: (data) => {
    const [keyword, rest] = cutAtZero(data)
    return [keyword, rest.toString('latin1')]
  },
  zTXt: (data) => {
    const [keyword, rest] = cutAtZero(data)
    return [keyword, inflate(rest.subarray(1)).toString('latin1')]
  },
  iTXt: (data) => {
    const [keyword, flags] = cutAtZero(data)
    const [, translated] = cutAtZero(flags.subarray(2))
    const [, text] = cutAtZero(translated)
    return [keyword, (flags[0] === 1 ? inflate(text) : text).toString('utf8')]
  },
}

function cutAtZero(data: Buffer): readonly [before: string, after: Buffer] {
  const zero = data.indexOf(0)
  if (zero < 0) throw new RangeError('no end of string')
  return [data.subarray(0, zero).toString('latin1'), data.subarray(zero + 1)]
}

const inflate = (data: Buffer): Buffer => inflateSync(data, { maxOutputLength: maxTextBytes })
