import path from 'node:path'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import type { FloatTensor } from '../../tensor/tensor.ts'
import { readConfig } from '../../weights/config-file.ts'
import { openWeightFolder } from '../../weights/weights.ts'
import { unetConfig, unetConfigSchema, type UnetConfig } from './unet-config.ts'
import { unetGraph } from './unet.ts'

export interface DenoiserInputs {
  /** [b, in, h, w] */
  readonly sample: FloatTensor
  /** [b]; whole numbers for most samplers, fractions for Euler's. */
  readonly timestep: FloatTensor
  /** [b, tokens, d] */
  readonly encoder_hidden_states: FloatTensor
  /** SDXL: [b, p] and [b, 6]. */
  readonly text_embeds?: FloatTensor
  readonly time_ids?: FloatTensor
}

/** A UNet that is loaded. */
export interface Denoiser {
  readonly config: UnetConfig
  readonly session: Session
  /** One evaluation: [b, out, h, w], the model's output as its prediction_type says. */
  denoise(inputs: DenoiserInputs): Promise<FloatTensor>
}

/** Loads the UNet of a diffusers folder (config.json and weights). Throws AppError for what is missing or unknown. */
export async function loadDenoiser(folder: string, runtime: Runtime, options?: { taps?: boolean }): Promise<Denoiser> {
  const config = unetConfig(readConfig(path.join(folder, 'config.json'), unetConfigSchema))
  const session = await runtime.load(unetGraph(config, openWeightFolder(folder, 'diffusion_pytorch_model'), options))
  return {
    config,
    session,
    denoise: async (inputs) => (await session.run({ ...inputs }, ['output']))['output'] as FloatTensor,
  }
}
