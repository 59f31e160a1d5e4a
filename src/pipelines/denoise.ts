import { guide, stackBatch } from '../families/stable-diffusion/guidance.ts'
import type { Denoiser } from '../families/stable-diffusion/denoiser.ts'
import { emptyHistory, type Scheduler } from '../schedulers/scheduler.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'

export interface DenoiseOptions {
  readonly denoiser: Denoiser
  readonly scheduler: Scheduler
  /** [1, c, h, w] at the noise level of the first step. */
  readonly latents: FloatTensor
  /** [1, tokens, d] both. */
  readonly positive: FloatTensor
  readonly negative: FloatTensor
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
  const context = guided ? stackBatch(negative, positive) : positive
  let { latents } = options
  let history = emptyHistory
  for (const [index, timestep] of scheduler.timesteps.entries()) {
    await turn?.()
    const input = float32(scheduler.scaleModelInput(latents.data, index), latents.shape)
    const output = await denoiser.denoise({
      sample: guided ? stackBatch(input, input) : input,
      timestep: float32(new Float32Array(guided ? 2 : 1).fill(timestep), [guided ? 2 : 1]),
      encoder_hidden_states: context,
    })
    const modelOutput = guided ? guide(output, options.guidanceScale, options.guidanceRescale) : output.data
    const step = scheduler.step({ modelOutput, sample: latents.data, stepIndex: index, history, noise })
    history = step.history
    latents = float32(step.sample, latents.shape)
    yield { index, latents, denoised: float32(step.denoised, latents.shape) }
  }
  return latents
}
