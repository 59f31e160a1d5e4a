/** What all pipelines that draw share: plan, words, steps with previews, decoding, the PNG with its recipe. */
import type { DrawingRequest, GeneratedImage, InferenceResult, PictureDetails } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Conditioning } from '../families/stable-diffusion/conditioning.ts'
import type { EncodeOptions, PromptConditioning } from '../families/stable-diffusion/stable-diffusion.ts'
import { encodePng, encodePreview, recipeKeyword } from '../image/png.ts'
import { toRgbImages } from '../image/postprocess.ts'
import type { RgbImage } from '../image/rgb-image.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { createScheduler } from '../schedulers/create-scheduler.ts'
import { samplers } from '../schedulers/samplers.ts'
import type { RunOptions, Scheduler } from '../schedulers/scheduler.ts'
import type { FloatTensor } from '../tensor/tensor.ts'
import { createTorchGenerator, type TorchGenerator } from '../tensor/torch-random.ts'
import { denoise, type DenoiseOptions } from './denoise.ts'
import { planDrawing, type DrawingPlan, type OperationRecipe } from './drawing-plan.ts'
import type { PictureModel } from './picture-model.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { prepareModel, type PictureShare, type PreparedModel } from './prepare-model.ts'
import { createStepClock, type PictureClock } from './step-clock.ts'

/** A request while it is drawn. */
export interface Drawing {
  readonly model: PictureModel
  readonly prepared: PreparedModel
  readonly plan: DrawingPlan
  readonly context: PipelineContext
  /** The prompt and its negative for a picture of this size, with what the request adds to them. */
  encode(size: PixelSize, options?: Partial<EncodeOptions>): Promise<PromptConditioning>
  /** The request's sampler, laid out for its steps. */
  createScheduler(run?: Omit<RunOptions, 'steps'>): Scheduler
}

/** One of the request's pictures while it is drawn. */
export interface PictureInProgress {
  readonly index: number
  /** Of seed + index; every draw of the picture comes from it. */
  readonly generator: TorchGenerator
  readonly clock: PictureClock
  /** Waits for a turn and decodes latents [1, c, h, w]. */
  decode(latents: FloatTensor): Promise<RgbImage>
}

export interface DrawnPicture {
  readonly image: RgbImage
  readonly details?: PictureDetails
  /** What became known about the picture while it was drawn. */
  readonly recipe?: Partial<Recipe>
}

/** Draws one picture with an event for each step. */
export type DrawPicture = (picture: PictureInProgress) => AsyncGenerator<PipelineEvent, DrawnPicture>

/**
 * Draws the request's pictures one after the other, each a PNG that holds its recipe. `begin` is called once, when
 * weights and words are asked for; what it returns draws a picture.
 */
export async function* drawPictures(
  request: DrawingRequest,
  model: PictureModel,
  operation: OperationRecipe,
  context: PipelineContext,
  begin: (drawing: Drawing) => Promise<DrawPicture>,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const start = performance.now()
  const plan = planDrawing(request, model, operation)
  await context.turn()
  const prepared = await prepareModel(model, request)
  const drawing = createDrawing(model, prepared, plan, context)
  const drawPicture = await begin(drawing)
  const encodeMs = performance.now() - start
  const clock = createStepClock(plan.indices.length)
  for (const [place, index] of plan.indices.entries()) {
    const generator = createTorchGenerator(plan.recipe.seed + index)
    const decode = async (latents: FloatTensor) => {
      await context.turn()
      const decodeStart = performance.now()
      const [image] = toRgbImages(await model.pipeline.autoencoder.decode(latents, () => context.turn()))
      clock.decoded(performance.now() - decodeStart)
      return image!
    }
    const drawn = yield* drawPicture({ index, generator, clock: clock.picture(place), decode })
    yield { type: 'image', image: await pictureFile(drawn, drawing, index) }
  }
  return { timings: { encodeMs, ...clock.timings(), totalMs: performance.now() - start } }
}

function createDrawing(
  model: PictureModel,
  prepared: PreparedModel,
  plan: DrawingPlan,
  context: PipelineContext,
): Drawing {
  const { prompt, negativePrompt, sampler, steps } = plan.recipe
  const add = (row: Conditioning, more: Partial<Conditioning> | undefined): Conditioning => ({ ...row, ...more })
  return {
    model,
    prepared,
    plan,
    context,
    async encode({ width, height }, options) {
      // No negative prompt and an empty one are the same request: a recipe tells them not apart.
      const prompts = { prompt, ...(negativePrompt === '' ? {} : { negativePrompt }) }
      const words = await prepared.pipeline.encode(prompts, { scheme: 'weighted', width, height, ...options })
      const { positive, negative } = prepared.conditioning ?? {}
      return { positive: add(words.positive, positive), negative: add(words.negative, negative) }
    },
    createScheduler(run = {}) {
      const overrides = { ...model.settings.scheduler, ...samplers[sampler].overrides }
      return createScheduler(prepared.pipeline.schedulerConfig, { ...run, steps, overrides })
    },
  }
}

/** What one run of a sampler needs beside the drawing itself. */
export interface SamplerRun
  extends PromptConditioning, Pick<DenoiseOptions, 'scheduler' | 'latents' | 'extraChannels' | 'afterStep'> {
  /** Steps of the picture before this run and in all, where it has several runs. */
  readonly stepsBefore?: number
  readonly stepsInAll?: number
  /** Which part of the whole picture is drawn, where it is not all of it. */
  readonly share?: PictureShare
}

/** Runs the request's sampler with guidance, an event with a preview now and then for each step; the last latents. */
export async function* runSampler(
  drawing: Drawing,
  picture: PictureInProgress,
  run: SamplerRun,
): AsyncGenerator<PipelineEvent, FloatTensor> {
  const { prepared, plan, context } = drawing
  const { scheduler, latents, stepsBefore = 0, stepsInAll = scheduler.timesteps.length } = run
  const [height, width] = latents.shape.slice(2).map((side) => side * prepared.pipeline.autoencoder.scale)
  const inputsAt = prepared.inputsAt?.({ width: width!, height: height! }, run.share)
  const running = denoise({
    ...run,
    denoiser: prepared.pipeline.denoiser,
    ...(inputsAt && { inputsAt }),
    guidanceScale: plan.recipe.guidanceScale,
    noise: () => picture.generator.randn(latents.shape).data,
    turn: () => context.turn(),
  })
  let last = latents
  for await (const step of running) {
    last = step.latents
    yield await stepEvent(drawing, picture, { ...step, index: stepsBefore + step.index, steps: stepsInAll })
  }
  return last
}

/** What a step is told as: `index` of the picture's `steps`, with a preview of `denoised` now and then. */
export async function stepEvent(
  { model, plan }: Drawing,
  { clock }: PictureInProgress,
  { index, steps, denoised }: { readonly index: number; readonly steps: number; readonly denoised?: FloatTensor },
): Promise<PipelineEvent> {
  const shown = plan.previews && denoised && clock.previewDue(index, steps, model.preview.costMs(denoised))
  const event = { type: 'step', ...clock.step(index, steps) } as const
  if (!shown) return event
  const bytes = await encodePreview(await model.preview.show(denoised))
  return { ...event, preview: { bytes, mediaType: 'image/jpeg' } }
}

async function pictureFile(drawn: DrawnPicture, { plan, prepared }: Drawing, index: number): Promise<GeneratedImage> {
  const { image, details } = drawn
  const { inputs: added, models, ...additions } = prepared.recipe
  const inputs = { ...plan.recipe.inputs, ...added }
  const recipe: Recipe = {
    ...plan.recipe,
    ...additions,
    ...drawn.recipe,
    ...(Object.keys(inputs).length > 0 && { inputs }),
    models: { ...plan.recipe.models, ...models },
    index,
  }
  const png = await encodePng(image, { text: { [recipeKeyword]: JSON.stringify(recipe), Software: 'llmga-bot' } })
  return { index, png, width: image.width, height: image.height, recipe, ...(details && { details }) }
}
