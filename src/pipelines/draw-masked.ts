/** One window of a picture drawn anew: what inpainting and outpainting have in common. */
import type { PromptConditioning } from '../families/stable-diffusion/stable-diffusion.ts'
import { maskTensors } from '../image/mask.ts'
import { regionOfMask, regionOfPicture, type Box, type Region } from '../image/region.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import { vaePreprocess, type PixelSize } from '../image/vae-preprocess.ts'
import { runSampler, type Drawing, type PictureInProgress, type SamplerRun } from './drawing.ts'
import { finishMasked, type FinishedPicture, type RegionRestorer } from './finish-masked.ts'
import { maskedStart } from './masked-latents.ts'
import type { PictureModel } from './picture-model.ts'
import type { PipelineEvent } from './pipeline.ts'
import type { PictureShare } from './prepare-model.ts'

/** What pipelines that keep a part of a picture work with. */
export interface MaskedModels {
  /** A model that fills in (9 channels) or, where there is none, any that draws. */
  readonly draw: PictureModel
  /** DiffRIR, which mends what was drawn. */
  readonly restore?: RegionRestorer & { readonly identity: PictureModel['identity'] }
}

/** A window that is to be drawn. */
export interface MaskedWindow {
  /** At the picture's own size. */
  readonly original: RgbImage
  /** Of the same size: above 0 is drawn, between 0 and 255 mixed. */
  readonly mask: GreyImage
  readonly region: Region
  /** Encoded for `region.drawn`. */
  readonly words: PromptConditioning
  readonly strength: number
  /** Of the picture as it will be in the end; default: of `original`. */
  readonly share?: PictureShare
}

/** Draws the window, restores it, and pastes it back; kept pixels stay bit-exact. */
export async function* drawMasked(
  drawing: Drawing,
  progress: PictureInProgress,
  window: MaskedWindow,
  restorer: RegionRestorer | undefined,
  steps: Pick<SamplerRun, 'stepsBefore' | 'stepsInAll'> = {},
): AsyncGenerator<PipelineEvent, FinishedPicture> {
  const { original, mask, region, words, strength, share = shareOf(region, original) } = window
  const { pipeline } = drawing.prepared
  const scheduler = drawing.createScheduler({ strength })
  await drawing.context.turn()
  const start = await maskedStart(
    pipeline,
    scheduler,
    {
      image: vaePreprocess(regionOfPicture(original, region), region.drawn),
      mask: maskTensors(regionOfMask(mask, region), pipeline.autoencoder.scale),
      strength,
    },
    (shape) => progress.generator.randn(shape).data,
  )
  const latents = yield* runSampler(drawing, progress, { ...words, ...start, ...steps, share, scheduler })
  const generated = await progress.decode(latents)
  return finishMasked({ original, mask, region, generated }, restorer, drawing.context)
}

/** A window in shares of the picture in which it lies. */
export const shareOf = ({ left, top, width, height }: Box, picture: PixelSize): PictureShare => ({
  left: left / picture.width,
  top: top / picture.height,
  width: width / picture.width,
  height: height / picture.height,
})

/** The restorer of a request, unless it does without one. */
export const restorerOf = ({ restore }: MaskedModels, wanted = true): MaskedModels['restore'] =>
  wanted ? restore : undefined

/** What a recipe says of the models beside the one that draws. */
export const restorerRecipe = (restorer: MaskedModels['restore']) =>
  restorer ? { models: { restore: restorer.identity } } : { restore: false as const }
