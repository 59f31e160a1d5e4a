import type { InferenceResult, OutpaintRequest, PictureDetails, Sides } from '../contract/inference.ts'
import type { PromptConditioning } from '../families/stable-diffusion/stable-diffusion.ts'
import { clearBox, growCanvas, maskAround } from '../image/canvas.ts'
import { featherMask } from '../image/mask-edges.ts'
import { encodeGreyPng } from '../image/png.ts'
import type { Region } from '../image/region.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { drawMasked, restorerOf, restorerRecipe, shareOf, type MaskedModels } from './draw-masked.ts'
import { inputHash } from './drawing-plan.ts'
import { drawPictures } from './drawing.ts'
import { decodeInput } from './input-picture.ts'
import { fillsIn } from './masked-latents.ts'
import { checkSides, growthSteps, originalBox, sizeOfCanvas } from './outpaint-plan.ts'
import type { PictureModel } from './picture-model.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import type { PictureShare } from './prepare-model.ts'
import { squareSide, workingRegion } from './working-size.ts'

/**
 * A model that was not trained to fill in begins with something of the mirrored borders, so that colours go on; one that
 * was begins with noise alone.
 */
const blendingStrength = 0.9

/** Sides grow together while the canvas has at most so many times the pixels of the model's square. */
const mostTogether = 2.25

/** One step of a growth: what is added to the canvas of the step before, and the window that draws it. */
interface GrowthStep {
  readonly sides: Sides
  readonly mask: GreyImage
  readonly region: Region
  /** The window's place on the canvas of the last step. */
  readonly share: PictureShare
}

/**
 * Extends a picture at any of its sides, in several steps where it grows by more than half. The pixels that were there
 * keep their bytes; what an earlier step drew is blended over with what a later one draws.
 */
export async function* outpaint(
  request: OutpaintRequest,
  models: MaskedModels,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const picture = await decodeInput(request.image)
  const { sides } = request
  checkSides(sides, picture)
  const { draw } = models
  const steps = layOut(sides, picture, draw)
  const { width, height } = sizeOfCanvas(picture, sides)
  const newPart = maskAround(width, height, originalBox([sides], picture))
  const maskPng = await encodeGreyPng(newPart)
  const restorer = restorerOf(models, request.restore)
  const strength = fillsIn(draw.pipeline) ? 1 : blendingStrength
  const { left, top, right, bottom } = sides
  const operation = {
    operation: 'outpaint' as const,
    width,
    height,
    strength,
    sides: { left, top, right, bottom },
    inputs: { image: inputHash(request.image) },
    ...restorerRecipe(restorer),
  }
  return yield* drawPictures(request, draw, operation, context, async (drawing) => {
    const words: PromptConditioning[] = []
    for (const { region } of steps) words.push(await drawing.encode(region.drawn))
    const stepsOfRun = drawing.createScheduler({ strength }).timesteps.length
    return async function* (progress) {
      let image: RgbImage = picture
      const seams: NonNullable<PictureDetails['seam']>[] = []
      let restore: FinishedRestore = false
      for (const [i, { sides: added, mask, region, share }] of steps.entries()) {
        const window = { original: growCanvas(image, added), mask, region, share, words: words[i]!, strength }
        const place = { stepsBefore: i * stepsOfRun, stepsInAll: steps.length * stepsOfRun }
        const finished = yield* drawMasked(drawing, progress, window, restorer, place)
        image = finished.image
        restore = finished.restore
        seams.push(finished.seam)
      }
      const changedShare = 1 - (picture.width * picture.height) / (width * height)
      // The first step's border is the one with the picture as it was sent.
      return { image, details: { maskPng, changedShare, seam: seams[0]! }, recipe: { restore } }
    }
  })
}

type FinishedRestore = { readonly scale: 1 | 2 | 4 } | false

/** Masks and windows of all steps. The picture as sent is never touched; what was drawn before it is blended over. */
function layOut(sides: Sides, picture: PixelSize, model: PictureModel): GrowthStep[] {
  const side = squareSide(model)
  const added = growthSteps(sides, picture, mostTogether * side ** 2)
  let before: PixelSize = picture
  return added.map((step, i) => {
    const canvas = sizeOfCanvas(before, step)
    const newPart = maskAround(canvas.width, canvas.height, originalBox([step], before))
    const blend = Math.min(side / 8, Math.min(before.width, before.height) / 8)
    const soft = featherMask(newPart, i === 0 ? 0 : Math.round(blend))
    const kept = originalBox(added.slice(0, i + 1), picture)
    const mask = clearBox(soft, kept)
    const region = workingRegion(mask, model)
    before = canvas
    const placed = { ...region, left: region.left + sides.left - kept.left, top: region.top + sides.top - kept.top }
    return { sides: step, mask, region, share: shareOf(placed, sizeOfCanvas(picture, sides)) }
  })
}
