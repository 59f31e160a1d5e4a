import type { EditRequest, InferenceResult } from '../contract/inference.ts'
import { latentDistribution } from '../families/stable-diffusion/autoencoder.ts'
import { resizeRgb } from '../image/resize.ts'
import type { GreyImage } from '../image/rgb-image.ts'
import { vaePreprocess, type PixelSize } from '../image/vae-preprocess.ts'
import { sdeSchedule, type SdeSchedule } from '../schedulers/sde-inversion.ts'
import { restorerOf, restorerRecipe, type MaskedModels } from './draw-masked.ts'
import { checkShare, inputHash, invalidOption } from './drawing-plan.ts'
import { drawPictures, stepEvent, type Drawing, type PictureInProgress } from './drawing.ts'
import { cellMask, finishEdit, openEdit, type OpenedEdit } from './edit-masks.ts'
import { editSettings, referenceShares } from './edit-settings.ts'
import { leditsWords, type LeditsWords, type WordPair } from './ledits-words.ts'
import { releasedMask, runLedits, type LeditsResult } from './ledits.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { workingSize } from './working-size.ts'

/** The released command's settings; the guidance towards the target is the model's own. */
const released = { sourceGuidanceScale: 3.5, skip: 0.25, maskThreshold: releasedMask.threshold }

/** An edit's strength moves the share of steps left out: 0 keeps nearly all, 0.5 is as released, 1 begins from noise. */
const skipAt = (strength: number): number =>
  strength > 0.5 ? 2 * released.skip * (1 - strength) : 0.85 + 2 * strength * (released.skip - 0.85)

/** The settings of one edit. */
interface Settings {
  readonly maskThreshold: number
  readonly skip: number
  readonly sourceGuidanceScale: number
}

/**
 * The engine `ledits`: changes a picture as LLMGA's released program does (ledits.ts), at the picture's own size. What
 * lies outside of the mask, found by the difference of the two prompts or given, keeps its bytes. Takes the same models
 * and gives the same details as `direct-inversion-p2p`; all noise is drawn from the seed.
 */
export async function* editLedits(
  request: EditRequest,
  models: MaskedModels,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const settings = settingsOf(request)
  const { changed } = editSettings(request, models.draw.pipeline.tokenizer, referenceShares)
  const opened = await openEdit(request)
  const restorer = restorerOf(models, request.restore)
  const { width, height } = opened.original
  const operation = {
    operation: 'edit' as const,
    width,
    height,
    strength: request.strength ?? 0.5,
    edit: { engine: 'ledits' as const, sourcePrompt: request.sourcePrompt, ...settings },
    inputs: { image: inputHash(request.image), ...(opened.maskPng && { mask: inputHash(opened.maskPng) }) },
    ...(opened.feather > 0 && { feather: opened.feather }),
    ...restorerRecipe(restorer),
  }
  const only = { ...request, sampler: 'dpmpp-2m-sde' as const, count: 1 }
  return yield* drawPictures(only, models.draw, operation, context, async (drawing) => {
    const job = await prepareJob(request, drawing, opened, settings)
    return async function* (progress) {
      const edited = yield* drawEdit(job, drawing, progress)
      const generated = edited.latents && (await progress.decode(edited.latents))
      const mask = opened.mask ?? cellMask(edited.mask, job.latentShape, opened.original)
      const finished = await finishEdit(
        { ...opened, mask, isLocal: true, generated: isEmpty(mask) ? undefined : generated, drawn: job.size },
        restorer,
        context,
      )
      const details = { ...finished.details, changedWords: changed, unetRows: edited.unetRows }
      return { image: finished.image, details, recipe: finished.recipe }
    }
  })
}

const isEmpty = (mask: GreyImage): boolean => mask.data.every((value) => value === 0)

/** Throws AppError `input/invalid-option` for what cannot be. */
function settingsOf(request: EditRequest): Settings {
  const { strength = 0.5, maskThreshold = released.maskThreshold, control } = request
  checkShare('strength', strength)
  const { skip = skipAt(strength), sourceGuidanceScale = released.sourceGuidanceScale } = request
  if (!(maskThreshold > 0 && maskThreshold <= 100))
    throw invalidOption(`the mask's threshold ${maskThreshold} is not above 0`, 'Choose a threshold from 0.5 to 10.')
  if (!Number.isFinite(sourceGuidanceScale))
    throw invalidOption(`the source's guidance ${sourceGuidanceScale} is not a number`, 'Choose one from 1 to 10.')
  if (control)
    throw invalidOption(
      'an edit follows the picture itself, and cannot follow a condition picture',
      'Leave the condition picture (ControlNet) out.',
    )
  return { maskThreshold, skip, sourceGuidanceScale }
}

/** An edit with its words encoded. */
interface Job {
  readonly settings: Settings
  readonly opened: OpenedEdit
  readonly size: PixelSize
  /** [1, c, h, w] */
  readonly latentShape: readonly number[]
  readonly words: LeditsWords
  readonly schedule: SdeSchedule
  readonly onlyMask: boolean
}

async function prepareJob(
  request: EditRequest,
  { prepared, plan, model }: Drawing,
  opened: OpenedEdit,
  settings: Settings,
): Promise<Job> {
  const { pipeline, conditioning } = prepared
  const { steps, negativePrompt } = plan.recipe
  const options = { ...(pipeline.schedulerConfig as object), ...model.settings.scheduler }
  const schedule = sdeSchedule(options, { steps, skip: settings.skip })
  const size = workingSize(opened.original, model)
  const { scale, config } = pipeline.autoencoder
  const prompts = { source: request.sourcePrompt, target: request.prompt, negative: negativePrompt }
  const words = await leditsWords(pipeline, prompts, size)
  // The picture was not drawn after a subject that is added to it: only the target is.
  const without = <Row extends object>(row: Row) => ({ ...row, ...conditioning?.negative })
  const target = { ...words.target.words, ...conditioning?.positive }
  const pair = (both: WordPair): WordPair => ({ words: without(both.words), empty: without(both.empty) })
  return {
    settings,
    opened,
    size,
    latentShape: [1, config.latent_channels, size.height / scale, size.width / scale],
    words: {
      mask: { source: without(words.mask.source), target: { ...words.mask.target, ...conditioning?.positive } },
      inversion: pair(words.inversion),
      target: { words: target, empty: without(words.target.empty) },
    },
    schedule,
    onlyMask: request.onlyMask ?? false,
  }
}

async function* drawEdit(
  { settings, opened, size, latentShape, words, schedule, onlyMask }: Job,
  drawing: Drawing,
  progress: PictureInProgress,
): AsyncGenerator<PipelineEvent, LeditsResult> {
  const { prepared, plan, context } = drawing
  const { autoencoder, denoiser } = prepared.pipeline
  await context.turn()
  const picture = vaePreprocess(resizeRgb(opened.original, size.width, size.height, 'lanczos'), size)
  const given = opened.latentMask({ width: latentShape[3]!, height: latentShape[2]! })
  const running = runLedits({
    denoiser,
    schedule,
    words,
    picture: {
      distribution: latentDistribution(await autoencoder.encodeMoments(picture)),
      scalingFactor: autoencoder.config.scaling_factor,
    },
    draw: (shape) => progress.generator.randn(shape).data,
    turn: () => context.turn(),
    mask: given ?? { ...releasedMask, threshold: settings.maskThreshold },
    sourceGuidanceScale: settings.sourceGuidanceScale,
    guidanceScale: plan.recipe.guidanceScale,
    onlyMask,
  })
  for (;;) {
    const next = await running.next()
    if (next.done) return next.value
    yield await stepEvent(drawing, progress, next.value)
  }
}
