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

/** Values as they are stored: float32, or 16 bits each with the value that each of the 65536 patterns stands for. */
export type StoredValues =
  { readonly values: Float32Array } | { readonly patterns: Uint16Array; readonly valueOf: Float32Array }

/** Quantises rows of `columns` values, row-major. */
export function quantiseRows(stored: StoredValues, columns: number, format: BlockFormat): QuantisedRows {
  const { blockSize } = format
  const length = 'values' in stored ? stored.values.length : stored.patterns.length
  const blocks = blocksOf(columns, format)
  const bytes = blockBytes(format)
  const codes = new Uint8Array((length / columns) * blocks * bytes)
  const scales = new Float32Array((length / columns) * blocks)
  const block = new Float64Array(blockSize)
  const quantise = format.bits === 4 ? blockQuantiser4(block) : blockQuantiser8(block)
  for (let start = 0, at = 0; start < length; start += columns)
    for (let first = 0; first < columns; first += blockSize, at++) {
      const count = Math.min(blockSize, columns - first)
      if (count < blockSize) block.fill(0, count)
      const largest =
        'values' in stored
          ? copyValues(stored.values, start + first, count, block)
          : widenPatterns(stored.patterns, stored.valueOf, start + first, count, block)
      scales[at] = quantise(largest, codes, at * bytes)
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

// What follows runs billions of times: no pairs, no branches that random values would make unforeseeable.

/** Copies values into a block. Returns the one furthest from zero, with its sign (of two, the positive one). */
function copyValues(values: Float32Array, start: number, count: number, block: Float64Array): number {
  let highest = 0
  let lowest = 0
  for (let i = 0; i < count; i++) {
    const value = values[start + i]!
    block[i] = value
    if (value > highest) highest = value
    else if (value < lowest) lowest = value
  }
  return highest >= -lowest ? highest : lowest
}

/** The same for patterns of 16 bits, whose lower 15 are ordered as the sizes of their values are. */
function widenPatterns(
  patterns: Uint16Array,
  valueOf: Float32Array,
  start: number,
  count: number,
  block: Float64Array,
): number {
  let largest = 0
  for (let i = 0; i < count; i++) {
    const bits = patterns[start + i]!
    block[i] = valueOf[bits]!
    const more = (((bits << 1) & 0xffff) | ((bits >> 15) ^ 1)) - largest
    largest += more & ~(more >> 31)
  }
  return valueOf[(largest >> 1) | (((largest & 1) ^ 1) << 15)]!
}

/**
 * A float64 of this size has steps of 1: a small number added to it is rounded to the nearest whole one (a half to even),
 * which then stands in the lower 32 bits. Several times faster than a conversion.
 */
const wholeSteps = 1.5 * 2 ** 52

/** Room for the sums of one block: float64 values and, over the same bytes, their lower halves at the even places. */
interface Rounding {
  readonly sums: Float64Array
  readonly halves: Int32Array
}

function rounding(size: number): Rounding {
  const sums = new Float64Array(size)
  return { sums, halves: new Int32Array(sums.buffer) }
}

/** Quantises a block whose largest value is given, writes its codes and returns the scale. */
type BlockQuantiser = (largest: number, codes: Uint8Array, at: number) => number

/** Codes 1 to 255 around 128; the largest value is met exactly. */
function blockQuantiser8(block: Float64Array): BlockQuantiser {
  const { sums, halves } = rounding(block.length)
  return (largest, codes, at) => {
    const scale = Math.abs(largest) / 127
    roundAll(block, scale === 0 ? 0 : 1 / scale, wholeSteps + 128, sums)
    for (let i = 0; i < block.length; i++) codes[at + i] = halves[2 * i]!
    return scale
  }
}

/**
 * Codes 0 to 15 around 8. The largest value lies 8 or 9 steps from the middle (there it is cut to 8, and the others lie
 * finer), whichever gives less squared error.
 */
function blockQuantiser4(block: Float64Array): BlockQuantiser {
  const coarse = rounding(block.length)
  const fine = rounding(block.length)
  return (largest, codes, at) => {
    if (largest === 0) {
      codes.fill(0x88, at, at + (block.length >> 1))
      return 0
    }
    const [eight, nine] = [-8 / largest, -9 / largest]
    const isFine = roundTo4(block, nine, fine.sums) * 64 < roundTo4(block, eight, coarse.sums) * 81
    packPairs(isFine ? fine.halves : coarse.halves, codes, at, block.length)
    return 1 / (isFine ? nine : eight)
  }
}

function roundAll(block: Float64Array, factor: number, middle: number, sums: Float64Array): void {
  for (let i = 0; i < block.length; i++) sums[i] = block[i]! * factor + middle
}

/** Rounds to -8 to 7, cutting what lies outside only in the squared error that it returns. */
function roundTo4(block: Float64Array, factor: number, sums: Float64Array): number {
  const middle = wholeSteps + 8
  let squares = 0
  for (let i = 0; i < block.length; i++) {
    const x = block[i]! * factor
    const sum = x + middle
    sums[i] = sum
    const whole = sum - middle
    const error = x - (whole > 7 ? 7 : whole < -8 ? -8 : whole)
    squares += error * error
  }
  return squares
}

/** Two codes a byte, the first below; -1 becomes 0, 16 and 17 become 15. */
function packPairs(halves: Int32Array, codes: Uint8Array, at: number, count: number): void {
  for (let i = 0; i < count; i += 2) {
    let low = halves[2 * i]!
    let high = halves[2 * i + 2]!
    low &= ~(low >> 31)
    high &= ~(high >> 31)
    codes[at + (i >> 1)] = (low - (low >> 4) * (low - 15)) | ((high - (high >> 4) * (high - 15)) << 4)
  }
}
