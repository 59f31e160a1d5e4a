import path from 'node:path'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import type { FloatTensor, Tensor } from '../../tensor/tensor.ts'
import { readConfig } from '../../weights/config-file.ts'
import { openWeightFolder, type WeightMap } from '../../weights/weights.ts'
import { combineVariants } from './unet-variant.ts'
import { unetConfig, unetConfigSchema, type UnetConfig } from './unet-config.ts'
import { unetGraph, type UnetVariant } from './unet.ts'

export interface DenoiserInputs {
  /** [b, in, h, w] */
  readonly sample: FloatTensor
  /** [b]; whole numbers for most samplers, fractions for Euler's. */
  readonly timestep: FloatTensor
  /** [b, tokens, d] */
  readonly encoder_hidden_states: FloatTensor
  /** The other inputs of the graph (`Conditioning`, stacked) and of its variant, by name. */
  readonly [input: string]: FloatTensor
}

/** A UNet: its plain graph and the variants of it, each loaded when it is first asked for. */
export interface Denoiser {
  readonly config: UnetConfig
  readonly session: Session
  /** One evaluation: [b, out, h, w], the model's output as its prediction_type says. */
  denoise(inputs: DenoiserInputs): Promise<FloatTensor>
  /** One evaluation with other outputs of the graph beside `output`, by name. */
  evaluate(inputs: DenoiserInputs, outputs: readonly string[]): Promise<Readonly<Record<string, Tensor>>>
  /** The same UNet in a graph that does more: with attention control, an image prompt, a ControlNet's residuals. */
  variant(...variants: readonly UnetVariant[]): Promise<Denoiser>
}

/** Loads the UNet of a diffusers folder (config.json and weights). Throws AppError for what is missing or unknown. */
export async function loadDenoiser(folder: string, runtime: Runtime, options?: { taps?: boolean }): Promise<Denoiser> {
  const config = unetConfig(readConfig(path.join(folder, 'config.json'), unetConfigSchema))
  return createDenoiser(config, openWeightFolder(folder, 'diffusion_pytorch_model'), runtime, options)
}

/** Variants' sessions that are kept loaded beside the plain one; the least recently used one makes room. */
const maxVariants = 3

/** The same from weights that are open already. */
export async function createDenoiser(
  config: UnetConfig,
  map: WeightMap,
  runtime: Runtime,
  options: { readonly taps?: boolean } = {},
): Promise<Denoiser> {
  const load = (variants: readonly UnetVariant[]) =>
    runtime.load(unetGraph(config, map, { ...options, variant: combineVariants(variants) }))
  const loaded = new Map<string, Promise<Session>>() // least recently used first

  function sessionOf(variants: readonly UnetVariant[]): Promise<Session> {
    const key = variants.map(({ name }) => name).join('+')
    const found = loaded.get(key) ?? load(variants)
    loaded.delete(key)
    loaded.set(key, found)
    found.catch(() => loaded.delete(key)) // so that a later request tries again
    return found
  }

  async function makeRoom(): Promise<void> {
    for (const [key, session] of [...loaded].slice(0, -maxVariants)) {
      loaded.delete(key)
      await session.then((unused) => unused.release()).catch(() => undefined)
    }
  }

  async function open(variants: readonly UnetVariant[], plain?: Session): Promise<Denoiser> {
    const session = plain ?? (await sessionOf(variants))
    await makeRoom()
    const evaluate: Denoiser['evaluate'] = async (inputs, outputs) =>
      (plain ?? (await sessionOf(variants))).run({ ...inputs }, ['output', ...outputs])
    return {
      config,
      session,
      evaluate,
      denoise: async (inputs) => (await evaluate(inputs, []))['output'] as FloatTensor,
      variant: (...more) => open([...variants, ...more], more.length === 0 ? plain : undefined),
    }
  }
  return open([], await load([]))
}

/** The same UNet with inputs that stay the same at every evaluation: LoRA matrices, the scales of an image prompt. */
export function withInputs(denoiser: Denoiser, constant: Readonly<Record<string, FloatTensor>>): Denoiser {
  const evaluate: Denoiser['evaluate'] = (inputs, outputs) => denoiser.evaluate({ ...constant, ...inputs }, outputs)
  return {
    ...denoiser,
    evaluate,
    denoise: async (inputs) => (await evaluate(inputs, []))['output'] as FloatTensor,
    variant: async (...more) => withInputs(await denoiser.variant(...more), constant),
  }
}
