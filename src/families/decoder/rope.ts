import { z } from 'zod'

const positive = z.number().positive()
const factors = z.array(positive).min(1)
const common = { rope_theta: positive.nullish(), partial_rotary_factor: positive.max(1).nullish() }

const plain = z.object({ ...common, rope_type: z.literal('default') })
const linear = z.object({ ...common, rope_type: z.literal('linear'), factor: positive })
const dynamic = z.object({ ...common, rope_type: z.literal('dynamic'), factor: positive })
const llama3 = z.object({
  ...common,
  rope_type: z.literal('llama3'),
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positive.nullish(),
})
const longrope = z.object({
  ...common,
  rope_type: z.literal('longrope'),
  short_factor: factors,
  long_factor: factors,
  factor: positive.nullish(),
  attention_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
})

/** `rope_scaling` (or `rope_parameters`) of a config; older files call the key `type`, and longrope `su`. */
export const ropeScalingSchema = z.preprocess(
  (values) => {
    if (typeof values !== 'object' || values === null) return values
    const { type, ...rest } = values as { type?: unknown; rope_type?: unknown }
    const name = rest.rope_type ?? type ?? 'default'
    return { ...rest, rope_type: name === 'su' ? 'longrope' : name }
  },
  z.discriminatedUnion('rope_type', [plain, linear, dynamic, llama3, longrope]),
)

/** How rotary positions are stretched, in numbers; `original` is the context that the model was trained for. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | { readonly type: 'dynamic'; readonly factor: number; readonly original: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFactor: number
      readonly highFactor: number
      readonly original: number
    }
  | {
      readonly type: 'longrope'
      /** One divisor a frequency, for sequences within `original` and beyond it. */
      readonly shortFactors: readonly number[]
      readonly longFactors: readonly number[]
      readonly original: number
      /** Cosine and sine are multiplied by it. */
      readonly magnitude: number
    }

export interface RopeConfig {
  /** Base of the wavelengths. */
  readonly theta: number
  /** Dimensions of a head that are turned, from the first; even. */
  readonly dims: number
  readonly scaling?: RopeScaling
}

/** What a file says about the context. */
export interface ContextSizes {
  readonly max_position_embeddings: number
  readonly original_max_position_embeddings?: number | null | undefined
}

/** The scaling of a parsed `rope_scaling`; nothing for the plain rotation. */
export function resolveRopeScaling(
  file: z.infer<typeof ropeScalingSchema>,
  sizes: ContextSizes,
): RopeScaling | undefined {
  const longest = sizes.max_position_embeddings
  switch (file.rope_type) {
    case 'default':
      return undefined
    case 'linear':
      return { type: 'linear', factor: file.factor }
    case 'dynamic':
      return { type: 'dynamic', factor: file.factor, original: longest }
    case 'llama3': {
      const { factor, low_freq_factor: lowFactor, high_freq_factor: highFactor } = file
      return { type: 'llama3', factor, lowFactor, highFactor, original: originalOf(file, sizes) }
    }
    case 'longrope': {
      const original = originalOf(file, sizes)
      const stretch = file.factor ?? longest / original
      const magnitude = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original))
      return {
        type: 'longrope',
        shortFactors: file.short_factor,
        longFactors: file.long_factor,
        original,
        magnitude: file.attention_factor ?? magnitude,
      }
    }
  }
}

const originalOf = (file: { original_max_position_embeddings?: number | null | undefined }, sizes: ContextSizes) =>
  file.original_max_position_embeddings ?? sizes.original_max_position_embeddings ?? sizes.max_position_embeddings

/**
 * Keys that were turned in one regime are of no use in another: longrope turns all positions of a sequence otherwise
 * once it is longer than the trained context. Dynamic scaling leaves old keys as they are, like transformers.
 */
export const rotaryRegime = ({ scaling }: RopeConfig, length: number): number =>
  scaling?.type === 'longrope' && length > scaling.original ? 1 : 0

/**
 * Angle per position of each pair of dimensions (arXiv 2104.09864): theta^(-2i / dims), i < dims / 2, after the config's
 * scaling for a sequence of `length` positions.
 */
export function rotaryFrequencies({ theta, dims, scaling }: RopeConfig, length: number): Float64Array {
  const powers = (base: number) => Float64Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims))
  switch (scaling?.type) {
    case undefined:
      return powers(theta)
    case 'linear':
      return powers(theta).map((frequency) => frequency / scaling.factor)
    case 'dynamic': {
      // NTK-aware: the base grows with what lies beyond the trained context.
      const { factor, original } = scaling
      const growth = (factor * Math.max(length, original)) / original - (factor - 1)
      return powers(theta * growth ** (dims / (dims - 2)))
    }
    case 'llama3':
      return powers(theta).map((frequency) => llama3Frequency(frequency, scaling))
    case 'longrope': {
      const divisors = length > scaling.original ? scaling.longFactors : scaling.shortFactors
      return powers(theta).map((frequency, i) => frequency / divisors[i]!)
    }
  }
}

/**
 * Llama 3.1's scaling: wavelengths that fit the original context `highFactor` times stay, those that do not fit it
 * `lowFactor` times are stretched by `factor`, those between are mixed.
 */
function llama3Frequency(frequency: number, scaling: Extract<RopeScaling, { type: 'llama3' }>): number {
  const { factor, lowFactor, highFactor, original } = scaling
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength > original / lowFactor) return frequency / factor
  if (wavelength < original / highFactor) return frequency
  const share = (original / wavelength - lowFactor) / (highFactor - lowFactor)
  return ((1 - share) * frequency) / factor + share * frequency
}

/**
 * Cosine and sine of the angles at positions start .. start + count - 1 of a sequence that has, or will have, `length`
 * positions: float32 [count, dims / 2] each.
 */
export function rotaryTables(rope: RopeConfig, start: number, count: number, length: number) {
  const frequencies = rotaryFrequencies(rope, length)
  const magnitude = rope.scaling?.type === 'longrope' ? rope.scaling.magnitude : 1
  const half = frequencies.length
  const cos = new Float32Array(count * half)
  const sin = new Float32Array(count * half)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < half; i++) {
      const angle = (start + row) * frequencies[i]!
      cos[row * half + i] = magnitude * Math.cos(angle)
      sin[row * half + i] = magnitude * Math.sin(angle)
    }
  }
  return { cos, sin }
}
