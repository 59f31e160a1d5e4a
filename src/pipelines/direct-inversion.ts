/**
 * Editing a picture with two prompts: DDIM inversion to noise (arXiv 2010.02502, section 4.3), then sampling of a
 * source and a target branch with prompt-to-prompt's attention control, while Direct Inversion (Ju et al., arXiv
 * 2310.01506) keeps the source branch on the inversion's path.
 *
 * Cost in rows of the UNet's batch at n steps: n for the inversion, 3 n for the edit. The source branch is put back onto
 * the path after every step, so neither its unconditional row nor a pass that measures offsets beforehand is needed.
 */
import { attentionPlaces, mapSize } from '../families/prompt-to-prompt/attention-calls.ts'
import { wordMapOutput } from '../families/prompt-to-prompt/attention-control.ts'
import { controlInputs, type EditPlan } from '../families/prompt-to-prompt/edit-plan.ts'
import {
  averageMaps,
  blendLatents,
  blendMask,
  type BranchPair,
  type WordMaps,
} from '../families/prompt-to-prompt/local-blend.ts'
import { perRow, stackConditioning, type Conditioning } from '../families/stable-diffusion/conditioning.ts'
import type { Denoiser, DenoiserInputs } from '../families/stable-diffusion/denoiser.ts'
import type { UnetConfig } from '../families/stable-diffusion/unet-config.ts'
import { createScheduler } from '../schedulers/create-scheduler.ts'
import { emptyHistory, type Scheduler } from '../schedulers/scheduler.ts'
import { combine } from '../tensor/combine.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'

/** Most queries of an attention whose self map is replaced and whose words' maps are summed. */
export const storeLimit = 32 ** 2

/** DDIM in both directions over one set of timesteps, as the reference lays it out. */
export function inversionSchedules(
  schedulerConfig: unknown,
  steps: number,
): { inverse: Scheduler; forward: Scheduler } {
  const overrides = { timestep_spacing: 'leading', steps_offset: 1, set_alpha_to_one: false, clip_sample: false }
  const create = (name: string) =>
    createScheduler(schedulerConfig, { steps, overrides: { ...overrides, _class_name: name } })
  return { inverse: create('DDIMInverseScheduler'), forward: create('DDIMScheduler') }
}

export interface InvertOptions {
  readonly denoiser: Denoiser
  readonly schedule: Scheduler
  /** The picture's, [1, c, h, w]. */
  readonly latents: FloatTensor
  /** The source prompt. */
  readonly source: Conditioning
  /** Awaited before each step. */
  readonly turn?: () => Promise<void>
}

/** Yields after each step and returns the path x_0 (the picture) ... x_n (noise), [c * h * w] each. */
export async function* invert(options: InvertOptions): AsyncGenerator<{ index: number; latents: FloatTensor }, Path> {
  const { denoiser, schedule, latents, source, turn } = options
  const path = [latents.data]
  const context = stackConditioning([source])
  for (const [index, timestep] of schedule.timesteps.entries()) {
    await turn?.()
    const sample = path.at(-1)!
    const inputs = { sample: float32(sample, latents.shape), timestep: perRow(timestep, 1), ...context }
    const { data: modelOutput } = await denoiser.denoise(inputs as DenoiserInputs)
    const step = schedule.step({ modelOutput, sample, stepIndex: index, history: emptyHistory, noise: noNoise })
    path.push(step.sample)
    yield { index, latents: float32(step.sample, latents.shape) }
  }
  return path
}

export type Path = readonly Float32Array[]

const noNoise = (): Float32Array => {
  throw new RangeError('DDIM without eta draws no noise')
}

export interface BlendSettings {
  /** Share of the largest value of the words' maps above which a place may change: 0.3. */
  readonly threshold: number
  /** Share of the steps after which it begins: 0.2. */
  readonly start: number
  /** Which maps count: the five that the reference's SD 1.x names, or all that are small enough. */
  readonly maps: readonly BlendMapPlace[]
}

export interface EditRun {
  /** The UNet with attention control. */
  readonly denoiser: Denoiser
  readonly schedule: Scheduler
  readonly path: Path
  /** Of the latents: [1, c, h, w]. */
  readonly shape: readonly number[]
  readonly source: Conditioning
  readonly target: Conditioning
  readonly negative: Conditioning
  readonly guidanceScale: number
  readonly plan: EditPlan
  readonly storeLimit?: number
  /** Where the target may differ from the source: found from the words' maps, or given as [h * w] 0 to 1. */
  readonly blend?: BlendSettings | Float32Array | undefined
  readonly turn?: () => Promise<void>
}

export interface EditStep {
  /** From 0. */
  readonly index: number
  readonly source: Float32Array
  readonly target: FloatTensor
  /** What the target's clean latents would be, judged at this step. */
  readonly denoised: FloatTensor
  /** The blend's averaged maps and masks at this step, [h * w] each; absent before it begins. */
  readonly blend?: { readonly average: BranchPair<Float32Array>; readonly mask: BranchPair<Float32Array> }
}

/** Both branches from noise to picture; yields after each step. */
export async function* editSteps(run: EditRun): AsyncGenerator<EditStep, void> {
  const { schedule, path, shape, turn } = run
  const guided = run.guidanceScale > 1
  const pair = [run.source, run.target]
  const context = stackConditioning(guided ? [run.negative, ...pair] : pair)
  const maps = createMapSums(run)
  let source = path.at(-1)!
  let target = source
  for (const [index, timestep] of schedule.timesteps.entries()) {
    await turn?.()
    const samples = guided ? [target, source, target] : [source, target]
    const inputs = {
      sample: stackSamples(samples, shape),
      timestep: perRow(timestep, samples.length),
      ...context,
      ...controlInputs(run.plan, index, run.storeLimit ?? storeLimit),
    }
    const outputs = await run.denoiser.evaluate(inputs as DenoiserInputs, maps.outputs)
    const epsilon = (outputs['output'] as FloatTensor).data
    const step = (sample: Float32Array, modelOutput: Float32Array) =>
      schedule.step({ modelOutput, sample, stepIndex: index, history: emptyHistory, noise: noNoise })
    const row = (at: number) => epsilon.subarray(at * source.length, (at + 1) * source.length)
    const fromSource = step(source, row(samples.length - 2)).sample
    const aim = path[path.length - 2 - index]!
    const offset = combine([1, aim], [-1, fromSource])
    const stepped = step(target, guided ? guideRows(row(0), row(2), run.guidanceScale) : row(1))
    source = combine([1, fromSource], [1, offset])
    maps.add(outputs)
    const blend = maps.maskAfter(index)
    const mask = run.blend instanceof Float32Array ? run.blend : blend?.mask.target
    target = mask ? blendLatents(source, stepped.sample, mask) : stepped.sample
    const denoised = float32(stepped.denoised, shape)
    yield { index, source, target: float32(target, shape), denoised, ...(blend ? { blend } : {}) }
  }
}

const guideRows = (negative: Float32Array, positive: Float32Array, scale: number): Float32Array =>
  negative.map((value, i) => value + scale * (positive[i]! - value))

function stackSamples(rows: readonly Float32Array[], [, ...shape]: readonly number[]): FloatTensor {
  const data = new Float32Array(rows.length * rows[0]!.length)
  rows.forEach((row, i) => data.set(row, i * row.length))
  return float32(data, [rows.length, ...shape])
}

/** A cross-attention whose words' maps count for the blend. */
export interface BlendMapPlace {
  /** Number among the cross-attentions. */
  readonly cross: number
  readonly heads: number
  readonly height: number
  readonly width: number
}

/**
 * The maps that tell where an edit's words are. All that have at most `limit` queries; but for a Stable Diffusion 1.x
 * whose latents give them 16x16 places, the five that the reference picks (down 2-3, up 0-2).
 */
export function blendPlaces(
  config: UnetConfig,
  [, , height, width]: readonly number[],
  { limit = storeLimit, isXl = false } = {},
): BlendMapPlace[] {
  const crosses = attentionPlaces(config)
    .filter(({ isCross }) => isCross)
    .map((call, cross) => ({ ...call, cross, ...mapSize({ height: height!, width: width! }, call, config) }))
    .filter((call) => call.height * call.width <= limit)
  const of = (name: string) => crosses.filter(({ place }) => place === name)
  const five = [...of('down').slice(2, 4), ...of('up').slice(0, 3)]
  const isOfficial = !isXl && five.length === 5 && five.every((call) => call.height === 16 && call.width === 16)
  return isOfficial ? five : crosses
}

/** Sums the words' maps over the steps, and says where they lie. */
function createMapSums({ blend, shape, schedule }: EditRun) {
  const settings = blend === undefined || blend instanceof Float32Array ? undefined : blend
  const sums: (WordMaps & { readonly output: string })[] = (settings?.maps ?? []).map((place) => ({
    ...place,
    output: wordMapOutput(place.cross),
    source: new Float32Array(place.height * place.width),
    target: new Float32Array(place.height * place.width),
  }))
  return {
    outputs: sums.map(({ output }) => output),
    add(outputs: Readonly<Record<string, { readonly data: unknown }>>) {
      for (const { output, source, target } of sums) {
        const values = outputs[output]!.data as Float32Array
        for (let i = 0; i < source.length; i++) {
          source[i]! += values[i]!
          target[i]! += values[source.length + i]!
        }
      }
    },
    maskAfter(index: number) {
      if (!settings || index + 1 <= Math.trunc(settings.start * schedule.timesteps.length)) return undefined
      const average = averageMaps(sums, { height: shape[2]!, width: shape[3]! })
      return { average, mask: blendMask(average, settings.threshold) }
    },
  }
}
