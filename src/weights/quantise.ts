/**
 * Block-wise quantisation of matrices, in the layout of onnxruntime's MatMulNBits (ContribOperators.md): each row is cut
 * into blocks, a value is scale * (code - zero point) with a scale a block and the zero point in the middle.
 */

/** How a matrix is held: bits of a value, and values that share a scale. */
export interface BlockFormat {
  readonly bits: 4 | 8
  /** A power of two of at least 16. */
  readonly blockSize: number
}

/** Blocks in a row of `columns` values; the last may be filled up with zeros. */
export const blocksOf = (columns: number, { blockSize }: BlockFormat): number => Math.ceil(columns / blockSize)

/** Bytes of the codes of one block. */
export const blockBytes = ({ bits, blockSize }: BlockFormat): number => (blockSize * bits) / 8

/** Rows of a matrix as codes [rows, blocks, bytes of a block] and scales [rows, blocks]. */
export interface QuantisedRows {
  readonly codes: Uint8Array<ArrayBuffer>
  readonly scales: Float32Array<ArrayBuffer>
}

/** Quantises rows of `columns` values, row-major. */
export function quantiseRows(values: Float32Array, columns: number, format: BlockFormat): QuantisedRows {
  const rows = values.length / columns
  const blocks = blocksOf(columns, format)
  const bytes = blockBytes(format)
  const codes = new Uint8Array(rows * blocks * bytes)
  const scales = new Float32Array(rows * blocks)
  const block = new Float32Array(format.blockSize)
  const quantise = format.bits === 4 ? quantiseBlock4 : quantiseBlock8
  for (let row = 0, at = 0; row < rows; row++)
    for (let first = 0; first < columns; first += block.length, at++) {
      const start = row * columns + first
      const count = Math.min(block.length, columns - first)
      for (let i = 0; i < count; i++) block[i] = values[start + i]!
      if (count < block.length) block.fill(0, count)
      scales[at] = quantise(block, codes, at * bytes)
    }
  return { codes, scales }
}

/** The values that codes and scales stand for. */
export function dequantiseRows({ codes, scales }: QuantisedRows, columns: number, format: BlockFormat): Float32Array {
  const blocks = blocksOf(columns, format)
  const values = new Float32Array((scales.length / blocks) * columns)
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / columns)
    const column = i % columns
    const padded = row * blocks * format.blockSize + column
    const code = format.bits === 8 ? codes[padded]! : (codes[padded >> 1]! >> (4 * (padded & 1))) & 15
    values[i] = scales[row * blocks + Math.floor(column / format.blockSize)]! * (code - 2 ** (format.bits - 1))
  }
  return values
}

/** Codes 1 to 255 around 128; the largest value is met exactly. Returns the scale. */
function quantiseBlock8(block: Float32Array, codes: Uint8Array, at: number): number {
  const scale = Math.abs(largestOf(block)) / 127
  const factor = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < block.length; i++) codes[at + i] = (block[i]! * factor + 128.5) | 0
  return scale
}

/**
 * Codes 0 to 15 around 8. The largest value lies 8 or 9 steps from the middle (there it is cut to 8, and the others lie
 * finer), whichever gives less squared error. Returns the scale.
 */
function quantiseBlock4(block: Float32Array, codes: Uint8Array, at: number): number {
  const largest = largestOf(block)
  if (largest === 0) {
    codes.fill(0x88, at, at + (block.length >> 1))
    return 0
  }
  const eight = -8 / largest
  const nine = -9 / largest
  let gain = 0
  for (let i = 0; i < block.length; i++) {
    const value = block[i]!
    const x = value * eight // no pairs here: this runs billions of times
    const y = value * nine
    const a = x - code4(x) + 8
    const b = y - code4(y) + 8
    gain += a * a * 81 - b * b * 64
  }
  const factor = gain > 0 ? nine : eight
  for (let i = 0; i < block.length; i += 2)
    codes[at + (i >> 1)] = code4(block[i]! * factor) | (code4(block[i + 1]! * factor) << 4)
  return 1 / factor
}

/** x + 8 to the nearest whole number from 0 to 15; x is from -9 to 9. */
function code4(x: number): number {
  const code = (x + 8.5) | 0
  return code > 15 ? 15 : code
}

/** The value furthest from zero, with its sign. */
function largestOf(block: Float32Array): number {
  let largest = 0
  let size = 0
  for (let i = 0; i < block.length; i++) {
    const value = block[i]!
    const other = value < 0 ? -value : value
    if (other > size) {
      size = other
      largest = value
    }
  }
  return largest
}
