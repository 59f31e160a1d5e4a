import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { dtypeBytes, type WeightType } from '../../src/weights/safetensors.ts'

/** A tensor to be written. `values` are what its dtype can hold exactly. */
export interface TensorToWrite {
  readonly dtype: WeightType
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** A new folder that is deleted after the tests of the file that asked for it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'llmga-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

/** The bytes of a safetensors file with this header (JSON text or a value to be written as JSON) and data. */
export function safetensorsBytes(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}

/** Writes tensors one after the other and returns the file. `pad` is put behind the header, as spaces. */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  { metadata, pad = 0 }: { metadata?: Record<string, string>; pad?: number } = {},
): string {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  const parts: Uint8Array[] = []
  let at = 0
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = encode(tensor)
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [at, at + bytes.length] }
    parts.push(bytes)
    at += bytes.length
  }
  writeFileSync(file, safetensorsBytes(JSON.stringify(header) + ' '.repeat(pad), Buffer.concat(parts)))
  return file
}

/** float32 tensor of small values that every float dtype holds exactly: sixteenths in [-2, 2). */
export function weightOf(shape: readonly number[], dtype: WeightType = 'F32', salt = 1): TensorToWrite {
  const size = shape.reduce((a, b) => a * b, 1)
  const values = Array.from({ length: size }, (_, i) => (((i * 37 + salt * 11) % 64) - 32) / 16)
  return { dtype, shape, values }
}

function encode({ dtype, values }: TensorToWrite): Uint8Array {
  const bytes = Buffer.alloc(values.length * dtypeBytes[dtype])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  values.forEach((value, i) => writers[dtype](view, i * dtypeBytes[dtype], value))
  return bytes
}

const writers: Readonly<Record<WeightType, (view: DataView, at: number, value: number) => void>> = {
  F64: (view, at, value) => view.setFloat64(at, value, true),
  F32: (view, at, value) => view.setFloat32(at, value, true),
  F16: (view, at, value) => view.setUint16(at, halfBits(value), true),
  BF16: (view, at, value) => view.setUint16(at, bfloatBits(value), true),
  I64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  I32: (view, at, value) => view.setInt32(at, value, true),
  I16: (view, at, value) => view.setInt16(at, value, true),
  I8: (view, at, value) => view.setInt8(at, value),
  U8: (view, at, value) => view.setUint8(at, value),
  BOOL: (view, at, value) => view.setUint8(at, value),
}

/** The upper half of a float32, which must hold all of it. */
function bfloatBits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!
  if (bits & 0xffff) throw new RangeError(`${value} is not a bf16`)
  return bits >>> 16
}

/** IEEE 754 binary16, by its definition; values that it does not hold exactly are refused. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size === Infinity) return sign | 0x7c00
  if (size < 2 ** -14) return sign | whole(size * 2 ** 24, value)
  const exponent = Math.floor(Math.log2(size))
  return sign | ((exponent + 15) << 10) | whole((size / 2 ** exponent - 1) * 1024, value)
}

function whole(fraction: number, value: number): number {
  if (!Number.isInteger(fraction) || fraction > 1023) throw new RangeError(`${value} is not an fp16`)
  return fraction
}
