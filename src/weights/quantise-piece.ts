import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { halfTable } from '../tensor/half.ts'
import { bfloatToFloat } from './safetensors.ts'
import { quantiseRows, type BlockFormat, type StoredValues } from './quantise.ts'

/** Some rows of a matrix: where they lie, and where their codes and scales shall. Positions are bytes in the files. */
export interface QuantisePiece {
  readonly source: string
  readonly sourceAt: number
  readonly sourceBytes: number
  readonly dtype: 'F32' | 'F16' | 'BF16'
  readonly columns: number
  readonly format: BlockFormat
  readonly target: string
  readonly codesAt: number
  readonly scalesAt: number
}

/** Reads, quantises and writes one piece, within this call. Throws what the file system throws. */
export function quantisePiece(piece: QuantisePiece): void {
  const { codes, scales } = quantiseRows(storedValues(piece), piece.columns, piece.format)
  withFile(piece.target, 'r+', (target) => {
    writeAll(target, codes, piece.codesAt)
    writeAll(target, new Uint8Array(scales.buffer), piece.scalesAt)
  })
}

function storedValues({ source, sourceAt, sourceBytes, dtype }: QuantisePiece): StoredValues {
  const bytes = new Uint8Array(sourceBytes)
  withFile(source, 'r', (file) => readAll(file, bytes, sourceAt))
  if (dtype === 'F32') return { values: new Float32Array(bytes.buffer) }
  return { patterns: new Uint16Array(bytes.buffer), valueOf: dtype === 'F16' ? halfTable() : bfloatTable() }
}

let bfloats: Float32Array | undefined

const bfloatTable = (): Float32Array => (bfloats ??= bfloatToFloat(Uint16Array.from({ length: 65536 }, (_, i) => i)))

function withFile(name: string, flags: 'r' | 'r+', use: (file: number) => void): void {
  const file = openSync(name, flags)
  try {
    use(file)
  } finally {
    closeSync(file)
  }
}

function readAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const count = readSync(file, bytes, done, bytes.length - done, position + done)
    if (count === 0) throw new RangeError('the weight file became shorter while it was read')
    done += count
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, position + done)
}
