import type { ImageToImageRequest, InferenceResult } from '../contract/inference.ts'
import { resizeRgb } from '../image/resize.ts'
import { vaePreprocess } from '../image/vae-preprocess.ts'
import { checkShare, inputHash } from './drawing-plan.ts'
import { drawPictures, runSampler } from './drawing.ts'
import { decodeInput } from './input-picture.ts'
import { noisedPicture } from './picture-latents.ts'
import type { PictureModel } from './picture-model.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { workingSize } from './working-size.ts'

const defaultStrength = 0.6

/** Draws a picture anew from its noised latents (SDEdit, arXiv 2108.01073), at the model's size in the picture's ratio. */
export async function* imageToImage(
  request: ImageToImageRequest,
  model: PictureModel,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const { strength = defaultStrength } = request
  checkShare('strength', strength)
  const picture = await decodeInput(request.image)
  const size = workingSize(picture, model)
  const image = vaePreprocess(resizeRgb(picture, size.width, size.height, 'lanczos'), size)
  const inputs = { image: inputHash(request.image) }
  const operation = { operation: 'image-to-image' as const, ...size, strength, inputs }
  return yield* drawPictures(request, model, operation, context, async (drawing) => {
    const words = await drawing.encode(size)
    return async function* (progress) {
      const scheduler = drawing.createScheduler({ strength })
      await context.turn()
      const draw = (shape: readonly number[]) => progress.generator.randn(shape).data
      const latents = await noisedPicture(model.pipeline.autoencoder, scheduler, image, draw)
      return { image: await progress.decode(yield* runSampler(drawing, progress, { ...words, scheduler, latents })) }
    }
  })
}
