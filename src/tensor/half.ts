import { roundHalfEven } from './round.ts'

const table = new Float32Array(65536)
let filled = false

/** IEEE 754 binary16 values (as their bits) to float32, exactly. */
export function halfToFloat(source: Uint16Array): Float32Array {
  const table = halfTable()
  const out = new Float32Array(source.length)
  for (let i = 0; i < source.length; i++) out[i] = table[source[i]!]!
  return out
}

/** The value of each of the 65536 patterns of binary16; not to be written to. */
export function halfTable(): Float32Array {
  if (!filled) for (let bits = 0; bits < 65536; bits++) table[bits] = decode(bits)
  filled = true
  return table
}

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The binary16 value nearest to a number (halves to even), as a number; beyond 65504 infinite. */
export function roundToHalf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))))
  const unit = 2 ** (exponent - 10)
  const rounded = roundHalfEven(value / unit) * unit
  return Math.abs(rounded) > 65504 ? Math.sign(value) * Infinity : rounded
}
