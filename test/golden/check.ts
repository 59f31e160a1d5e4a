import { isDeepStrictEqual } from 'node:util'
import type { Tensor } from '../../src/tensor/tensor.ts'
import type { GoldenCase } from './case.ts'
import { halfAllowance, halfLevels } from './half-tolerance.ts'

/** One comparison: the largest error seen and what was allowed where it was largest relative to the allowance. */
export interface Comparison {
  readonly name: string
  readonly error: number
  readonly allowed: number
  readonly pass: boolean
  readonly note?: string
}

/** Compares results with a case's expectations and keeps every comparison. A case with no comparison fails. */
export class Checker {
  readonly comparisons: Comparison[] = []
  readonly #case: GoldenCase
  readonly #isHalf: () => boolean

  /** `isHalf` says whether what is compared came through fp16 graphs: then floats may be off by what fp16 is. */
  constructor(goldenCase: GoldenCase, isHalf: () => boolean = () => false) {
    this.#case = goldenCase
    this.#isHalf = isHalf
  }

  /** Compares with the tensor `expected.<name>` under the case's tolerance. `shape` is checked when given. */
  tensor(name: string, got: ArrayLike<number | bigint>, shape?: readonly number[]): void {
    this.values(name, got, this.#case.tensor(`expected.${name}`), shape)
  }

  /** Compares with a given tensor: integers and booleans exactly, floats under the tolerance (or `tolerance`). */
  values(
    name: string,
    got: ArrayLike<number | bigint>,
    expected: Tensor,
    shape?: readonly number[],
    tolerance?: { abs: number; rel: number },
  ): void {
    if (shape && shape.join() !== expected.shape.join()) {
      this.fail(name, `shape [${shape.join(', ')}] is not [${expected.shape.join(', ')}]`)
    } else if (got.length !== expected.data.length) {
      this.fail(name, `${got.length} values, expected ${expected.data.length}`)
    } else if (expected.dtype === 'float32') {
      this.floats(name, got as ArrayLike<number>, expected.data as Float32Array, tolerance)
    } else {
      this.integers(name, got, expected.data)
    }
  }

  /** Integers must be equal. */
  integers(name: string, got: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): void {
    if (got.length !== expected.length) return this.fail(name, `${got.length} values, expected ${expected.length}`)
    let worst = 0
    for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(Number(got[i]) - Number(expected[i])))
    this.push({ name, error: worst, allowed: 0, pass: worst === 0 })
  }

  /** Floats under the case's rule; infinities must match exactly and a NaN never passes where none is expected. */
  floats(
    name: string,
    got: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: { abs: number; rel: number; abs_is_times_max_abs?: boolean } = this.#tolerance(name),
  ): void {
    if (got.length !== expected.length) return this.fail(name, `${got.length} values, expected ${expected.length}`)
    let abs = tolerance.abs
    if (tolerance.abs_is_times_max_abs) {
      let largest = 0
      for (let i = 0; i < expected.length; i++)
        if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]!))
      abs *= largest
    }
    if (this.#isHalf()) abs = Math.max(abs, halfAllowance(expected))
    let worst = { error: 0, allowed: abs, ratio: 0 }
    let pass = true
    for (let i = 0; i < expected.length; i++) {
      const a = got[i]!
      const b = expected[i]!
      if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue
      const error = Math.abs(a - b)
      const allowed = abs + tolerance.rel * Math.abs(b)
      if (!(Number.isFinite(b) && error <= allowed)) pass = false
      const ratio = Number.isFinite(error) ? error / Math.max(allowed, Number.MIN_VALUE) : Infinity
      if (!(ratio <= worst.ratio)) worst = { error, allowed, ratio }
    }
    this.push({ name, error: worst.error, allowed: worst.allowed, pass })
  }

  /** Pictures made by a model: at most one level off on at most 1 % of the values; in fp16 by its own number of levels. */
  pictures(name: string, got: ArrayLike<number>, expected: Tensor = this.#case.tensor(`expected.${name}`)): void {
    if (got.length !== expected.data.length)
      return this.fail(name, `${got.length} values, expected ${expected.data.length}`)
    let worst = 0
    let off = 0
    for (let i = 0; i < got.length; i++) {
      const difference = Math.abs(got[i]! - Number(expected.data[i]))
      worst = Math.max(worst, difference)
      if (difference > 0) off++
    }
    const share = off / got.length
    const isHalf = this.#isHalf()
    const allowed = isHalf ? halfLevels : 1
    this.push({
      name,
      error: worst,
      allowed,
      pass: worst <= allowed && (isHalf || share <= 0.01),
      note: `${(share * 100).toFixed(2)} % differ`,
    })
  }

  /** Compares with `expected.<name>` of case.json: exactly, but numbers that are not integers under the tolerance. */
  json(name: string, got: unknown, expected: unknown = this.#case.expected[name]): void {
    if (isFractional(expected) && Array.isArray(got)) {
      this.floats(name, got.flat(Infinity) as number[], (expected as unknown[]).flat(Infinity) as number[])
      return
    }
    const pass = isDeepStrictEqual(got, expected)
    this.push({
      name,
      error: pass ? 0 : Infinity,
      allowed: 0,
      pass,
      ...(pass ? {} : { note: firstDifference(got, expected) }),
    })
  }

  /** Any other condition that the kind's README states. */
  that(name: string, pass: boolean, note?: string): void {
    this.push({ name, error: pass ? 0 : Infinity, allowed: 0, pass, ...(note === undefined ? {} : { note }) })
  }

  /** A comparison of measured error against an own bound (mean errors and the like). */
  within(name: string, error: number, allowed: number): void {
    this.push({ name, error, allowed, pass: error <= allowed })
  }

  fail(name: string, note: string): void {
    this.push({ name, error: Infinity, allowed: 0, pass: false, note })
  }

  #tolerance(name: string) {
    const { abs, rel, per_tensor, abs_is_times_max_abs } = this.#case.tolerance
    const base = name.replace(/\.\d+$/, '')
    return {
      abs: per_tensor?.[name] ?? per_tensor?.[base] ?? abs,
      rel,
      ...(abs_is_times_max_abs === undefined ? {} : { abs_is_times_max_abs }),
    }
  }

  private push(comparison: Comparison): void {
    this.comparisons.push(comparison)
  }
}

function isFractional(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const flat = value.flat(Infinity)
  return flat.length > 0 && flat.every((v) => typeof v === 'number') && flat.some((v) => !Number.isInteger(v))
}

function firstDifference(got: unknown, expected: unknown, at = ''): string {
  if (isDeepStrictEqual(got, expected)) return ''
  if (typeof got === 'object' && typeof expected === 'object' && got && expected) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const inner = firstDifference((got as never)[key], (expected as never)[key], `${at}/${key}`)
      if (inner) return inner
    }
  }
  return `${at || '/'}: got ${JSON.stringify(got)?.slice(0, 120)}, expected ${JSON.stringify(expected)?.slice(0, 120)}`
}
