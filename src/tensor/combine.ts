/** A coefficient and the array that it multiplies. */
export type Term = readonly [coefficient: number, values: Float32Array]

/**
 * The sum of coefficient x array over arrays of one length, computed in double precision and rounded once to float32.
 * A term whose coefficient is 0 is left out, so that what stands there may hold infinities.
 */
export function combine(...terms: readonly Term[]): Float32Array {
  const length = terms[0]?.[1].length ?? 0
  const sum = new Float64Array(length)
  for (const [coefficient, values] of terms) {
    if (values.length !== length) throw new RangeError(`combine: ${values.length} values beside ${length}`)
    if (coefficient === 0) continue
    for (let i = 0; i < length; i++) sum[i]! += coefficient * values[i]!
  }
  return Float32Array.from(sum)
}

/** Every value brought into [-limit, limit], as a new array. */
export const clampTo = (values: Float32Array, limit: number): Float32Array =>
  values.map((value) => Math.min(limit, Math.max(-limit, value)))
