import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { halfToFloat } from '../tensor/half.ts'
import { sizeOf, type Tensor, type TensorData, type TensorType } from '../tensor/tensor.ts'
import type { BlockFormat } from './quantise.ts'

/** Bytes of one element of each dtype that a checkpoint may hold. */
export const dtypeBytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const
export type WeightType = keyof typeof dtypeBytes

/** Where one tensor lies: nothing of it has been read. */
export interface WeightEntry {
  readonly name: string
  readonly dtype: WeightType
  readonly shape: readonly number[]
  /** Absolute path of the file that holds the bytes. */
  readonly file: string
  /** Byte range [offset, offset + length) in that file; little-endian, row-major. */
  readonly offset: number
  readonly length: number
  /** The same matrix in fewer bits, which linear layers take instead. */
  readonly quantised?: QuantisedMatrix
}

/** A matrix [out, in] in blocks of `blockSize` values of a row with one scale each (see quantise.ts). */
export interface QuantisedMatrix extends BlockFormat {
  /** U8 [out, blocks, bytes of a block] */
  readonly codes: WeightEntry
  /** F32 [out, blocks] */
  readonly scales: WeightEntry
}

export interface SafetensorsFile {
  readonly file: string
  readonly sizeBytes: number
  readonly tensors: ReadonlyMap<string, WeightEntry>
  readonly metadata: Readonly<Record<string, string>>
}

/** safetensors' own limit for a header. */
const maxHeaderBytes = 100_000_000
const maxDimensions = 16

/**
 * Reads and checks the header of a safetensors file (https://huggingface.co/docs/safetensors: u64 header length, JSON
 * header, tensor bytes); tensor data is not touched.
 * Throws AppError `weights/missing` when there is no such file, `weights/corrupt` when header, ranges, shapes or
 * dtypes do not hold together or ranges overlap or leave holes.
 */
export function openSafetensors(relative: string): SafetensorsFile {
  const file = path.resolve(relative) // graphs locate weights from the root folder
  const { header, dataStart, sizeBytes } = readHeader(file)
  const tensors = new Map<string, WeightEntry>()
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(file, value)
    else tensors.set(name, readEntry(file, name, value, dataStart, sizeBytes))
  }
  checkCoverage(file, [...tensors.values()], dataStart, sizeBytes)
  return { file, sizeBytes, tensors, metadata }
}

const corrupt = (file: string, what: string, cause?: unknown) =>
  new AppError('weights/corrupt', {
    message: `${file}: ${what}`,
    hint: 'The file is damaged or not a safetensors file; copy or download it again.',
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })

function readHeader(file: string): { header: Record<string, unknown>; dataStart: number; sizeBytes: number } {
  const descriptor = openForReading(file)
  try {
    const sizeBytes = fstatSync(descriptor).size
    if (sizeBytes < 8) throw corrupt(file, `${sizeBytes} bytes are too few for a safetensors file`)
    const lengthBytes = Buffer.alloc(8)
    readSync(descriptor, lengthBytes, 0, 8, 0)
    const headerLength = lengthBytes.readBigUInt64LE()
    if (headerLength > BigInt(maxHeaderBytes))
      throw corrupt(file, `header of ${headerLength} bytes is over the limit of ${maxHeaderBytes}`)
    const dataStart = 8 + Number(headerLength)
    if (dataStart > sizeBytes) throw corrupt(file, `header of ${headerLength} bytes does not fit ${sizeBytes} bytes`)
    const headerBytes = Buffer.alloc(Number(headerLength))
    readSync(descriptor, headerBytes, 0, headerBytes.length, 8)
    return { header: parseHeader(file, headerBytes), dataStart, sizeBytes }
  } finally {
    closeSync(descriptor)
  }
}

/** A descriptor of a regular file. Throws AppError `weights/missing` when it cannot be opened. */
export function openForReading(file: string): number {
  try {
    // Opening a pipe would wait for a writer, and a folder fails only when it is read.
    if (!statSync(file).isFile()) throw new Error('not a file')
    return openSync(file, 'r')
  } catch (cause) {
    throw new AppError('weights/missing', {
      message: `${file}: the weight file cannot be opened (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'Check the model folder, or fetch the model again.',
      details: { file },
      cause,
    })
  }
}

function parseHeader(file: string, bytes: Buffer): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw corrupt(file, 'the header is not JSON', cause)
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt(file, 'the header is not a JSON object')
  return header as Record<string, unknown>
}

function readMetadata(file: string, value: unknown): Record<string, string> {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!plain || Object.values(value).some((v) => typeof v !== 'string'))
    throw corrupt(file, '__metadata__ is not a map of strings')
  return value as Record<string, string>
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function readEntry(file: string, name: string, value: unknown, dataStart: number, sizeBytes: number): WeightEntry {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Record<string, unknown>
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype))
    throw corrupt(file, `tensor ${name} has the unknown dtype ${JSON.stringify(dtype)}`)
  if (!Array.isArray(shape) || shape.length > maxDimensions || !shape.every(isCount))
    throw corrupt(file, `tensor ${name} has no valid shape`)
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount))
    throw corrupt(file, `tensor ${name} has no valid data_offsets`)
  const [begin, end] = range as [number, number]
  const length = end - begin
  const expected = sizeOf(shape) * dtypeBytes[dtype as WeightType]
  if (!Number.isSafeInteger(expected) || length !== expected)
    throw corrupt(
      file,
      `tensor ${name} [${shape.join(', ')}] ${dtype} needs ${expected} bytes, its range has ${length}`,
    )
  if (dataStart + end > sizeBytes)
    throw corrupt(file, `tensor ${name} ends at byte ${dataStart + end}, the file has ${sizeBytes} (cut off?)`)
  return { name, dtype: dtype as WeightType, shape, file, offset: dataStart + begin, length }
}

/** Ranges must follow one another without overlap or hole, as the format demands, so that no byte hides in a file. */
function checkCoverage(file: string, entries: WeightEntry[], dataStart: number, sizeBytes: number): void {
  let end = dataStart
  let previous = 'the header'
  for (const entry of entries.sort((a, b) => a.offset - b.offset || a.length - b.length)) {
    if (entry.offset < end) throw corrupt(file, `tensor ${entry.name} overlaps ${previous}`)
    if (entry.offset > end) throw corrupt(file, `${entry.offset - end} unused bytes lie before tensor ${entry.name}`)
    end = entry.offset + entry.length
    previous = entry.name
  }
  if (end !== sizeBytes) throw corrupt(file, `${sizeBytes - end} unused bytes lie after the last tensor`)
}

/** Copies the bytes of one tensor out of its file. For small tensors and tests; graphs point into the file instead. */
export function readWeightBytes(entry: WeightEntry): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entry.length)
  const descriptor = openForReading(entry.file)
  try {
    let done = 0
    while (done < bytes.length) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, entry.offset + done)
      if (count === 0) throw corrupt(entry.file, `the file ends inside tensor ${entry.name}`)
      done += count
    }
  } finally {
    closeSync(descriptor)
  }
  return bytes
}

/** Reads one tensor; F16, BF16 and F64 become float32, I16 and I8 become int32. */
export function readWeight(entry: WeightEntry): Tensor {
  const bytes = readWeightBytes(entry)
  const count = sizeOf(entry.shape)
  const tensor = <T extends TensorType>(dtype: T, data: TensorData[T]): Tensor<T> => ({
    dtype,
    shape: entry.shape,
    data,
  })
  switch (entry.dtype) {
    case 'F32':
      return tensor('float32', new Float32Array(bytes.buffer, 0, count))
    case 'F64':
      return tensor('float32', Float32Array.from(new Float64Array(bytes.buffer, 0, count)))
    case 'F16':
      return tensor('float32', halfToFloat(new Uint16Array(bytes.buffer, 0, count)))
    case 'BF16':
      return tensor('float32', bfloatToFloat(new Uint16Array(bytes.buffer, 0, count)))
    case 'I64':
      return tensor('int64', new BigInt64Array(bytes.buffer, 0, count))
    case 'I32':
      return tensor('int32', new Int32Array(bytes.buffer, 0, count))
    case 'I16':
      return tensor('int32', Int32Array.from(new Int16Array(bytes.buffer, 0, count)))
    case 'I8':
      return tensor('int32', Int32Array.from(new Int8Array(bytes.buffer, 0, count)))
    case 'U8':
      return tensor('uint8', bytes)
    case 'BOOL':
      return tensor('bool', bytes)
  }
}

/** bfloat16 values (as their bits) to float32, exactly. */
export function bfloatToFloat(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length)
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16
  return new Float32Array(bits.buffer)
}
