import { describe, expect, it } from 'vitest'
import { ropeScalingSchema, rotaryFrequencies, rotaryTables } from '../../../src/families/decoder/rope.ts'

describe('rotary frequencies', () => {
  it('fall from 1 by the base to the power of -2i/d', () => {
    expect([...rotaryFrequencies(8, { theta: 10000 })]).toEqual(
      [1, 0.1, 0.01, 0.001].map((v) => expect.closeTo(v, 12) as number),
    )
  })

  it('keep short wavelengths, stretch long ones and mix between, as Llama 3.1 does', () => {
    const scaling = ropeScalingSchema.parse({
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    })
    const plain = rotaryFrequencies(16, { theta: 10000 })
    const scaled = rotaryFrequencies(16, { theta: 10000, scaling })
    const wavelengths = plain.map((frequency) => (2 * Math.PI) / frequency)
    const ratios = scaled.map((frequency, i) => plain[i]! / frequency)
    wavelengths.forEach((wavelength, i) => {
      if (wavelength < 16) expect(ratios[i]).toBeCloseTo(1, 12)
      else if (wavelength > 64) expect(ratios[i]).toBeCloseTo(8, 12)
      else expect(ratios[i]).toBeGreaterThan(1)
    })
    expect(wavelengths.some((w) => w > 16 && w < 64)).toBe(true)
  })

  it('read the older key `type`, and the newer one where both are there', () => {
    expect(ropeScalingSchema.parse({ type: 'linear', factor: 2 })).toMatchObject({ rope_type: 'linear' })
    expect(ropeScalingSchema.parse({ type: 'x', rope_type: 'default' })).toMatchObject({ rope_type: 'default' })
    expect(ropeScalingSchema.safeParse({ rope_type: 'linear' }).success).toBe(false)
  })
})

describe('rotary tables', () => {
  it('go on at the position where they start', () => {
    const frequencies = rotaryFrequencies(4, { theta: 100 })
    const all = rotaryTables(frequencies, 0, 5)
    const end = rotaryTables(frequencies, 3, 2)
    expect(end.cos).toEqual(all.cos.slice(6))
    expect(end.sin).toEqual(all.sin.slice(6))
    expect(all.sin[3]).toBeCloseTo(Math.sin(0.1), 6)
  })
})
