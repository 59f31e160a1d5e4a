/** Half the distance from 1 to the next fp16: the relative error of one rounding. */
const halfEpsilon = 2 ** -11

/**
 * How many such roundings of the largest value an fp16 result may be off: errors of a chain of layers add up, and small
 * values carry those of the large ones that they are differences of (docs/gpu.md has the figures behind the number).
 */
const roundings = 16

/** The same of an 8-bit picture's white, in levels. */
export const halfLevels = Math.ceil(roundings * halfEpsilon * 255)

/** In words, for the summary. */
export const halfToleranceInWords = `fp16: floats may be off by the case's tolerance or ${roundings} x 2^-11 of the largest value, pictures by ${halfLevels} levels`

/** What an fp16 computation of these values may be off, in each of them. */
export function halfAllowance(expected: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]!))
  return roundings * halfEpsilon * largest
}
