import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/contract/errors.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { inspectImage } from '../../src/image/inspect.ts'
import { animated, asApng, encoder, gradient, png16, pngHeaderOnly } from './pictures.ts'

const limits = { maxBytes: 1 << 20, maxPixels: 1 << 20 }
const picture = gradient(24, 16)

const meanDifference = (a: Uint8Array, b: Uint8Array) => a.reduce((s, v, i) => s + Math.abs(v - b[i]!), 0) / a.length

describe('decodeImage', () => {
  it('gives the pixels of a PNG as they are', async () => {
    const { info, ...decoded } = await decodeImage(await encoder(picture).png().toBuffer(), { limits })
    expect(decoded.width).toBe(24)
    expect(decoded.height).toBe(16)
    expect(decoded.data).toEqual(Buffer.from(picture.data))
    expect(decoded.alpha).toBeUndefined()
    expect(info).toEqual({ format: 'png', width: 24, height: 16, frames: 1, bitDepth: 8, orientation: 1 })
  })

  it.each([
    ['a JPEG', () => encoder(picture).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), 4],
    ['a WebP', () => encoder(picture).webp({ quality: 95 }).toBuffer(), 8],
    ['a lossless WebP', () => encoder(picture).webp({ lossless: true }).toBuffer(), 0],
    ['a still GIF', () => encoder(picture).gif({ dither: 0 }).toBuffer(), 8],
    ['a palette PNG', () => encoder(picture).png({ palette: true, dither: 0 }).toBuffer(), 8],
    ['a CMYK JPEG', () => encoder(picture).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), 30],
    ['a progressive JPEG', () => encoder(picture).jpeg({ progressive: true, quality: 95 }).toBuffer(), 8],
  ])('reads %s', async (_, make, allowed) => {
    const decoded = await decodeImage(await make(), { limits })
    expect(decoded.data).toHaveLength(24 * 16 * 3)
    expect(meanDifference(decoded.data, picture.data)).toBeLessThanOrEqual(allowed)
  })

  it.each([1, 3] as const)('takes the upper 8 of 16 bits, %i channels', async (channels) => {
    const decoded = await decodeImage(await png16(5, 4, channels, 0x9c40), { limits })
    expect(decoded.info.bitDepth).toBe(16)
    expect(new Set(decoded.data)).toEqual(new Set([0x9c]))
    expect(decoded.data).toHaveLength(60)
  })

  it('makes grey three equal channels', async () => {
    const decoded = await decodeImage(await encoder(picture).greyscale().png().toBuffer(), { limits })
    expect(decoded.data).toHaveLength(24 * 16 * 3)
    expect(decoded.data[0]).toBe(decoded.data[2])
  })

  it('reads a picture of one pixel', async () => {
    const decoded = await decodeImage(await encoder(gradient(1, 1)).png().toBuffer(), { limits })
    expect([decoded.width, decoded.height, ...decoded.data]).toEqual([1, 1, 0, 0, 255])
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns a picture upright, EXIF orientation %i', async (orientation) => {
    const bytes = await encoder(picture).webp({ lossless: true }).withMetadata({ orientation }).toBuffer()
    const upright = await decodeImage(bytes, { limits })
    expect(upright.info).toMatchObject({ orientation, width: 24, height: 16 })
    expect([upright.width, upright.height]).toEqual(orientation < 5 ? [24, 16] : [16, 24])
    // Where the stored top left pixel goes: horizontally and vertically, in the EXIF standard's numbering.
    const right = [2, 3, 6, 7].includes(orientation)
    const bottom = [3, 4, 7, 8].includes(orientation)
    const at = ((bottom ? upright.height - 1 : 0) * upright.width + (right ? upright.width - 1 : 0)) * 3
    expect([...upright.data.subarray(at, at + 3)]).toEqual([...picture.data.subarray(0, 3)])
    const stored = await decodeImage(bytes, { limits, orient: false })
    expect(stored.data).toEqual(Buffer.from(picture.data))
  })

  describe('alpha', () => {
    const colours = Uint8Array.from([200, 100, 50, 0, 200, 100, 50, 128, 200, 100, 50, 255])
    const png = sharp(colours, { raw: { width: 3, height: 1, channels: 4 } }).png()

    it('is dropped and kept apart', async () => {
      const decoded = await decodeImage(await png.toBuffer(), { limits })
      expect([...decoded.data]).toEqual([200, 100, 50, 200, 100, 50, 200, 100, 50])
      expect([...decoded.alpha!]).toEqual([0, 128, 255])
    })

    it('puts the picture on white where asked', async () => {
      const decoded = await decodeImage(await png.toBuffer(), { limits, alpha: 'white' })
      expect([...decoded.data]).toEqual([255, 255, 255, 227, 177, 152, 200, 100, 50])
    })

    it('is left out where every pixel is opaque', async () => {
      const decoded = await decodeImage(await encoder(picture).ensureAlpha().png().toBuffer(), { limits })
      expect(decoded.alpha).toBeUndefined()
      expect(decoded.data).toEqual(Uint8Array.from(picture.data))
    })
  })

  it('believes the bytes, not a name: a JPEG is a JPEG', async () => {
    expect(inspectImage(await encoder(picture).jpeg().toBuffer()).format).toBe('jpeg')
  })

  const cut = async (make: Promise<Buffer>, share: number) => {
    const whole = await make
    return whole.subarray(0, Math.floor(whole.length * share))
  }

  const hostile: readonly (readonly [string, () => Promise<Uint8Array> | Uint8Array, ErrorCode, RegExp])[] = [
    ['no bytes', () => new Uint8Array(), 'image/unreadable', /empty/],
    ['words', () => Buffer.from('draw a fox'), 'image/unreadable', /not a picture/],
    ['random bytes', () => Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9]), 'image/unreadable', /not a picture/],
    ['a signature alone', () => Buffer.from([0xff, 0xd8, 0xff]), 'image/unreadable', /header/],
    ['a PNG of 50,000 x 50,000', () => pngHeaderOnly(50_000, 50_000), 'image/too-large', /50000 x 50000/],
    ['a PNG of no width', () => pngHeaderOnly(0, 10), 'image/unreadable', /0 x 10/],
    ['a PNG without pixels', () => pngHeaderOnly(10, 10), 'image/unreadable', /cannot be decoded/],
    ['too many bytes', () => new Uint8Array(limits.maxBytes + 1), 'image/too-large', /bytes/],
    ['an animated GIF', () => animated('gif', 3), 'image/unsupported', /gif .* animated \(3 frames\)/],
    ['an animated WebP', () => animated('webp', 2), 'image/unsupported', /webp .* animated \(2 frames\)/],
    ['an APNG', async () => asApng(await encoder(picture).png().toBuffer(), 4), 'image/unsupported', /4 frames/],
    ['a PNG cut off', () => cut(encoder(picture).png().toBuffer(), 0.6), 'image/unreadable', /png/],
    ['a JPEG cut off', () => cut(encoder(picture).jpeg().toBuffer(), 0.8), 'image/unreadable', /jpeg/],
    ['a JPEG cut off in its header', () => cut(encoder(picture).jpeg().toBuffer(), 0.1), 'image/unreadable', /header/],
    ['a WebP cut off', () => cut(encoder(picture).webp().toBuffer(), 0.5), 'image/unreadable', /webp/],
    ['a GIF cut off', () => cut(encoder(picture).gif().toBuffer(), 0.9), 'image/unreadable', /gif/],
    ['SVG', () => Buffer.from('\n<svg width="9" height="9"/>'), 'image/unsupported', /SVG/],
    ['SVG after an XML line', () => Buffer.from('<?xml version="1.0"?><svg/>'), 'image/unsupported', /SVG/],
    ['PDF', () => Buffer.from('%PDF-1.7 ...'), 'image/unsupported', /PDF/],
    ['TIFF', () => encoder(picture).tiff().toBuffer(), 'image/unsupported', /TIFF/],
    ['AVIF', () => encoder(picture).avif({ effort: 0 }).toBuffer(), 'image/unsupported', /AVIF/],
    ['a film', () => Buffer.from('\0\0\0\x20ftypisom....'), 'image/unsupported', /video/],
    ['BMP', () => Buffer.from(`BM${'\0'.repeat(60)}`), 'image/unsupported', /BMP/],
  ]

  it.each(hostile)('refuses %s', async (_, make, code, message) => {
    const refused = expect(decodeImage(await make(), { limits })).rejects
    await refused.toMatchObject({
      code,
      hint: expect.stringMatching(/\w/) as string,
      message: expect.stringMatching(message) as string,
    })
  })

  it('refuses a huge picture before it decodes any of it', async () => {
    const started = performance.now()
    await expect(decodeImage(pngHeaderOnly(60_000, 60_000), { limits })).rejects.toThrow(/60000/)
    expect(performance.now() - started).toBeLessThan(100)
  })

  it.each(['png', 'jpeg', 'webp', 'gif'] as const)(
    'fails or answers, but never hangs, on damaged %s',
    async (format) => {
      const whole = await encoder(picture)[format]().toBuffer()
      for (let i = 0; i < whole.length; i += Math.max(1, Math.floor(whole.length / 60))) {
        const damaged = Buffer.from(whole)
        damaged[i] = damaged[i]! ^ 0xff
        const outcome = await decodeImage(damaged, { limits }).catch((error: unknown) => error)
        const isAnswer = typeof outcome === 'object' && outcome !== null && 'info' in outcome
        if (!isAnswer) expect(outcome).toMatchObject({ code: expect.stringMatching(/^image\//) as string })
      }
    },
  )
})
