import type { InferenceResult, TextToImageRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { slerp } from '../tensor/slerp.ts'
import { createTorchGenerator, type TorchGenerator } from '../tensor/torch-random.ts'
import { checkSize, checkVariation } from './drawing-plan.ts'
import { drawPictures, runSampler } from './drawing.ts'
import { atStart } from './picture-latents.ts'
import type { PictureModel } from './picture-model.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'

/** Text to image: previews while it draws, then each picture as a PNG that holds its recipe. */
export async function* textToImage(
  request: TextToImageRequest,
  model: PictureModel,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const { width = model.settings.defaults.width, height = model.settings.defaults.height, variation } = request
  const { scale, config } = model.pipeline.autoencoder
  const size = { width, height }
  checkSize(size, scale)
  if (variation) checkVariation(variation)
  const shape = [1, config.latent_channels, height / scale, width / scale]
  const operation = { operation: 'text-to-image' as const, ...size, ...(variation ? { variation } : {}) }
  return yield* drawPictures(request, model, operation, context, async (drawing) => {
    const words = await drawing.encode(size)
    return async function* (picture) {
      const scheduler = drawing.createScheduler()
      const latents = atStart(scheduler, initialNoise(picture.generator, variation, shape), shape)
      return { image: await picture.decode(yield* runSampler(drawing, picture, { ...words, scheduler, latents })) }
    }
  })
}

/** The seed's noise; for a variation, mixed with another seed's. */
function initialNoise(
  generator: TorchGenerator,
  variation: Recipe['variation'],
  shape: readonly number[],
): Float32Array {
  const own = generator.randn(shape).data
  if (!variation) return own
  return slerp(own, createTorchGenerator(variation.seed).randn(shape).data, variation.strength)
}
