import type { SamplerName } from '../contract/inference.ts'
import { createLatentPreview, type LatentPreview } from '../families/stable-diffusion/latent-preview.ts'
import {
  loadStableDiffusion,
  type PartFolder,
  type StableDiffusion,
} from '../families/stable-diffusion/stable-diffusion.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AdapterFile, AdapterPlaces } from './adapter-places.ts'
import { createModelAdapters, type ModelAdapters } from './model-adapters.ts'
import type { ReplaceShares } from './edit-settings.ts'

/** What a preset says about a model that draws. */
export interface PictureSettings {
  readonly defaults: {
    readonly sampler: SamplerName
    readonly steps: number
    readonly guidanceScale: number
    readonly width: number
    readonly height: number
  }
  /** Options put over the checkpoint's scheduler_config.json. */
  readonly scheduler: Readonly<Record<string, unknown>>
  /** Shares of an edit's steps for which the source's attention maps hold; default: the reference's for SD 1.x. */
  readonly edit?: ReplaceShares
  /** What can be added to it. */
  readonly adapters?: AdapterPlaces
}

/** What a model is used for: drawing from words alone, or filling in. Names the model in recipes. */
export type PictureRole = 't2i' | 'inpaint'

/** Who a loaded model is: for its recipes. */
export interface PictureAbout {
  readonly role: PictureRole
  readonly settings: PictureSettings
  readonly identity: { readonly name: string; readonly sha256: string }
  readonly versions: Readonly<Record<string, string>>
  /** sha256 of an adapter's file, compared with what its preset says. */
  readonly hashOf?: (file: AdapterFile) => Promise<string>
}

/** A loaded model that draws with Stable Diffusion, with what its recipes say about it. */
export interface PictureModel extends PictureAbout {
  readonly pipeline: StableDiffusion
  readonly preview: LatentPreview
  /** LoRAs, image prompts and condition pictures that a request may add. */
  readonly adapters: ModelAdapters
}

/** Loads a Stable Diffusion pipeline (1.x, 2.x or XL; 4 or 9 channels) from its parts' folders. */
export async function loadPictureModel(
  folder: PartFolder,
  runtime: Runtime,
  about: PictureAbout,
): Promise<PictureModel> {
  const pipeline = await loadStableDiffusion(folder, runtime)
  const preview = await createLatentPreview(pipeline.autoencoder)
  const { settings, identity, hashOf } = about
  const adapters = createModelAdapters({
    places: settings.adapters,
    name: identity.name,
    folder,
    pipeline,
    runtime,
    hashOf,
  })
  return { ...about, versions: { ...runtime.versions, ...about.versions }, pipeline, preview, adapters }
}
