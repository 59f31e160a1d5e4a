import { perRow, stackConditioning, type Conditioning } from '../families/stable-diffusion/conditioning.ts'
import { guide, stackBatch } from '../families/stable-diffusion/guidance.ts'
import type { Denoiser, DenoiserInputs } from '../families/stable-diffusion/denoiser.ts'
import { emptyHistory, type Scheduler } from '../schedulers/scheduler.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'

/** What the UNet is about to be told at a step, for its whole batch. */
export interface StepBatch {
  readonly sample: FloatTensor
  readonly timestep: FloatTensor
  /** The conditioning's rows, stacked. */
  readonly context: Readonly<Record<string, FloatTensor>>
  /** From 0, of `steps` steps. */
  readonly index: number
  readonly steps: number
}

export type StepInputs = (
  batch: StepBatch,
) => Promise<Readonly<Record<string, FloatTensor>>> | Readonly<Record<string, FloatTensor>>

export interface DenoiseOptions {
  readonly denoiser: Denoiser
  readonly scheduler: Scheduler
  /** [1, c, h, w] at the noise level of the first step. */
  readonly latents: FloatTensor
  readonly positive: Conditioning
  readonly negative: Conditioning
  /** Further channels of the UNet's input beside the latents, [1, c, h, w]: an inpainting model's mask and picture. */
  readonly extraChannels?: FloatTensor
  /** Changes the latents after each step (blends what is kept back in); [1, c, h, w] float32 of the latents' length. */
  readonly afterStep?: (latents: Float32Array, index: number) => Float32Array
  /** The UNet's further inputs at a step (a ControlNet's residuals), for the whole batch. */
  readonly inputsAt?: StepInputs
  /** Above 1 the negative prompt is computed too (two rows a step); 1 or less leaves it out. */
  readonly guidanceScale: number
  readonly guidanceRescale?: number
  /** Standard normal values of the latents' length, for samplers that draw. */
  readonly noise: () => Float32Array
  /** Awaited before each step. */
  readonly turn?: () => Promise<void>
}

export interface DenoiseStep {
  /** From 0. */
  readonly index: number
  readonly latents: FloatTensor
  /** What the clean latents would be, judged at this step. */
  readonly denoised: FloatTensor
}

/** Runs a sampler's steps with classifier-free guidance; yields after each one and returns the last latents. */
export async function* denoise(options: DenoiseOptions): AsyncGenerator<DenoiseStep, FloatTensor> {
  const { denoiser, scheduler, positive, negative, noise, turn } = options
  const guided = options.guidanceScale > 1
  const rows = guided ? 2 : 1
  const context = stackConditioning(guided ? [negative, positive] : [positive])
  const steps = scheduler.timesteps.length
  let { latents } = options
  let history = emptyHistory
  for (const [index, timestep] of scheduler.timesteps.entries()) {
    await turn?.()
    const scaled = float32(scheduler.scaleModelInput(latents.data, index), latents.shape)
    const input = options.extraChannels ? stackChannels(scaled, options.extraChannels) : scaled
    const batch = { sample: guided ? stackBatch(input, input) : input, timestep: perRow(timestep, rows) }
    const inputs = (await options.inputsAt?.({ ...batch, context, index, steps })) ?? {}
    const output = await denoiser.denoise({ ...batch, ...context, ...inputs } as DenoiserInputs)
    const modelOutput = guided ? guide(output, options.guidanceScale, options.guidanceRescale) : output.data
    const step = scheduler.step({ modelOutput, sample: latents.data, stepIndex: index, history, noise })
    history = step.history
    latents = float32(options.afterStep?.(step.sample, index) ?? step.sample, latents.shape)
    yield { index, latents, denoised: float32(step.denoised, latents.shape) }
  }
  return latents
}

/** [1, a, h, w] and [1, b, h, w] -> [1, a + b, h, w]. */
function stackChannels(a: FloatTensor, b: FloatTensor): FloatTensor {
  const data = new Float32Array(a.data.length + b.data.length)
  data.set(a.data)
  data.set(b.data, a.data.length)
  return float32(data, [1, a.shape[1]! + b.shape[1]!, ...a.shape.slice(2)])
}
