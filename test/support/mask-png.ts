import sharp from 'sharp'

/** A PNG of black and white: white in the box, in pixels. */
export async function maskPng(
  width: number,
  height: number,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const inside = (x: number, y: number) =>
    x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height ? 255 : 0
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => inside(i % width, Math.floor(i / width)))
  return new Uint8Array(
    await sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer(),
  )
}

/** A red PNG that is transparent in its left half. */
export async function halfTransparentPng(width: number, height: number): Promise<Uint8Array> {
  const alpha = (i: number) => (i % width < width / 2 ? 0 : 255)
  const pixels = Uint8Array.from(Array.from({ length: width * height }, (_, i) => [200, 10, 10, alpha(i)]).flat())
  return new Uint8Array(
    await sharp(pixels, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer(),
  )
}

/** The pixels of a picture, three bytes each. */
export async function pixelsOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
  }
}
