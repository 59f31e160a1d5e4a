import { describe, expect, it } from 'vitest'
import {
  resolveRopeScaling,
  ropeScalingSchema,
  rotaryFrequencies,
  rotaryRegime,
  rotaryTables,
  type RopeConfig,
} from '../../../src/families/decoder/rope.ts'

/** The rotation of 16 dimensions with a `rope_scaling` as files have it, in a model of 512 positions. */
function ropeOf(scaling: Record<string, unknown>, original?: number): RopeConfig {
  const sizes = { max_position_embeddings: 512, original_max_position_embeddings: original }
  const resolved = resolveRopeScaling(ropeScalingSchema.parse(scaling), sizes)
  return { theta: 10000, dims: 16, ...(resolved ? { scaling: resolved } : {}) }
}

const plain: RopeConfig = { theta: 10000, dims: 16 }
const ones = Array.from({ length: 8 }, () => 1)

describe('rotary frequencies', () => {
  it('fall from 1 by the base to the power of -2i/d', () => {
    expect([...rotaryFrequencies({ theta: 10000, dims: 8 }, 1)]).toEqual(
      [1, 0.1, 0.01, 0.001].map((v) => expect.closeTo(v, 12) as number),
    )
  })

  it('keep short wavelengths, stretch long ones and mix between, as Llama 3.1 does', () => {
    const rope = ropeOf({
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    })
    const usual = rotaryFrequencies(plain, 1)
    const wavelengths = usual.map((frequency) => (2 * Math.PI) / frequency)
    const ratios = rotaryFrequencies(rope, 1).map((frequency, i) => usual[i]! / frequency)
    wavelengths.forEach((wavelength, i) => {
      if (wavelength < 16) expect(ratios[i]).toBeCloseTo(1, 12)
      else if (wavelength > 64) expect(ratios[i]).toBeCloseTo(8, 12)
      else expect(ratios[i]).toBeGreaterThan(1)
    })
    expect(wavelengths.some((w) => w > 16 && w < 64)).toBe(true)
  })

  it('of dynamic scaling follow the length, but only beyond the trained context', () => {
    const rope = ropeOf({ type: 'dynamic', factor: 2 })
    expect(rotaryFrequencies(rope, 512)).toEqual(rotaryFrequencies(plain, 512))
    // Twice the context: the base grows by (2 * 2 - 1) ^ (16 / 14).
    const theta = 10000 * 3 ** (16 / 14)
    expect(rotaryFrequencies(rope, 1024)).toEqual(rotaryFrequencies({ theta, dims: 16 }, 1024))
  })

  it('of longrope are divided by the short factors within the trained context, by the long ones beyond it', () => {
    const short = ones.map((_, i) => 1 + i / 8)
    const long = ones.map((_, i) => 2 + i)
    const rope = ropeOf({ type: 'su', short_factor: short, long_factor: long }, 64)
    const usual = rotaryFrequencies(plain, 1)
    expect(rotaryFrequencies(rope, 64)).toEqual(usual.map((frequency, i) => frequency / short[i]!))
    expect(rotaryFrequencies(rope, 65)).toEqual(usual.map((frequency, i) => frequency / long[i]!))
    expect([64, 65].map((length) => rotaryRegime(rope, length))).toEqual([0, 1])
  })

  it('read the older key `type`, and the newer one where both are there', () => {
    expect(ropeScalingSchema.parse({ type: 'linear', factor: 2 })).toMatchObject({ rope_type: 'linear' })
    expect(ropeScalingSchema.parse({ type: 'x', rope_type: 'default' })).toMatchObject({ rope_type: 'default' })
    expect(ropeScalingSchema.safeParse({ rope_type: 'linear' }).success).toBe(false)
  })
})

describe('rotary tables', () => {
  it('go on at the position where they start', () => {
    const rope = { theta: 100, dims: 4 }
    const all = rotaryTables(rope, 0, 5, 5)
    const end = rotaryTables(rope, 3, 2, 5)
    expect(end.cos).toEqual(all.cos.slice(6))
    expect(end.sin).toEqual(all.sin.slice(6))
    expect(all.sin[3]).toBeCloseTo(Math.sin(0.1), 6)
  })

  it.each([
    ['the stretch of the context', {}, Math.sqrt(1 + Math.log(8) / Math.log(64))],
    ['a factor of its own', { factor: 4 }, Math.sqrt(1 + Math.log(4) / Math.log(64))],
    ['an attention factor that the file names', { attention_factor: 1.5 }, 1.5],
    ['nothing where the context is not stretched', { original_max_position_embeddings: 512 }, 1],
  ])('of longrope are enlarged by %s', (_, change, magnitude) => {
    const rope = ropeOf({ type: 'longrope', short_factor: ones, long_factor: ones, ...change }, 64)
    for (const length of [1, 100]) expect(rotaryTables(rope, 0, 1, length).cos[0]).toBeCloseTo(magnitude, 6)
  })
})
