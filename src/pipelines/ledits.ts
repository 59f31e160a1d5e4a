/**
 * Editing as LLMGA releases it (llmga/diffusers/pipeline_semantic_stable_diffusion_img2img_solver_lpw_mask.py): DiffEdit's
 * mask of where two prompts differ (Couairon et al., arXiv 2210.11427, step 1), LEDITS++'s inversion to the noise of a
 * stochastic sampler (arXiv 2311.16711), and sampling with the target prompt, guided inside the mask alone.
 *
 * Cost in rows of the UNet's batch: two a map of the mask, two a step of the inversion and two a step of the sampling.
 */
import { perRow, stackConditioning, type Conditioning } from '../families/stable-diffusion/conditioning.ts'
import { sampleLatents, type LatentDistribution } from '../families/stable-diffusion/autoencoder.ts'
import type { Denoiser, DenoiserInputs } from '../families/stable-diffusion/denoiser.ts'
import { guide, stackBatch } from '../families/stable-diffusion/guidance.ts'
import { diffuse } from '../schedulers/prediction.ts'
import { invertStep, noised, sdeStep, type SdeSchedule } from '../schedulers/sde-inversion.ts'
import { openEndedTimesteps } from '../schedulers/timestep-spacing.ts'
import { float32, sizeOf, type FloatTensor } from '../tensor/tensor.ts'
import type { LeditsWords, WordPair } from './ledits-words.ts'
import type { Draw } from './picture-latents.ts'

/** The picture's latents, not yet scaled, and the factor by which they are. */
export interface LeditsPicture {
  readonly distribution: LatentDistribution
  readonly scalingFactor: number
}

/** What all three parts work with. */
interface LeditsRun {
  readonly denoiser: Denoiser
  readonly schedule: SdeSchedule
  readonly picture: LeditsPicture
  /** Standard normal values; all randomness is here. */
  readonly draw: Draw
  /** Awaited before each evaluation of the UNet. */
  readonly turn?: (() => Promise<void>) | undefined
}

/** How the mask is found. The released values: 10 maps, half way into 50 steps, guidance 7.5. */
export interface DifferenceMask {
  readonly maps: number
  readonly steps: number
  readonly guidanceScale: number
  /** Multiple of the map's mean at which it is clamped: what lies above half of that is drawn anew. */
  readonly threshold: number
}
export const releasedMask = { maps: 10, steps: 50, guidanceScale: 7.5, threshold: 3 } as const satisfies DifferenceMask

/** Share of the mask's steps at which the picture is noised. */
const maskStrength = 0.5

/** The timestep at which the difference is measured: half way into `steps` steps. */
export const maskTimestep = (trainTimesteps: number, steps: number): number =>
  openEndedTimesteps({ num_train_timesteps: trainTimesteps, timestep_spacing: 'linspace', steps_offset: 0 }, steps)[
    steps - Math.trunc(maskStrength * steps)
  ]!

/**
 * How far the two prompts' predictions are apart at each place, as a mean over noises and channels: [h * w]; yields
 * after each of the noises. The released code swaps prompt and negative prompt and compares
 * e(prompt) + g (e("") - e(prompt)): the empty prompt's share is the same on both sides, so that it need not be computed.
 */
export async function* differenceMap(
  { denoiser, schedule, picture, draw, turn }: LeditsRun,
  words: LeditsWords['mask'],
  { maps, steps, guidanceScale }: DifferenceMask,
): AsyncGenerator<number, Float32Array> {
  const { mean } = picture.distribution
  const shape = [maps, ...mean.shape.slice(1)]
  const [posterior, noise] = [draw(shape), draw(shape)]
  const { alphasCumprod } = schedule
  const timestep = maskTimestep(alphasCumprod.length, steps)
  const [channels, places] = [mean.shape[1]!, sizeOf(mean.shape.slice(2))]
  const sums = new Float64Array(places)
  for (let map = 0; map < maps; map++) {
    const part = (values: Float32Array) => values.subarray(map * channels * places, (map + 1) * channels * places)
    const clean = scaled(sampleLatents(picture.distribution, part(posterior)), picture.scalingFactor).data
    const sample = float32(diffuse(clean, part(noise), alphasCumprod[timestep]!), mean.shape)
    await turn?.()
    const { data } = await evaluate(denoiser, sample, timestep, [words.source, words.target])
    for (let i = 0; i < channels * places; i++)
      sums[i % places]! += Math.abs((guidanceScale - 1) * (data[channels * places + i]! - data[i]!))
    yield map
  }
  return Float32Array.from(sums, (sum) => sum / (maps * channels))
}

/** 1 where the map, clamped at `threshold` times its mean, is above half of that; else 0. */
export function maskOfDifference(map: Float32Array, threshold: number): Float32Array {
  const clamp = Math.fround((map.reduce((sum, value) => sum + value, 0) / map.length) * threshold)
  return map.map((value) => (Math.min(value, clamp) / clamp <= 0.5 ? 0 : 1))
}

/** The noise of every step, noisiest first, and all samples, cleanest first: [c, h, w] each. */
export interface Inversion {
  readonly noises: readonly Float32Array[]
  readonly samples: readonly Float32Array[]
}

/** Noise that leads back to the picture with the source prompt; yields after each step. */
export async function* invertToNoise(
  { denoiser, schedule, picture, draw, turn }: LeditsRun,
  { words, empty }: WordPair,
  guidanceScale: number,
): AsyncGenerator<number, Inversion> {
  const { shape, data: clean } = scaled(picture.distribution.mean, picture.scalingFactor)
  const last = schedule.timesteps.length - 1
  const samples = [clean]
  for (let index = last; index >= 0; index--) samples.push(noised(schedule, clean, draw(shape), index))
  const noises: Float32Array[] = []
  let before: Float32Array | undefined
  for (const [index, timestep] of schedule.timesteps.entries()) {
    const at = last - index
    const sample = samples[at + 1]!
    await turn?.()
    const output = await evaluate(denoiser, float32(sample, shape), timestep, [empty, words])
    const modelOutput = guide(output, guidanceScale)
    const step = invertStep(schedule, { index, modelOutput, sample, before, cleaner: samples[at]! })
    samples[at] = step.cleaner
    noises.push(step.noise)
    before = step.original
    yield index
  }
  return { noises, samples }
}

export interface LeditsStep {
  readonly index: number
  readonly latents: FloatTensor
  /** What the clean latents would be, judged at this step. */
  readonly denoised: FloatTensor
}

/** From the noise of an inversion to the edited latents: guided by the target prompt where the mask [h * w] is 1. */
export async function* sampleMasked(
  { denoiser, schedule, picture, turn }: LeditsRun,
  { noises, samples }: Inversion,
  { words, empty }: WordPair,
  { mask, guidanceScale }: { readonly mask: Float32Array; readonly guidanceScale: number },
): AsyncGenerator<LeditsStep, FloatTensor> {
  const { shape } = picture.distribution.mean
  let latents = float32(samples.at(-1)!, shape)
  let before: Float32Array | undefined
  for (const [index, timestep] of schedule.timesteps.entries()) {
    await turn?.()
    const { data } = await evaluate(denoiser, latents, timestep, [empty, words])
    const half = data.length / 2
    const modelOutput = data
      .subarray(0, half)
      .map((u, i) => u + guidanceScale * (data[half + i]! - u) * mask[i % mask.length]!)
    const step = sdeStep(schedule, { index, modelOutput, sample: latents.data, before, noise: noises[index]! })
    before = step.original
    latents = float32(step.sample, shape)
    yield { index, latents, denoised: float32(step.original, shape) }
  }
  return latents
}

export interface LeditsOptions extends LeditsRun {
  readonly words: LeditsWords
  /** A mask [h * w] of 0 and 1, or how it is found. */
  readonly mask: Float32Array | DifferenceMask
  /** Of the inversion (released: 3.5) and of the sampling (7.5). */
  readonly sourceGuidanceScale: number
  readonly guidanceScale: number
  /** End with the mask. */
  readonly onlyMask?: boolean
}

/** Progress over all three parts. */
export interface LeditsProgress {
  readonly index: number
  readonly steps: number
  readonly denoised?: FloatTensor
}

export interface LeditsResult {
  readonly mask: Float32Array
  /** [1, c, h, w], scaled; undefined with `onlyMask`. */
  readonly latents: FloatTensor | undefined
  readonly unetRows: number
}

/**
 * A whole edit: mask, inversion, sampling, in the released order of draws. Yields after each evaluation of the UNet; the
 * caller turns that into events, decodes the latents and pastes them through the mask (`editLedits` of edit-ledits.ts).
 */
export async function* runLedits(options: LeditsOptions): AsyncGenerator<LeditsProgress, LeditsResult> {
  const { words, schedule, mask: wanted, onlyMask = false } = options
  const maps = wanted instanceof Float32Array ? 0 : wanted.maps
  const each = schedule.timesteps.length
  const steps = maps + (onlyMask ? 0 : 2 * each)
  const mask = wanted instanceof Float32Array ? wanted : yield* findMask(options, wanted, steps)
  if (onlyMask) return { mask, latents: undefined, unetRows: 2 * maps }
  const inverting = invertToNoise(options, words.inversion, options.sourceGuidanceScale)
  let inverted = await inverting.next()
  for (; !inverted.done; inverted = await inverting.next()) yield { index: maps + inverted.value, steps }
  const sampling = sampleMasked(options, inverted.value, words.target, { ...options, mask })
  let sampled = await sampling.next()
  for (; !sampled.done; sampled = await sampling.next())
    yield { index: maps + each + sampled.value.index, steps, denoised: sampled.value.denoised }
  return { mask, latents: sampled.value, unetRows: 2 * steps }
}

async function* findMask(
  options: LeditsOptions,
  settings: DifferenceMask,
  steps: number,
): AsyncGenerator<LeditsProgress, Float32Array> {
  const running = differenceMap(options, options.words.mask, settings)
  let next = await running.next()
  for (; !next.done; next = await running.next()) yield { index: next.value, steps }
  return maskOfDifference(next.value, settings.threshold)
}

/** One sample under two conditionings: [2, c, h, w]. */
function evaluate(
  denoiser: Denoiser,
  sample: FloatTensor,
  timestep: number,
  rows: readonly [Conditioning, Conditioning],
): Promise<FloatTensor> {
  const batch = { sample: stackBatch(sample, sample), timestep: perRow(timestep, 2) }
  return denoiser.denoise({ ...batch, ...stackConditioning(rows) } as DenoiserInputs)
}

const scaled = ({ data, shape }: FloatTensor, factor: number): FloatTensor =>
  float32(
    data.map((value) => value * factor),
    shape,
  )
