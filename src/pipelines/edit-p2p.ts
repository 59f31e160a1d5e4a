import type { EditRequest, InferenceResult } from '../contract/inference.ts'
import type { EditRecipe } from '../contract/recipe.ts'
import { attentionControl } from '../families/prompt-to-prompt/attention-control.ts'
import { planEdit } from '../families/prompt-to-prompt/edit-plan.ts'
import { latentDistribution } from '../families/stable-diffusion/autoencoder.ts'
import type { Conditioning } from '../families/stable-diffusion/conditioning.ts'
import type { RgbImage } from '../image/rgb-image.ts'
import { resizeRgb } from '../image/resize.ts'
import { vaePreprocess, type PixelSize } from '../image/vae-preprocess.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import { createByteCache, type ByteCache } from './byte-cache.ts'
import {
  blendPlaces,
  editSteps,
  invert,
  inversionSchedules,
  type BlendSettings,
  type EditStep,
  type Path,
} from './direct-inversion.ts'
import { restorerOf, restorerRecipe, type MaskedModels } from './draw-masked.ts'
import { inputHash, invalidOption } from './drawing-plan.ts'
import { drawPictures, stepEvent, type Drawing, type PictureInProgress } from './drawing.ts'
import { cellMask, finishEdit, fullMask, openEdit, type OpenedEdit } from './edit-masks.ts'
import { editSettings, referenceShares, type EditSettings } from './edit-settings.ts'
import type { PictureModel } from './picture-model.ts'
import type { Pipeline, PipelineContext, PipelineEvent } from './pipeline.ts'
import { workingSize } from './working-size.ts'

/** Share of the steps after which the words' places limit the edit. */
const blendStart = 0.2
/** One inversion at 512 pixels and 50 steps takes 3.3 MB, one of SDXL at 1024 13 MB. */
const cacheBytes = 64 * 2 ** 20

/** What is kept of earlier edits: a stronger one or one with other words need not invert the picture again. */
export interface EditCaches {
  readonly paths: ByteCache<Path>
  readonly edited: ByteCache<Edited>
}

export const createEditCaches = (): EditCaches => ({
  paths: createByteCache(cacheBytes, (path) => path.reduce((sum, state) => sum + state.byteLength, 0)),
  edited: createByteCache(cacheBytes / 16, ({ latents, mask }) => latents.data.byteLength + (mask?.byteLength ?? 0)),
})

/** What the target branch ended with. */
interface Edited {
  readonly latents: FloatTensor
  /** Where the words' maps let it change, [h * w]; undefined where nothing limited it or a mask was given. */
  readonly mask: Float32Array | undefined
  readonly reconstructionError: number
}

/**
 * The engine `direct-inversion-p2p`: changes a picture by the difference of two prompts, at the picture's own size. What
 * lies outside of the mask, found by the changed words or given, keeps its bytes. Nothing is drawn from the seed.
 */
export const createEditP2p =
  (caches = createEditCaches()): Pipeline<EditRequest, MaskedModels> =>
  (request, models, context) =>
    edit(request, models, context, caches)

async function* edit(
  request: EditRequest,
  models: MaskedModels,
  context: PipelineContext,
  caches: EditCaches,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const model = models.draw
  const opened = await openEdit(request)
  if (request.control)
    throw invalidOption(
      'an edit follows the picture itself, and cannot follow a condition picture',
      'Leave the condition picture (ControlNet) out.',
    )
  const settings = editSettings(request, model.pipeline.tokenizer, model.settings.edit ?? referenceShares)
  const restorer = restorerOf(models, request.restore)
  const operation = {
    operation: 'edit' as const,
    width: opened.original.width,
    height: opened.original.height,
    strength: request.strength ?? 0.5,
    edit: recipeOf(request, settings),
    inputs: { image: inputHash(request.image), ...(opened.maskPng && { mask: inputHash(opened.maskPng) }) },
    ...(opened.feather > 0 && { feather: opened.feather }),
    ...restorerRecipe(restorer),
  }
  const only = { ...request, sampler: 'ddim' as const, count: 1 }
  return yield* drawPictures(only, model, operation, context, async (drawing) => {
    const job = await prepareJob(request, drawing, opened, settings)
    return async function* (progress) {
      const isKnown = request.onlyMask && opened.mask
      const edited = isKnown ? undefined : yield* editedLatents(job, drawing, progress, caches)
      const mask = opened.mask ?? (edited?.mask && cellMask(edited.mask, job.shape, opened.original))
      const generated = edited && !request.onlyMask ? await progress.decode(edited.latents) : undefined
      const finished = await finishEdit(
        { ...opened, mask: mask ?? fullMask(opened.original), isLocal: mask !== undefined, generated, drawn: job.size },
        restorer,
        context,
      )
      const { reconstructionError, unetRows = 0 } = edited ?? {}
      const details = {
        ...finished.details,
        changedWords: settings.changed,
        ...(reconstructionError !== undefined && { reconstructionError }),
        unetRows,
      }
      return { image: finished.image, details, recipe: finished.recipe }
    }
  })
}

function recipeOf(request: EditRequest, settings: EditSettings): EditRecipe {
  const { crossReplace, selfReplace, wordWeights, blendWords } = settings
  return {
    engine: 'direct-inversion-p2p',
    sourcePrompt: request.sourcePrompt,
    crossReplace,
    selfReplace,
    ...(Object.keys(wordWeights).length > 0 && { wordWeights }),
    blendWords,
  }
}

/** An edit with its words encoded. */
interface Job {
  readonly settings: EditSettings
  readonly opened: OpenedEdit
  readonly size: PixelSize
  /** Of the latents: [1, c, h, w]. */
  readonly shape: readonly number[]
  readonly rows: Record<'negative' | 'source' | 'target', Conditioning>
  /** A given mask at the latents' size: [h * w]. */
  readonly givenMask: Float32Array | undefined
  /** Everything on which the inversion depends, and on which the edit does. */
  readonly pathKey: string
  readonly editKey: string
}

async function prepareJob(
  request: EditRequest,
  { prepared, plan, model }: Drawing,
  opened: OpenedEdit,
  settings: EditSettings,
): Promise<Job> {
  const { pipeline, conditioning } = prepared
  const size = workingSize(opened.original, model)
  const { scale, config } = pipeline.autoencoder
  const shape = [1, config.latent_channels, size.height / scale, size.width / scale]
  const { negativePrompt } = plan.recipe
  const negative = negativePrompt === '' ? ('absent' as const) : { prompt: negativePrompt }
  const texts = [negative, { prompt: request.sourcePrompt }, { prompt: request.prompt }]
  const encoded = await pipeline.encodeTexts(texts, { scheme: 'weighted', ...size })
  const row = (at: number, more: Partial<Conditioning> | undefined) => ({ ...encoded[at]!.conditioning, ...more })
  const tokens = encoded[1]!.conditioning.encoder_hidden_states.shape[1]!
  const { steps, guidanceScale, prompt } = plan.recipe
  const { image, sourcePrompt } = request
  const additions = prepared.recipe
  const pathKey = JSON.stringify([model.identity, inputHash(image), { sourcePrompt, tokens, steps, size, additions }])
  const { crossReplace, selfReplace, blendWords, wordWeights } = settings
  const maskHash = opened.maskPng && inputHash(opened.maskPng)
  const editKey = JSON.stringify([
    pathKey,
    { prompt, negativePrompt, guidanceScale, crossReplace, selfReplace, blendWords, wordWeights, maskHash },
  ])
  return {
    settings,
    opened,
    size,
    shape,
    rows: {
      negative: row(0, conditioning?.negative),
      source: row(1, conditioning?.negative), // the picture was not drawn after the subject that is added to it
      target: row(2, conditioning?.positive),
    },
    givenMask: opened.latentMask({ width: shape[3]!, height: shape[2]! }),
    pathKey,
    editKey,
  }
}

/** Inversion and edit, or what is kept of them; tells the rows of the UNet's batch that were computed. */
async function* editedLatents(
  job: Job,
  drawing: Drawing,
  progress: PictureInProgress,
  { paths, edited }: EditCaches,
): AsyncGenerator<PipelineEvent, Edited & { readonly unetRows: number }> {
  const found = edited.get(job.editKey)
  if (found) return { ...found, unetRows: 0 }
  const { plan, prepared } = drawing
  const { steps, guidanceScale } = plan.recipe
  const schedules = inversionSchedules(prepared.pipeline.schedulerConfig, steps)
  const kept = paths.get(job.pathKey)
  const path = kept ?? (yield* invertPicture(job, drawing, progress, schedules.inverse, 2 * steps))
  paths.set(job.pathKey, path)
  const [stepsBefore, stepsInAll] = kept ? [0, steps] : [steps, 2 * steps]
  let last: EditStep | undefined
  for await (const step of await runEdit(job, drawing, schedules.forward, path)) {
    last = step
    yield await stepEvent(drawing, progress, {
      index: stepsBefore + step.index,
      steps: stepsInAll,
      denoised: step.denoised,
    })
  }
  const { source, target, blend } = last!
  const original = path[0]!
  const reconstructionError = source.reduce((sum, value, i) => sum + Math.abs(value - original[i]!), 0) / source.length
  const result = { latents: target, mask: blend?.mask.target, reconstructionError }
  edited.set(job.editKey, result)
  return { ...result, unetRows: steps * (guidanceScale > 1 ? 3 : 2) + (kept ? 0 : steps) }
}

async function* invertPicture(
  { opened, size, rows }: Job,
  drawing: Drawing,
  progress: PictureInProgress,
  schedule: ReturnType<typeof inversionSchedules>['inverse'],
  steps: number,
): AsyncGenerator<PipelineEvent, Path> {
  const { context, prepared, model } = drawing
  await context.turn()
  const latents = await meanLatents(model, opened.original, size)
  const { denoiser } = prepared.pipeline
  const run = invert({ denoiser, schedule, latents, source: rows.source, turn: () => context.turn() })
  for (;;) {
    const next = await run.next()
    if (next.done) return next.value
    yield await stepEvent(drawing, progress, { index: next.value.index, steps })
  }
}

/** The picture at the working size as latents: the mean of what it is encoded to, scaled. [1, c, h, w] */
async function meanLatents({ pipeline }: PictureModel, picture: RgbImage, size: PixelSize): Promise<FloatTensor> {
  const { autoencoder } = pipeline
  const resized = resizeRgb(picture, size.width, size.height, 'lanczos')
  const { mean } = latentDistribution(await autoencoder.encodeMoments(vaePreprocess(resized, size)))
  return float32(
    mean.data.map((value) => value * autoencoder.config.scaling_factor),
    mean.shape,
  )
}

async function runEdit(
  { settings, shape, rows, givenMask }: Job,
  { prepared, plan, context }: Drawing,
  schedule: ReturnType<typeof inversionSchedules>['forward'],
  path: Path,
) {
  const { denoiser, tokenizer, kind } = prepared.pipeline
  const { blendWords } = settings
  const blends = givenMask === undefined && blendWords.source.length + blendWords.target.length > 0
  const maps = blendPlaces(denoiser.config, shape, { isXl: kind === 'sdxl' })
  const blend: BlendSettings = { threshold: settings.blendThreshold, start: blendStart, maps }
  return editSteps({
    denoiser: await denoiser.variant(attentionControl()),
    schedule,
    path,
    shape,
    ...rows,
    guidanceScale: plan.recipe.guidanceScale,
    plan: planEdit({
      mode: settings.mode,
      source: settings.source,
      target: settings.target,
      rows: rows.source.encoder_hidden_states.shape[1]!,
      chunkTokens: tokenizer.modelMaxLength - 2,
      steps: plan.recipe.steps,
      crossReplace: settings.crossReplace,
      selfReplace: settings.selfReplace,
      wordWeights: settings.wordWeights,
      ...(blends && { blendWords }),
    }),
    blend: givenMask ?? (blends ? blend : undefined),
    turn: () => context.turn(),
  })
}
