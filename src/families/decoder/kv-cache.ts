import { maskedScore } from '../../graph/ops.ts'

/** What shapes a cache. */
export interface CacheShape {
  readonly layers: number
  readonly kvHeads: number
  readonly headDim: number
}

/** Capacity grows in steps of this many positions, so that graphs see few different sizes. */
const block = 64
/** Each growth makes room for this share of what is there, so that copying costs O(1) a token. */
const growth = 1.25

/**
 * Keys and values of past positions, in memory that a graph reads without a copy and that new rows are written into.
 * Keys lie as [kvHeads, headDim, capacity], so that scores are a plain matrix product; values as
 * [kvHeads, capacity, headDim]. Positions from `length` on are masked and hold zeros or stale rows.
 */
export class KvCache {
  readonly shape: CacheShape
  /** Which of the model's rotations its keys were turned by (rotaryRegime). */
  regime = 0
  #length = 0
  #capacity = block
  #keys: Float32Array[]
  #values: Float32Array[]
  /** [capacity]: 0 for a position that is filled, `maskedScore` for one that is not. */
  #bias: Float32Array

  constructor(shape: CacheShape) {
    this.shape = shape
    const empty = () => Array.from({ length: shape.layers }, () => this.#room(block))
    this.#keys = empty()
    this.#values = empty()
    this.#bias = new Float32Array(block).fill(maskedScore)
  }

  /** Positions held. */
  get length(): number {
    return this.#length
  }

  /** Positions that there is room for; at least 1. */
  get capacity(): number {
    return this.#capacity
  }

  /** [kvHeads, headDim, capacity] a layer. */
  get keys(): readonly Float32Array[] {
    return this.#keys
  }

  /** [kvHeads, capacity, headDim] a layer. */
  get values(): readonly Float32Array[] {
    return this.#values
  }

  /** [capacity], added to the scores of past positions. */
  get bias(): Float32Array {
    return this.#bias
  }

  /** Bytes of keys and values. */
  get bytes(): number {
    return this.#keys.reduce((sum, { byteLength }) => sum + 2 * byteLength, 0)
  }

  /** Writes `count` new positions: for each layer keys [kvHeads, headDim, count] and values [kvHeads, count, headDim]. */
  append(count: number, keys: readonly Float32Array[], values: readonly Float32Array[]): void {
    this.#reserve(this.#length + count)
    const { kvHeads, headDim } = this.shape
    for (let layer = 0; layer < this.shape.layers; layer++) {
      copyRows(keys[layer]!, count, this.#keys[layer]!, this.#capacity, this.#length, kvHeads * headDim)
      const [from, to] = [count * headDim, this.#capacity * headDim]
      copyRows(values[layer]!, from, this.#values[layer]!, to, this.#length * headDim, kvHeads)
    }
    this.#bias.fill(0, this.#length, this.#length + count)
    this.#length += count
  }

  /** Forgets all positions from `length` on. */
  truncate(length: number): void {
    if (length >= this.#length) return
    this.#bias.fill(maskedScore, length, this.#length)
    this.#length = length
  }

  #room(capacity: number): Float32Array {
    return new Float32Array(this.shape.kvHeads * this.shape.headDim * capacity)
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const before = this.#capacity
    const capacity = Math.ceil(Math.max(length, before * growth) / block) * block
    const { kvHeads, headDim } = this.shape
    // All of it first: when memory runs out here, the cache is still what it was.
    const rows = kvHeads * headDim
    const keys = this.#keys.map((old) => grown(old, before, this.#room(capacity), capacity, rows))
    const values = this.#values.map((old) =>
      grown(old, before * headDim, this.#room(capacity), capacity * headDim, kvHeads),
    )
    this.#keys = keys
    this.#values = values
    this.#bias = new Float32Array(capacity).fill(maskedScore).fill(0, 0, this.#length)
    this.#capacity = capacity
  }
}

/** Copies `rows` rows of `size` numbers to column `column` of a matrix with rows of `targetSize` numbers. */
function copyRows(
  source: Float32Array,
  size: number,
  target: Float32Array,
  targetSize: number,
  column: number,
  rows: number,
): void {
  if (size === 1) {
    for (let row = 0; row < rows; row++) target[row * targetSize + column] = source[row]!
    return
  }
  for (let row = 0; row < rows; row++)
    target.set(source.subarray(row * size, (row + 1) * size), row * targetSize + column)
}

function grown(source: Float32Array, size: number, target: Float32Array, targetSize: number, rows: number) {
  copyRows(source, size, target, targetSize, 0, rows)
  return target
}
