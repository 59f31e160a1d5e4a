/** Writes GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3), tensors block by block. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { encodeHalves, ggmlBytes, ggmlTypes, type GgmlType } from './ggml-blocks.ts'

/** A value of the metadata, by its type in the file. */
export type GgufValue =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] }
  | { readonly texts: readonly string[] }

export interface GgufTensor {
  readonly name: string
  /** Rows last but one, columns last, as PyTorch says it. */
  readonly shape: readonly number[]
  readonly type: GgmlType
  /** Half-precision bits of `count` rows from `first`; a tensor of one dimension is one row. */
  readonly rows: (first: number, count: number) => Uint16Array
}

const alignment = 32
const aligned = (length: number): number => Math.ceil(length / alignment) * alignment
/** Half-precision values of a tensor that are in memory at once. */
const valuesAtOnce = 4 << 20

/** Writes a file with these values and tensors. Rows must be whole blocks of their type. */
export function writeGguf(
  file: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): void {
  const descriptor = openSync(file, 'w')
  try {
    writeAll(descriptor, header(metadata, tensors))
    for (const tensor of tensors) writeTensor(descriptor, tensor)
  } finally {
    closeSync(descriptor)
  }
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

function header(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const pairs = Object.entries(metadata)
  const parts = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(pairs.length)]
  for (const [key, value] of pairs) parts.push(text(key), ...encodeValue(value))
  let offset = 0
  for (const { name, shape, type } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(ggmlTypes[type].id), u64(offset))
    offset += aligned(ggmlBytes(type, elements(shape)))
  }
  const whole = Buffer.concat(parts)
  return Buffer.concat([whole, Buffer.alloc(aligned(whole.length) - whole.length)])
}

function encodeValue(value: GgufValue): Buffer[] {
  if ('u32' in value) return [u32(4), u32(value.u32)]
  if ('f32' in value) return [u32(6), f32(value.f32)]
  if ('flag' in value) return [u32(7), Buffer.of(value.flag ? 1 : 0)]
  if ('text' in value) return [u32(8), text(value.text)]
  if ('i32s' in value) return list(5, value.i32s.map(i32))
  if ('f32s' in value) return list(6, value.f32s.map(f32))
  return list(8, value.texts.map(text))
}

const list = (type: number, items: readonly Buffer[]): Buffer[] => [
  u32(9),
  u32(type),
  u64(items.length),
  Buffer.concat(items),
]

function numberBytes(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size)
  write(buffer)
  return buffer
}
const u32 = (value: number) => numberBytes(4, (b) => b.writeUInt32LE(value))
const i32 = (value: number) => numberBytes(4, (b) => b.writeInt32LE(value))
const f32 = (value: number) => numberBytes(4, (b) => b.writeFloatLE(value))
const u64 = (value: number) => numberBytes(8, (b) => b.writeBigUInt64LE(BigInt(value)))
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

function writeTensor(descriptor: number, { shape, type, rows }: GgufTensor): void {
  const columns = shape.at(-1)!
  const count = elements(shape) / columns
  const step = Math.max(1, Math.floor(valuesAtOnce / columns))
  for (let row = 0; row < count; row += step)
    writeAll(descriptor, encodeHalves(type, rows(row, Math.min(step, count - row))))
  const bytes = ggmlBytes(type, elements(shape))
  writeAll(descriptor, Buffer.alloc(aligned(bytes) - bytes))
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
}
