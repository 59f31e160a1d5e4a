import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

export const sceneSize = 128

/**
 * A PNG of 128x128: hills under a moon, its sky in a hue of `seed`; `noise` 0..1 hides it as an unfinished drawing does.
 */
export function drawScene(seed: number, noise = 0): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc(sceneSize * (1 + sceneSize * 3))
  let state = seed + 1
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647
  for (let y = 0; y < sceneSize; y++) {
    for (let x = 0; x < sceneSize; x++) {
      const pixel = colourAt(x, y, seed).map((value) => value * (1 - noise) + 255 * random() * noise)
      rows.set(pixel.map(Math.round), y * (1 + sceneSize * 3) + 1 + x * 3)
    }
  }
  return new Uint8Array(png(rows))
}

/** A grey mask of 128x128: a disc around the moon is drawn anew. */
export function drawMask(): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc(sceneSize * (1 + sceneSize * 3))
  for (let y = 0; y < sceneSize; y++) {
    for (let x = 0; x < sceneSize; x++) {
      const at = y * (1 + sceneSize * 3) + 1 + x * 3
      if (Math.hypot(x - 92, y - 32) < 22) rows.fill(255, at, at + 3)
    }
  }
  return new Uint8Array(png(rows))
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function colourAt(x: number, y: number, seed: number): number[] {
  const moon = Math.hypot(x - 92, y - 32) < 14
  const near = y > 92 + 9 * Math.sin((x + seed * 17) / 17)
  const far = y > 74 + 13 * Math.sin((x + seed * 29) / 26 + 2)
  const tint = (seed * 47) % 80
  if (near) return [36, 84, 70]
  if (far) return [84, 138 - tint / 4, 122]
  return moon ? [250, 226, 172] : [236 - y / 2 - tint / 2, 170 + y / 4 - tint / 3, 150 + y / 2 + tint / 2]
}

function png(rows: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(sceneSize, 0)
  header.writeUInt32BE(sceneSize, 4)
  header.set([8, 2, 0, 0, 0], 8) // 8 bits, RGB
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.of())])
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
