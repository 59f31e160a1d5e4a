import { crc32 } from 'node:zlib'
import { fourCharacters, viewOf } from './image-info.ts'

/** The eight bytes that begin every PNG. */
export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

export interface PngChunk {
  /** Four letters, as `IHDR`. */
  readonly type: string
  readonly data: Uint8Array
  /** Where the chunk begins and the next one begins, in bytes of the file. */
  readonly start: number
  readonly end: number
  /** Whether its check sum fits. Computed when asked for. */
  isIntact(): boolean
}

/** The chunks of a PNG in order; ends at IEND, or before a chunk that the file does not hold whole. */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = viewOf(bytes)
  let start = pngSignature.length
  while (start + 12 <= bytes.length) {
    const end = start + 12 + view.getUint32(start)
    if (end > bytes.length) return
    const type = fourCharacters(bytes, start + 4)
    const named = bytes.subarray(start + 4, end - 4)
    const sum = view.getUint32(end - 4)
    yield { type, data: named.subarray(4), start, end, isIntact: () => crc32(named) === sum }
    if (type === 'IEND') return
    start = end
  }
}

/** One chunk as bytes: length, type, data, check sum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(data.length + 12)
  const view = viewOf(chunk)
  view.setUint32(0, data.length)
  chunk.set(Buffer.from(type, 'latin1'), 4)
  chunk.set(data, 8)
  view.setUint32(data.length + 8, crc32(chunk.subarray(4, data.length + 8)))
  return chunk
}
