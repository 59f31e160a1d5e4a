/** Values in ggml's block formats, as gguf files hold them: little-endian, 32 values a block with one half-precision scale. */
import { halfToFloat, roundToHalf } from '../../src/tensor/half.ts'

export type GgmlType = 'F32' | 'F16' | 'Q4_0' | 'Q8_0'

/** Number in the file, values of a block and its bytes. */
export const ggmlTypes: Readonly<Record<GgmlType, { id: number; block: number; bytes: number }>> = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  Q4_0: { id: 2, block: 32, bytes: 18 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
}

/** Bytes of `count` values; `count` is a multiple of the type's block. */
export const ggmlBytes = (type: GgmlType, count: number): number =>
  (count / ggmlTypes[type].block) * ggmlTypes[type].bytes

/** Half-precision values (as bits) in a type. Their number is a multiple of its block. */
export function encodeHalves(type: GgmlType, halves: Uint16Array): Uint8Array {
  if (type === 'F16') return new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength)
  const values = halfToFloat(halves)
  if (type === 'F32') return new Uint8Array(values.buffer)
  const bytes = new Uint8Array(ggmlBytes(type, values.length))
  const encode = type === 'Q4_0' ? encodeQ4 : encodeQ8
  const { block, bytes: size } = ggmlTypes[type]
  for (let at = 0, to = 0; at < values.length; at += block, to += size) encode(values, at, bytes, to)
  return bytes
}

/** A scale, then for j in 0..15 the codes of values j (low four bits) and j + 16: value = scale * (code - 8). */
function encodeQ4(values: Float32Array, at: number, bytes: Uint8Array, to: number): void {
  let largest = 0
  for (let i = at; i < at + 32; i++) if (Math.abs(values[i]!) > Math.abs(largest)) largest = values[i]!
  const scale = largest / -8
  const factor = scale === 0 ? 0 : 1 / scale
  writeHalf(bytes, to, scale)
  for (let j = 0; j < 16; j++) {
    const low = Math.min(15, (values[at + j]! * factor + 8.5) | 0)
    const high = Math.min(15, (values[at + j + 16]! * factor + 8.5) | 0)
    bytes[to + 2 + j] = low | (high << 4)
  }
}

/** A scale, then 32 signed bytes: value = scale * byte. */
function encodeQ8(values: Float32Array, at: number, bytes: Uint8Array, to: number): void {
  let largest = 0
  for (let i = at; i < at + 32; i++) largest = Math.max(largest, Math.abs(values[i]!))
  const scale = largest / 127
  const factor = scale === 0 ? 0 : 1 / scale
  writeHalf(bytes, to, scale)
  for (let i = 0; i < 32; i++) bytes[to + 2 + i] = Math.round(values[at + i]! * factor)
}

function writeHalf(bytes: Uint8Array, at: number, value: number): void {
  const bits = halfBits(value)
  bytes[at] = bits & 255
  bytes[at + 1] = bits >> 8
}

/** Bits of the half-precision value nearest to a number. */
export function halfBits(value: number): number {
  const rounded = Math.abs(roundToHalf(value))
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  if (!Number.isFinite(rounded)) return sign | 0x7c00
  if (rounded < 2 ** -14) return sign | (rounded * 2 ** 24)
  const exponent = Math.floor(Math.log2(rounded))
  return sign | ((exponent + 15) << 10) | ((rounded / 2 ** exponent - 1) * 1024)
}

/** The values that bytes stand for; for tests and comparisons. */
export function decodeGgml(type: GgmlType, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { block, bytes: size } = ggmlTypes[type]
  const half = (at: number) => halfToFloat(Uint16Array.of(view.getUint16(at, true)))[0]!
  return Float32Array.from({ length: (bytes.length / size) * block }, (_, i) => {
    const at = Math.floor(i / block) * size
    const j = i % block
    if (type === 'F32') return view.getFloat32(at, true)
    if (type === 'F16') return half(at)
    if (type === 'Q8_0') return half(at) * view.getInt8(at + 2 + j)
    return half(at) * (((bytes[at + 2 + (j % 16)]! >> (j < 16 ? 0 : 4)) & 15) - 8)
  })
}
