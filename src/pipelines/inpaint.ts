import type { InferenceResult, InpaintRequest } from '../contract/inference.ts'
import { featherMask } from '../image/mask-edges.ts'
import { encodeGreyPng } from '../image/png.ts'
import { readMask } from '../image/read-mask.ts'
import { drawMasked, restorerOf, restorerRecipe, type MaskedModels } from './draw-masked.ts'
import { checkShare, inputHash } from './drawing-plan.ts'
import { drawPictures } from './drawing.ts'
import { changedShare, decodeInput, inputLimits } from './input-picture.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { workingRegion } from './working-size.ts'

/**
 * Draws the masked part of a picture anew, at the picture's own size: only a window around the mask is brought to the
 * model's size, and every pixel that is not masked keeps its bytes. The recipe and the details name the mask as it was
 * drawn: a grey PNG, grown, not yet softened.
 */
export async function* inpaint(
  request: InpaintRequest,
  models: MaskedModels,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const { strength = 1 } = request
  const { feather = 0 } = request.mask
  checkShare('strength', strength)
  const original = await decodeInput(request.image)
  const hard = await readMask(request.mask, original, inputLimits)
  const mask = featherMask(hard, feather)
  const region = workingRegion(mask, models.draw)
  const maskPng = await encodeGreyPng(hard)
  const restorer = restorerOf(models, request.restore)
  const { width, height } = original
  const operation = {
    operation: 'inpaint' as const,
    width,
    height,
    strength,
    ...(feather > 0 && { feather }),
    inputs: { image: inputHash(request.image), mask: inputHash(maskPng) },
    ...restorerRecipe(restorer),
  }
  return yield* drawPictures(request, models.draw, operation, context, async (drawing) => {
    const words = await drawing.encode(region.drawn)
    return async function* (progress) {
      const window = { original, mask, region, words, strength }
      const { image, restore, seam } = yield* drawMasked(drawing, progress, window, restorer)
      const details = { maskPng, changedShare: changedShare(original, image), seam }
      return { image, details, recipe: { restore } }
    }
  })
}
