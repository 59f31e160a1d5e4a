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
    const { layers, headDim } = this.shape
    for (let layer = 0; layer < layers; layer++) {
      copyRows(rowsOf(keys[layer]!, count), rowsOf(this.#keys[layer]!, this.#capacity), { column: this.#length })
      const [from, to] = [count * headDim, this.#capacity * headDim]
      copyRows(rowsOf(values[layer]!, from), rowsOf(this.#values[layer]!, to), { column: this.#length * headDim })
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

  /** A copy of the first `length` positions, with memory of its own. */
  fork(length: number): KvCache {
    const copy = new KvCache(this.shape)
    copy.#reserve(length)
    const { layers, headDim } = this.shape
    const [from, to] = [this.#capacity, copy.#capacity]
    for (let layer = 0; layer < layers; layer++) {
      copyRows(rowsOf(this.#keys[layer]!, from), rowsOf(copy.#keys[layer]!, to), { size: length })
      const [source, target] = [this.#values[layer]!, copy.#values[layer]!]
      copyRows(rowsOf(source, from * headDim), rowsOf(target, to * headDim), { size: length * headDim })
    }
    copy.#bias.fill(0, 0, length)
    copy.#length = length
    copy.regime = this.regime
    return copy
  }

  #room(capacity: number): Float32Array {
    return new Float32Array(this.shape.kvHeads * this.shape.headDim * capacity)
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const before = this.#capacity
    const capacity = Math.ceil(Math.max(length, before * growth) / block) * block
    const { headDim } = this.shape
    // All of it first: when memory runs out here, the cache is still what it was.
    const keys = this.#keys.map((old) => grown(rowsOf(old, before), rowsOf(this.#room(capacity), capacity)))
    const values = this.#values.map((old) =>
      grown(rowsOf(old, before * headDim), rowsOf(this.#room(capacity), capacity * headDim)),
    )
    this.#keys = keys
    this.#values = values
    this.#bias = new Float32Array(capacity).fill(maskedScore).fill(0, 0, this.#length)
    this.#capacity = capacity
  }
}

/** A matrix in one array. */
interface Rows {
  readonly data: Float32Array
  /** Numbers in a row. */
  readonly length: number
}

const rowsOf = (data: Float32Array, length: number): Rows => ({ data, length })

/** Copies the first `size` numbers of each row (by default all) to column `column` of the target's rows. */
function copyRows(source: Rows, target: Rows, { column = 0, size = source.length }): void {
  const rows = source.data.length / source.length
  if (size === 1) {
    for (let row = 0; row < rows; row++) target.data[row * target.length + column] = source.data[row * source.length]!
    return
  }
  for (let row = 0; row < rows; row++) {
    const from = row * source.length
    target.data.set(source.data.subarray(from, from + size), row * target.length + column)
  }
}

function grown(source: Rows, target: Rows): Float32Array {
  copyRows(source, target, {})
  return target.data
}
