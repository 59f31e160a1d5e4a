import { open, type FileHandle } from 'node:fs/promises'
import { halfToFloat } from '../tensor/half.ts'
import { sizeOf } from '../tensor/tensor.ts'
import { blockBytes, blocksOf, quantiseRows, type BlockFormat } from './quantise.ts'
import { bfloatToFloat, dtypeBytes, openSafetensors, type WeightEntry } from './safetensors.ts'
import type { WeightMap } from './weights.ts'

/** Matrices by name, with the format that each shall have. */
export type BlockFormats = ReadonlyMap<string, BlockFormat>

/** Part of the keys of caches: raise it when the same weights give other codes or scales. */
export const quantiseCodeVersion = 1

/** dtypes that are quantised; what else a checkpoint holds stays as it is. */
export const isQuantisable = ({ dtype, shape }: WeightEntry): boolean =>
  (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') && shape.length === 2

/** Bytes of a matrix that are in memory at once. */
const chunkBytes = 8 << 20

const codesOf = (name: string): string => `${name}.codes`
const scalesOf = (name: string): string => `${name}.scales`

interface PlacedTensor {
  readonly dtype: 'U8' | 'F32'
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** Where codes and scales of the matrices lie, as the header of a safetensors file. */
function layout(map: WeightMap, formats: BlockFormats) {
  const header: Record<string, PlacedTensor> = {}
  let end = 0
  const place = (name: string, dtype: 'U8' | 'F32', shape: readonly number[]) => {
    const begin = end
    end += sizeOf(shape) * dtypeBytes[dtype]
    header[name] = { dtype, shape, data_offsets: [begin, end] }
  }
  for (const [name, format] of formats) {
    const [out, input] = map.get(name)!.shape as [number, number]
    const blocks = blocksOf(input, format)
    place(codesOf(name), 'U8', [out, blocks, blockBytes(format)])
    place(scalesOf(name), 'F32', [out, blocks])
  }
  return { header, dataBytes: end }
}

/** Bytes of the file that writeQuantised makes, but for its header. */
export const quantisedBytes = (map: WeightMap, formats: BlockFormats): number => layout(map, formats).dataBytes

/**
 * Writes matrices of `map` in their formats into a new safetensors file, a few rows at a time: nothing but a piece of
 * one matrix is in memory, and the event loop runs between the pieces. `progress` is told the share that is done.
 */
export async function writeQuantised(
  file: string,
  map: WeightMap,
  formats: BlockFormats,
  progress?: (share: number) => void,
): Promise<void> {
  const { header, dataBytes } = layout(map, formats)
  const head = encodeHeader(header)
  const target = await open(file, 'wx')
  try {
    await writeAll(target, head, 0)
    let done = 0
    for (const [name, format] of formats) {
      const at = (tensor: string) => head.length + header[tensor]!.data_offsets[0]
      await quantiseMatrix(map.get(name)!, format, target, at(codesOf(name)), at(scalesOf(name)))
      done += header[scalesOf(name)]!.data_offsets[1] - header[codesOf(name)]!.data_offsets[0]
      progress?.(done / dataBytes)
    }
    await target.sync() // its name must not outlive its bytes when the power goes
  } finally {
    await target.close()
  }
}

/** The same tensors, those of the file with their quantised form. Throws AppError `weights/*` for a damaged file. */
export function withQuantised(map: WeightMap, file: string, formats: BlockFormats): WeightMap {
  const { tensors } = openSafetensors(file)
  return new Map(
    [...map].map(([name, entry]): [string, WeightEntry] => {
      const format = formats.get(name)
      if (!format) return [name, entry]
      const [codes, scales] = [tensors.get(codesOf(name))!, tensors.get(scalesOf(name))!]
      return [name, { ...entry, quantised: { ...format, codes, scales } }]
    }),
  )
}

function encodeHeader(header: Readonly<Record<string, PlacedTensor>>): Buffer {
  const json = JSON.stringify(header)
  // Spaces behind it, so that data begins at a whole cache line.
  const text = Buffer.from(json.padEnd(Math.ceil((json.length + 8) / 64) * 64 - 8))
  const lead = Buffer.alloc(8)
  lead.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([lead, text])
}

async function quantiseMatrix(
  entry: WeightEntry,
  format: BlockFormat,
  target: FileHandle,
  codesAt: number,
  scalesAt: number,
): Promise<void> {
  const [out, input] = entry.shape as [number, number]
  const rowBytes = entry.length / out
  const rowsAtOnce = Math.max(1, Math.floor(chunkBytes / rowBytes))
  const source = await open(entry.file, 'r')
  try {
    for (let row = 0; row < out; row += rowsAtOnce) {
      const bytes = new Uint8Array(Math.min(rowsAtOnce, out - row) * rowBytes)
      await readAll(source, bytes, entry.offset + row * rowBytes)
      const { codes, scales } = quantiseRows(toFloats(entry, bytes), input, format)
      await writeAll(target, codes, codesAt)
      await writeAll(target, new Uint8Array(scales.buffer), scalesAt)
      codesAt += codes.byteLength
      scalesAt += scales.byteLength
    }
  } finally {
    await source.close()
  }
}

function toFloats({ dtype }: WeightEntry, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer)
  const halves = new Uint16Array(bytes.buffer)
  return dtype === 'F16' ? halfToFloat(halves) : bfloatToFloat(halves)
}

async function readAll(source: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await source.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) throw new RangeError('the weight file became shorter while it was read')
    done += bytesRead
  }
}

async function writeAll(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await target.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}
