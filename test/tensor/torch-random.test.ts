import { describe, expect, it } from 'vitest'
import { createTorchGenerator } from '../../src/tensor/torch-random.ts'

// Reference values: the first ones of the golden case torch-rng, made by torch 2 on a CPU.
describe('createTorchGenerator', () => {
  it('draws what torch draws, one by one and in blocks', () => {
    const few = createTorchGenerator(0).randn([4]).data
    expect([...few].map((v) => v.toFixed(4))).toEqual(['1.5410', '-0.2934', '-2.1788', '0.5684'])
    const many = createTorchGenerator(0).randn([16]).data
    expect([...many.subarray(0, 4)].map((v) => v.toFixed(4))).toEqual(['-1.1258', '-1.1524', '-0.2506', '-0.4339'])
  })

  it('draws the integers and uniforms of mt19937', () => {
    expect([...createTorchGenerator(0).randint(0, 1000, [3]).data]).toEqual([44n, 239n, 933n])
    const uniform = createTorchGenerator(0).rand([2]).data
    expect([...uniform].map((v) => v.toFixed(6))).toEqual(['0.496257', '0.768222'])
  })

  it('takes only the low 32 bits of the seed, also of negative and big ones', () => {
    const first = createTorchGenerator(7).randn([20]).data
    expect(createTorchGenerator(2 ** 32 + 7).randn([20]).data).toEqual(first)
    expect(createTorchGenerator(7n - (1n << 32n)).randn([20]).data).toEqual(first)
    expect(createTorchGenerator(8).randn([20]).data).not.toEqual(first)
  })

  it('keeps the second value of a pair over a draw of a whole block', () => {
    const generator = createTorchGenerator(3)
    const odd = generator.randn([1]).data[0]
    generator.randn([16])
    const kept = generator.randn([1]).data[0]
    expect([odd, kept]).toEqual([...createTorchGenerator(3).randn([2]).data])
  })

  it('draws the last 16 places again where the size is no multiple of 16', () => {
    const ragged = createTorchGenerator(5).randn([20]).data
    const whole = createTorchGenerator(5).randn([32]).data
    expect(ragged.subarray(0, 4)).toEqual(whole.subarray(0, 4))
    expect(ragged.subarray(4)).not.toEqual(whole.subarray(4, 20))
  })

  it('refuses a range that holds nothing', () => {
    expect(() => createTorchGenerator(0).randint(5, 5, [1])).toThrow(RangeError)
  })

  it('gives a standard normal distribution', () => {
    const { data } = createTorchGenerator(11).randn([64, 1024])
    const mean = data.reduce((a, b) => a + b, 0) / data.length
    const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length
    expect(Math.abs(mean)).toBeLessThan(0.01)
    expect(Math.abs(variance - 1)).toBeLessThan(0.02)
  })
})
