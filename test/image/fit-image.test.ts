import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { fitImage } from '../../src/image/fit-image.ts'

const plenty = { maxBytes: 1 << 24, maxPixels: 1 << 24 }

/** A picture with edges and noise: 160 x 96, left half reddish, right half bluish, a bright box in the middle. */
function scene(width = 160, height = 96, channels: 3 | 4 = 3): Buffer {
  const data = Buffer.alloc(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const noise = (n: number) => (Math.imul(Math.imul(x * 3 + n, 0x9e3779b1) ^ (y + 1), 0x85ebca6b) >>> 16) % 64
      const inBox = Math.abs(x - width / 2) < width / 8 && Math.abs(y - height / 2) < height / 4
      const colour = inBox
        ? [190 + noise(0), 180 + noise(1), 160 + noise(2)]
        : x < width / 2
          ? [160 + noise(0), 30 + noise(1), 20 + noise(2)]
          : [20 + noise(0), 30 + noise(1), 160 + noise(2)]
      data.set([...colour, 255].slice(0, channels), (y * width + x) * channels)
    }
  return data
}
const picture = (format: 'png' | 'jpeg' | 'webp' = 'png', width = 160, height = 96) =>
  sharp(scene(width, height), { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer()
const pixels = (bytes: Uint8Array) => sharp(bytes).flatten({ background: '#000000' }).removeAlpha().raw().toBuffer()

const mean = (data: Uint8Array, channel: number) => {
  let sum = 0
  for (let i = channel; i < data.length; i += 3) sum += data[i]!
  return sum / (data.length / 3)
}
/** Peak signal to noise ratio, in decibels. */
function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return 10 * Math.log10(255 ** 2 / (sum / a.length))
}

describe('a picture that fits', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('goes out as it is, bit for bit (%s)', async (format) => {
    const bytes = await picture(format)
    expect(await fitImage(bytes, plenty)).toEqual({
      bytes,
      mediaType: `image/${format}`,
      width: 160,
      height: 96,
      reduced: false,
    })
  })

  it('goes out as it is with more pixels than may be decoded', async () => {
    expect((await fitImage(await picture(), { maxBytes: 1 << 24, maxPixels: 100 })).reduced).toBe(false)
  })

  it('has the size that it is seen with, after its EXIF turning', async () => {
    const turned = await sharp(await picture('jpeg'))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect(await fitImage(turned, plenty)).toMatchObject({ width: 96, height: 160, reduced: false })
  })
})

describe('a veil', () => {
  it('tints what the mask marks, and leaves every other pixel as it was', async () => {
    const bytes = await picture()
    // Half of the picture's size: it is scaled to the picture.
    const grey = Buffer.from(Array.from({ length: 80 * 48 }, (_, i) => (i % 80 < 40 ? 255 : 0)))
    const mask = await sharp(grey, { raw: { width: 80, height: 48, channels: 1 } })
      .png()
      .toBuffer()
    const veiled = await fitImage(bytes, { ...plenty, veil: mask })
    expect(veiled).toMatchObject({ mediaType: 'image/png', width: 160, height: 96, reduced: true })
    const [before, after] = [await pixels(bytes), await pixels(veiled.bytes)]
    const at = (data: Uint8Array, x: number, y: number) => [...data.subarray((y * 160 + x) * 3, (y * 160 + x) * 3 + 3)]
    for (const [x, y] of [[120, 10], [100, 90], [159, 50]] as const) expect(at(after, x, y)).toEqual(at(before, x, y)) // prettier-ignore
    for (const [x, y] of [
      [5, 5],
      [40, 60],
      [70, 90],
    ] as const) {
      const expected = at(before, x, y).map((value, c) => value * 0.55 + [255, 64, 129][c]! * 0.45)
      at(after, x, y).forEach((value, c) => expect(Math.abs(value - expected[c]!)).toBeLessThan(3))
    }
  })
})

describe('a blurred picture', () => {
  it('is not to be recognised and keeps its mean colour', async () => {
    const bytes = await picture('png', 320, 192)
    const blurred = await fitImage(bytes, { ...plenty, blurred: true })
    expect(blurred).toMatchObject({ width: 320, height: 192, reduced: true })
    const [before, after] = [await pixels(bytes), await pixels(blurred.bytes)]
    expect(psnr(before, after)).toBeLessThan(20)
    for (const channel of [0, 1, 2]) expect(Math.abs(mean(before, channel) - mean(after, channel))).toBeLessThan(6)
    let steepest = 0
    for (let i = 0; i < after.length - 3; i++)
      if (Math.floor(i / 3) % 320 < 319) steepest = Math.max(steepest, Math.abs(after[i]! - after[i + 3]!))
    expect(steepest).toBeLessThan(24)
  })

  it('keeps nothing of details: two pictures of the same colours look the same', async () => {
    const stripes = (offset: number) => {
      const data = Buffer.from(
        Array.from({ length: 320 * 192 * 3 }, (_, i) =>
          Math.floor((Math.floor(i / 3) % 320) / 4 + offset) % 2 ? 230 : 20,
        ),
      )
      return sharp(data, { raw: { width: 320, height: 192, channels: 3 } })
        .png()
        .toBuffer()
    }
    const [a, b] = await Promise.all(
      [0, 1].map(async (offset) => pixels((await fitImage(await stripes(offset), { ...plenty, blurred: true })).bytes)),
    )
    expect(psnr(a!, b!)).toBeGreaterThan(24)
    expect(psnr(await pixels(await stripes(0)), await pixels(await stripes(1)))).toBeLessThan(5)
  })

  it('may be very large and very narrow', async () => {
    const narrow = await picture('png', 2000, 3)
    expect(await fitImage(narrow, { ...plenty, blurred: true })).toMatchObject({ width: 2000, height: 3 })
  })
})

describe('a picture that is too large', () => {
  it('is encoded as JPEG until it fits', async () => {
    const bytes = await picture('png', 480, 320)
    for (const maxBytes of [40_000, 12_000, 5_000]) {
      const fitted = await fitImage(bytes, { maxBytes, maxPixels: 1 << 24 })
      expect(fitted).toMatchObject({ mediaType: 'image/jpeg', reduced: true })
      expect(fitted.bytes.length).toBeLessThanOrEqual(maxBytes)
      const { width, height, format } = await sharp(fitted.bytes).metadata()
      expect({ width, height, format }).toEqual({ width: fitted.width, height: fitted.height, format: 'jpeg' })
      expect(Math.abs(fitted.width / fitted.height - 1.5)).toBeLessThan(0.02)
    }
  })

  it('is turned upright', async () => {
    const turned = await sharp(await picture('jpeg', 480, 320))
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer()
    const fitted = await fitImage(turned, { maxBytes: 20_000, maxPixels: 1 << 24 })
    expect(fitted.height).toBeGreaterThan(fitted.width)
    // Turned by a quarter, what was at the left (red) is at the top.
    const data = await pixels(fitted.bytes)
    expect(mean(data.subarray(0, fitted.width * 30), 0)).toBeGreaterThan(150)
  })

  it('is put on white where it is transparent', async () => {
    const data = scene(200, 200, 4)
    for (let i = 3; i < data.length / 2; i += 4) data[i] = 0
    const bytes = await sharp(data, { raw: { width: 200, height: 200, channels: 4 } })
      .png()
      .toBuffer()
    const small = await fitImage(bytes, { maxBytes: 4000, maxPixels: 1 << 24 })
    expect(small.mediaType).toBe('image/jpeg')
    const corner = (await pixels(small.bytes)).subarray(0, small.width * 3 * 4)
    expect(Math.min(mean(corner, 0), mean(corner, 1), mean(corner, 2))).toBeGreaterThan(245)
  })

  it('is tried at its own size however narrow it is', async () => {
    const fitted = await fitImage(await picture('png', 3000, 40), { maxBytes: 40_000, maxPixels: 1 << 24 })
    expect(fitted).toMatchObject({ mediaType: 'image/jpeg', width: 3000, height: 40 })
  })

  it('is refused where no size fits, and where it has too many pixels to be encoded again', async () => {
    const bytes = await picture()
    const refused = (maxBytes: number, maxPixels: number) => fitImage(bytes, { maxBytes, maxPixels })
    await expect(refused(100, 1 << 24)).rejects.toMatchObject({ code: 'image/too-large' })
    await expect(refused(bytes.length - 1, 1000)).rejects.toMatchObject({ code: 'image/too-large' })
    const damaged = bytes.subarray(0, bytes.length / 2)
    await expect(fitImage(damaged, { ...plenty, blurred: true })).rejects.toMatchObject({ code: 'image/unreadable' })
  })
})
