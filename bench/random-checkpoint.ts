import { closeSync, openSync, writeSync } from 'node:fs'
import type { Layout } from './layouts/unet.ts'

/** A prime, so that no two matrices are alike: onnxruntime keeps equal ones once, which is less memory than a model's. */
const blockElements = 1_048_573

/**
 * Writes a safetensors file of fp16 random values with the given names and shapes. The values repeat a block of random
 * numbers of about 0.02, those of norms one of numbers just above 1: so deep random networks stay finite and yet every
 * layer counts in their output.
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
    const blocks = { small: randomBlock(smallValue), aboveOne: randomBlock(valueAboveOne) }
    let at = 0
    for (const [name, shape] of layout) {
      const block = isNorm(name, shape) ? blocks.aboveOne : blocks.small
      for (let left = shape.reduce((a, b) => a * b, 2); left > 0;) {
        const written = writeSync(descriptor, block, at, Math.min(left, block.length - at))
        left -= written
        at = (at + written) % block.length
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

const isNorm = (name: string, shape: readonly number[]) => shape.length === 1 && /norm\w*\.(\d+\.)?weight$/.test(name)

/** fp16 in +-[2^-7, 2^-5): any fraction and sign with an exponent of 8 or 9. */
const smallValue = (bits: number): number => ((bits & 1) << 15) | ((8 + ((bits >> 1) & 1)) << 10) | ((bits >> 2) & 1023)

/** fp16 in [1, 1.0625). */
const valueAboveOne = (bits: number): number => (15 << 10) | (bits & 63)

function randomBlock(value: (bits: number) => number): Buffer {
  const values = new Uint16Array(blockElements)
  let state = 12345
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    values[i] = value(state >>> 8)
  }
  return Buffer.from(values.buffer)
}
