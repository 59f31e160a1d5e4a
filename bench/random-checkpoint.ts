import { closeSync, openSync, writeSync } from 'node:fs'
import type { Layout } from './layouts/unet.ts'

const blockElements = 1 << 20

/**
 * Writes a safetensors file of fp16 random values with the given names and shapes. The values repeat a block of random
 * numbers of about 0.02: small enough that deep random networks stay finite.
 */
export function writeRandomCheckpoint(file: string, layout: Layout): void {
  const header: Record<string, unknown> = {}
  let offset = 0
  for (const [name, shape] of layout) {
    const length = shape.reduce((a, b) => a * b, 1) * 2
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + length] }
    offset += length
  }
  const json = Buffer.from(JSON.stringify(header))
  const lead = Buffer.alloc(8)
  lead.writeBigUInt64LE(BigInt(json.length))
  const descriptor = openSync(file, 'w')
  try {
    writeSync(descriptor, lead)
    writeSync(descriptor, json)
    const block = randomBlock()
    for (let left = offset; left > 0; left -= block.length)
      writeSync(descriptor, left >= block.length ? block : block.subarray(0, left))
  } finally {
    closeSync(descriptor)
  }
}

/** fp16 values in +-[2^-7, 2^-5): any fraction and sign with an exponent of 8 or 9. */
function randomBlock(): Buffer {
  const values = new Uint16Array(blockElements)
  let state = 12345
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    const bits = state >>> 8
    values[i] = ((bits & 1) << 15) | ((8 + ((bits >> 1) & 1)) << 10) | ((bits >> 2) & 1023)
  }
  return Buffer.from(values.buffer)
}
