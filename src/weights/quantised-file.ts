import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { sizeOf } from '../tensor/tensor.ts'
import { quantisePieces } from './quantise-pool.ts'
import type { QuantisePiece } from './quantise-piece.ts'
import { blockBytes, blocksOf, type BlockFormat } from './quantise.ts'
import { dtypeBytes, openSafetensors, type WeightEntry } from './safetensors.ts'
import type { WeightMap } from './weights.ts'

/** Matrices by name, with the format that each shall have. */
export type BlockFormats = ReadonlyMap<string, BlockFormat>

/** Part of the keys of caches: raise it when the same weights give other codes or scales. */
export const quantiseCodeVersion = 2

/** dtypes that are quantised; what else a checkpoint holds stays as it is. */
export const isQuantisable = ({ dtype, shape }: WeightEntry): boolean =>
  (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') && shape.length === 2

/** Bytes of a matrix that a thread has in memory at once. */
const pieceBytes = 4 << 20

/** Bytes of the sources from which threads pay: each takes about as long to start as it needs for this much. */
const threadsFrom = 64 << 20

export interface QuantiseOptions {
  /** Told the share that is done, now and then. */
  readonly progress?: ((share: number) => void) | undefined
  /** Threads that quantise; without it by the machine and the size. The file is the same whatever their number. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
}

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
 * Writes matrices of `map` in their formats into a new safetensors file, a few rows at a time and on several threads:
 * nothing but a piece a thread is in memory. Throws what the file system throws, and the signal's reason.
 */
export async function writeQuantised(
  file: string,
  map: WeightMap,
  formats: BlockFormats,
  { progress, threads, signal }: QuantiseOptions = {},
): Promise<void> {
  const { header, dataBytes } = layout(map, formats)
  const head = encodeHeader(header)
  const sourceBytes = [...formats.keys()].reduce((sum, name) => sum + map.get(name)!.length, 0)
  const target = await open(file, 'wx')
  try {
    await target.writeFile(head)
    await target.truncate(head.length + dataBytes)
    let done = 0
    await quantisePieces(piecesOf(map, formats, file, header, head.length), {
      threads: threads ?? (sourceBytes < threadsFrom ? 1 : availableParallelism()),
      progress: (bytes) => progress?.((done += bytes) / sourceBytes),
      signal,
    })
    await target.sync() // its name must not outlive its bytes when the power goes
  } finally {
    await target.close()
  }
}

function* piecesOf(
  map: WeightMap,
  formats: BlockFormats,
  target: string,
  header: Readonly<Record<string, PlacedTensor>>,
  dataStart: number,
): Generator<QuantisePiece> {
  for (const [name, format] of formats) {
    const { file: source, dtype, shape, offset, length } = map.get(name)! as WeightEntry & Pick<QuantisePiece, 'dtype'>
    const [rows, columns] = shape as [number, number]
    const blocks = blocksOf(columns, format)
    const rowsAtOnce = Math.max(1, Math.floor((pieceBytes * rows) / length))
    for (let row = 0; row < rows; row += rowsAtOnce)
      yield {
        source,
        sourceAt: offset + row * (length / rows),
        sourceBytes: Math.min(rowsAtOnce, rows - row) * (length / rows),
        dtype,
        columns,
        format,
        target,
        codesAt: dataStart + header[codesOf(name)]!.data_offsets[0] + row * blocks * blockBytes(format),
        scalesAt: dataStart + header[scalesOf(name)]!.data_offsets[0] + row * blocks * 4,
      }
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
