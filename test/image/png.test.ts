import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../src/image/decode.ts'
import { inspectImage } from '../../src/image/inspect.ts'
import { pngChunk, pngChunks } from '../../src/image/png-chunks.ts'
import { encodePng, encodePreview, readPngText, recipeKeyword } from '../../src/image/png.ts'
import { gradient } from './pictures.ts'

const picture = gradient(20, 10)
const limits = { maxBytes: 1 << 20, maxPixels: 1 << 20 }
const recipe = JSON.stringify({ prompt: 'ein roter Fuchs 🦊 \u96ea "quoted"\n', seed: 4294967295 })

/** A PNG with one more chunk before its end. */
async function withChunk(type: string, data: Uint8Array): Promise<Uint8Array> {
  const png = await encodePng(picture)
  return Buffer.concat([png.subarray(0, -12), pngChunk(type, data), png.subarray(-12)])
}

describe('a PNG with its recipe', () => {
  it('gives the recipe and the pixels back', async () => {
    const png = await encodePng(picture, { text: { [recipeKeyword]: recipe, Software: 'llmga' } })
    expect(readPngText(png)).toEqual({ llmga: recipe, Software: 'llmga' })
    expect((await decodeImage(png, { limits })).data).toEqual(Buffer.from(picture.data))
  })

  it('is the same bytes each time', async () => {
    const text = { [recipeKeyword]: recipe }
    expect(await encodePng(picture, { text })).toEqual(await encodePng(picture, { text }))
  })

  it('is a sound file: every check sum fits, and the text comes before the pixels', async () => {
    const chunks = [...pngChunks(await encodePng(picture, { text: { [recipeKeyword]: recipe } }))]
    expect(chunks.every((chunk) => chunk.isIntact())).toBe(true)
    expect(chunks.slice(0, 2).map((chunk) => chunk.type)).toEqual(['IHDR', 'iTXt'])
    expect(chunks.at(-1)!.type).toBe('IEND')
  })

  it('has no text where none was given', async () => {
    expect(readPngText(await encodePng(picture))).toEqual({})
  })

  it.each(['', ' llmga', 'llmga ', 'a\0b', 'x'.repeat(80), '狐'])('refuses the keyword %j', async (keyword) => {
    await expect(encodePng(picture, { text: { [keyword]: 'x' } })).rejects.toThrow(RangeError)
  })
})

describe('readPngText', () => {
  it('reads text that other programs wrote', async () => {
    const plain = await withChunk('tEXt', Buffer.from('Author\0J\xfcrgen', 'latin1'))
    expect(readPngText(plain)).toEqual({ Author: 'Jürgen' })
    const packed = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.from('long'))])
    expect(readPngText(await withChunk('zTXt', packed))).toEqual({ Comment: 'long' })
    const international = Buffer.concat([Buffer.from('Title\0\x01\0de\0Titel\0'), deflateSync(Buffer.from('Füchse'))])
    expect(readPngText(await withChunk('iTXt', international))).toEqual({ Title: 'Füchse' })
  })

  it.each([
    ['text without an end of its keyword', 'tEXt', Buffer.from('abc')],
    ['text that cannot be inflated', 'zTXt', Buffer.from('a\0\0nonsense')],
    [
      'text that inflates to more than a mebibyte',
      'zTXt',
      Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(1 << 21))]),
    ],
  ])('refuses %s', async (_, type, data) => {
    const png = await withChunk(type, data)
    expect(() => readPngText(png)).toThrow(expect.objectContaining({ code: 'image/unreadable' }))
  })

  it('notices that a recipe was altered', async () => {
    const png = Buffer.from(await encodePng(picture, { text: { [recipeKeyword]: recipe } }))
    png[png.indexOf('roter')] = 0x52
    expect(() => readPngText(png)).toThrow(/damaged/)
  })

  it('refuses what is not a PNG', async () => {
    const jpeg = await encodePreview(picture)
    expect(() => readPngText(jpeg)).toThrow(expect.objectContaining({ code: 'image/unreadable' }))
  })
})

it('makes small previews of the same size', async () => {
  const large = gradient(256, 192)
  const preview = await encodePreview(large)
  expect(inspectImage(preview)).toMatchObject({ format: 'jpeg', width: 256, height: 192 })
  expect(preview.length).toBeLessThan((await encodePng(large)).length)
})
