import path from 'node:path'
import type { Runtime } from '../../runtime/runtime.ts'
import { readJson } from '../../weights/config-file.ts'
import { loadClipTokenizer, type ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import { loadClipTextEncoder, type ClipTextEncoder } from '../clip/text-encoder.ts'
import { openAutoencoder, type Autoencoder } from './autoencoder.ts'
import { loadDenoiser, type Denoiser } from './denoiser.ts'

/** Folder of a part of a diffusers pipeline by the part's name (`unet`, `vae`, `text_encoder`, `tokenizer`, `scheduler`). */
export type PartFolder = (part: string) => string

/** A Stable Diffusion 1.x/2.x pipeline, loaded. */
export interface StableDiffusion {
  readonly tokenizer: ClipTokenizer
  readonly textEncoder: ClipTextEncoder
  readonly denoiser: Denoiser
  readonly autoencoder: Autoencoder
  /** scheduler_config.json. */
  readonly schedulerConfig: unknown
}

/** The parts as sub-folders of one diffusers folder. */
export const partsOf =
  (folder: string): PartFolder =>
  (part) =>
    path.join(folder, part)

/** Loads a diffusers StableDiffusionPipeline. Throws AppError for what is missing, damaged or unknown. */
export async function loadStableDiffusion(folder: PartFolder, runtime: Runtime): Promise<StableDiffusion> {
  return {
    tokenizer: loadClipTokenizer(folder('tokenizer')),
    schedulerConfig: readJson(path.join(folder('scheduler'), 'scheduler_config.json')),
    autoencoder: openAutoencoder(folder('vae'), runtime),
    textEncoder: await loadClipTextEncoder(folder('text_encoder'), runtime),
    denoiser: await loadDenoiser(folder('unet'), runtime),
  }
}
