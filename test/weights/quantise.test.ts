import { describe, expect, it } from 'vitest'
import { halfTable, halfToFloat } from '../../src/tensor/half.ts'
import { dequantiseRows, quantiseRows, type BlockFormat } from '../../src/weights/quantise.ts'

/** Normal values, by Box and Muller from a linear congruential generator. */
function normal(count: number): Float32Array {
  let state = 7
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32
  return Float32Array.from({ length: count }, () => {
    return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  })
}

const restored = (values: Float32Array, columns: number, format: BlockFormat) =>
  dequantiseRows(quantiseRows({ values }, columns, format), columns, format)

/** Root of the mean squared error, relative to that of the values. */
function relativeError(values: Float32Array, got: Float32Array): number {
  const squares = (list: number[]) => list.reduce((sum, x) => sum + x * x, 0)
  return Math.sqrt(squares([...values].map((x, i) => x - got[i]!)) / squares([...values]))
}

describe('quantising rows', () => {
  const values = normal(32 * 512)

  it.each([
    [4, 32, 0.086],
    [4, 64, 0.094],
    [4, 128, 0.1],
    [8, 32, 0.0056],
    [8, 64, 0.0062],
  ] as const)('to %i bits in blocks of %i loses at most %f of normal values', (bits, blockSize, most) => {
    expect(relativeError(values, restored(values, 512, { bits, blockSize }))).toBeLessThan(most)
  })

  it('packs the codes of four bits with the first value below', () => {
    const row = Float32Array.from({ length: 16 }, (_, i) => i - 8)
    const { codes, scales } = quantiseRows({ values: row }, 16, { bits: 4, blockSize: 16 })
    expect(scales).toEqual(Float32Array.of(1))
    expect([...codes]).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe])
  })

  it('keeps what lies on the steps of its scale exactly', () => {
    const row = Float32Array.from({ length: 32 }, (_, i) => (i * 8 - 127) / 2)
    expect(restored(row, 32, { bits: 8, blockSize: 32 })).toEqual(row)
  })

  it.each([4, 8] as const)('gives zeros for zeros, with %i bits', (bits) => {
    const zeros = new Float32Array(128)
    expect(restored(zeros, 64, { bits, blockSize: 32 })).toEqual(zeros)
  })

  it.each([4, 8] as const)('fills the last block of a row up with zeros, with %i bits', (bits) => {
    const rows = normal(3 * 40)
    const format = { bits, blockSize: 32 }
    const { codes, scales } = quantiseRows({ values: rows }, 40, format)
    expect(scales).toHaveLength(6)
    expect(codes).toHaveLength(6 * 4 * bits)
    expect(relativeError(rows, restored(rows, 40, format))).toBeLessThan(0.1)
    const alone = quantiseRows({ values: rows.subarray(80, 120) }, 40, format)
    expect(codes.subarray(16 * bits)).toEqual(alone.codes)
  })

  it.each([4, 8] as const)('gives for halves what it gives for their values, with %i bits', (bits) => {
    const finite = Uint16Array.from({ length: 4096 }, (_, i) => (i * 7919) & 0x7bff).map(
      (half, i) => half ^ ((i & 1) << 15),
    )
    const format = { bits, blockSize: 64 }
    const halves = quantiseRows({ patterns: finite, valueOf: halfTable() }, 128, format)
    expect(halves).toEqual(quantiseRows({ values: halfToFloat(finite) }, 128, format))
  })
})
