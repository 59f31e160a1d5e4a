import { z } from 'zod'

const positive = z.number().positive()
const common = { rope_theta: positive.optional() }

const plain = z.object({ ...common, rope_type: z.literal('default') })
/** NTK scaling by length sets in only beyond the context that the model was trained for, which is never exceeded here. */
const dynamic = z.object({ ...common, rope_type: z.literal('dynamic') })
const linear = z.object({ ...common, rope_type: z.literal('linear'), factor: positive })
const llama3 = z.object({
  ...common,
  rope_type: z.literal('llama3'),
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positive,
})

/** `rope_scaling` (or `rope_parameters`) of a config; older files call the key `type`. */
export const ropeScalingSchema = z.preprocess(
  (values) => {
    if (typeof values !== 'object' || values === null) return values
    const { type, ...rest } = values as { type?: unknown }
    return { rope_type: type ?? 'default', ...rest }
  },
  z.discriminatedUnion('rope_type', [plain, dynamic, linear, llama3]),
)

export interface RopeConfig {
  /** Base of the wavelengths. */
  readonly theta: number
  readonly scaling?: z.infer<typeof ropeScalingSchema>
}

/**
 * Angle per position of each pair of dimensions (arXiv 2104.09864): theta^(-2i / headDim), i < headDim / 2, after the
 * config's scaling.
 */
export function rotaryFrequencies(headDim: number, { theta, scaling }: RopeConfig): Float64Array {
  const plain = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim))
  if (scaling?.rope_type === 'linear') return plain.map((frequency) => frequency / scaling.factor)
  if (scaling?.rope_type === 'llama3') return plain.map((frequency) => llama3Frequency(frequency, scaling))
  return plain
}

/**
 * Llama 3.1's scaling: wavelengths that fit the original context `high_freq_factor` times stay, those that do not fit
 * it `low_freq_factor` times are stretched by `factor`, those between are mixed.
 */
function llama3Frequency(frequency: number, scaling: z.infer<typeof llama3>): number {
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = scaling
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength > original / low) return frequency / factor
  if (wavelength < original / high) return frequency
  const share = (original / wavelength - low) / (high - low)
  return ((1 - share) * frequency) / factor + share * frequency
}

/** Cosine and sine of the angles at positions start .. start + count - 1: float32 [count, headDim / 2] each. */
export function rotaryTables(frequencies: Float64Array, start: number, count: number) {
  const half = frequencies.length
  const cos = new Float32Array(count * half)
  const sin = new Float32Array(count * half)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < half; i++) {
      const angle = (start + row) * frequencies[i]!
      cos[row * half + i] = Math.cos(angle)
      sin[row * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
