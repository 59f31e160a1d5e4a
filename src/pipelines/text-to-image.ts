import type { GeneratedImage, InferenceResult, SamplerName, TextToImageRequest } from '../contract/inference.ts'
import { AppError } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { createLatentPreview, type LatentPreview } from '../families/stable-diffusion/latent-preview.ts'
import { embedPrompts } from '../families/stable-diffusion/prompt-embeddings.ts'
import {
  loadStableDiffusion,
  type PartFolder,
  type StableDiffusion,
} from '../families/stable-diffusion/stable-diffusion.ts'
import { encodePng, encodePreview, recipeKeyword } from '../image/png.ts'
import { toRgbImages } from '../image/postprocess.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { createScheduler } from '../schedulers/create-scheduler.ts'
import { samplers } from '../schedulers/samplers.ts'
import { slerp } from '../tensor/slerp.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import { createTorchGenerator, type TorchGenerator } from '../tensor/torch-random.ts'
import { denoise, type DenoiseStep } from './denoise.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { createStepClock, type PictureClock } from './step-clock.ts'

/** What a preset says about a text-to-image model. */
export interface TextToImageSettings {
  readonly defaults: {
    readonly sampler: SamplerName
    readonly steps: number
    readonly guidanceScale: number
    readonly width: number
    readonly height: number
  }
  /** Options put over the checkpoint's scheduler_config.json. */
  readonly scheduler: Readonly<Record<string, unknown>>
}

/** A loaded text-to-image model with what its recipes say about it. */
export interface TextToImageModel {
  readonly pipeline: StableDiffusion
  readonly preview: LatentPreview
  readonly settings: TextToImageSettings
  readonly identity: { readonly name: string; readonly sha256: string }
  readonly versions: Readonly<Record<string, string>>
}

/** Loads a Stable Diffusion pipeline from its parts' folders. */
export async function loadTextToImage(
  folder: PartFolder,
  runtime: Runtime,
  about: Pick<TextToImageModel, 'settings' | 'identity' | 'versions'>,
): Promise<TextToImageModel> {
  const pipeline = await loadStableDiffusion(folder, runtime)
  const preview = await createLatentPreview(pipeline.autoencoder)
  return { ...about, versions: { ...runtime.versions, ...about.versions }, pipeline, preview }
}

const maxCount = 4
/** Pixels of a side: a recipe in a PNG may come from anyone. */
const maxSide = 2048

/** Text to image: previews while it draws, then each picture as a PNG that holds its recipe. */
export async function* textToImage(
  request: TextToImageRequest,
  model: TextToImageModel,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const begin = performance.now()
  const plan = planOf(request, model)
  await context.turn()
  const { tokenizer, textEncoder } = model.pipeline
  const prompts = await embedPrompts(tokenizer, textEncoder, plan.recipe, { scheme: 'weighted' })
  const timings: Record<string, number> = { encodeMs: performance.now() - begin }
  const clock = createStepClock(plan.indices.length)
  for (const [picture, index] of plan.indices.entries()) {
    const generator = createTorchGenerator(plan.recipe.seed + index)
    const latents = yield* drawLatents(model, plan, prompts, generator, clock.picture(picture), context)
    await context.turn()
    const decodeBegin = performance.now()
    const [image] = toRgbImages(await model.pipeline.autoencoder.decode(latents))
    clock.decoded(performance.now() - decodeBegin)
    const recipe: Recipe = { ...plan.recipe, index }
    const png = await encodePng(image!, { text: { [recipeKeyword]: JSON.stringify(recipe), Software: 'llmga-bot' } })
    yield {
      type: 'image',
      image: { index, png, width: image!.width, height: image!.height, recipe } satisfies GeneratedImage,
    }
  }
  return { timings: { ...timings, ...clock.timings(), totalMs: performance.now() - begin } }
}

interface Plan {
  /** Everything but the index. */
  readonly recipe: Omit<Recipe, 'index'>
  readonly indices: readonly number[]
  /** [1, c, h / f, w / f] */
  readonly latentShape: readonly number[]
  readonly previews: boolean
}

/** The request with the preset's defaults filled in. Throws AppError `input/invalid-option` for what cannot be. */
function planOf(request: TextToImageRequest, { pipeline, settings, identity, versions }: TextToImageModel): Plan {
  checkNumbers(request)
  const { defaults } = settings
  const { width = defaults.width, height = defaults.height, count = 1 } = request
  const { scale, config } = pipeline.autoencoder
  for (const [name, side] of Object.entries({ width, height }))
    if (!Number.isInteger(side) || side < scale || side > maxSide || side % scale !== 0)
      throw invalid(
        `${name} ${side} is not a multiple of ${scale} up to ${maxSide}`,
        `Choose a ${name} that is a multiple of ${scale}, at most ${maxSide}.`,
      )
  if (!Number.isInteger(count) || count < 1 || count > maxCount)
    throw invalid(`${count} pictures were asked for`, `Ask for 1 to ${maxCount} pictures.`)
  const recipe = {
    version: 1 as const,
    operation: 'text-to-image' as const,
    ...(request.wish === undefined ? {} : { wish: request.wish }),
    prompt: request.prompt,
    negativePrompt: request.negativePrompt ?? '',
    seed: request.seed,
    sampler: request.sampler ?? defaults.sampler,
    steps: request.steps ?? defaults.steps,
    guidanceScale: request.guidanceScale ?? defaults.guidanceScale,
    width,
    height,
    ...(request.variation ? { variation: request.variation } : {}),
    models: { t2i: identity },
    versions,
  }
  return {
    recipe,
    indices: request.onlyIndex === undefined ? Array.from({ length: count }, (_, i) => i) : [request.onlyIndex],
    latentShape: [1, config.latent_channels, height / scale, width / scale],
    previews: request.previews ?? true,
  }
}

/** A request may come from the recipe in a file, which anyone can have written. */
function checkNumbers({ seed, onlyIndex = 0, guidanceScale = 1, variation }: TextToImageRequest): void {
  const wholeNumbers = { seed, index: onlyIndex, 'variation seed': variation?.seed ?? 0 }
  for (const [name, value] of Object.entries(wholeNumbers))
    if (!Number.isSafeInteger(value) || value < 0)
      throw invalid(`the ${name} ${value} is not a whole number`, `Choose a ${name} of 0 or more.`)
  if (!Number.isFinite(guidanceScale))
    throw invalid(`the guidance ${guidanceScale} is not a number`, 'Choose a guidance from 1 to 20.')
  const { strength = 0 } = variation ?? {}
  if (!(strength >= 0 && strength <= 1))
    throw invalid(`the variation strength ${strength} is not within 0 and 1`, 'Choose a strength from 0 to 1.')
}

const invalid = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })

/** Noise to clean latents for one picture, with an event for each step. */
async function* drawLatents(
  model: TextToImageModel,
  { recipe, latentShape, previews }: Plan,
  embeddings: { readonly positive: FloatTensor; readonly negative: FloatTensor },
  generator: TorchGenerator,
  clock: PictureClock,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, FloatTensor> {
  const { schedulerConfig, denoiser } = model.pipeline
  const overrides = { ...model.settings.scheduler, ...samplers[recipe.sampler].overrides }
  const scheduler = createScheduler(schedulerConfig, { steps: recipe.steps, overrides })
  const noise = initialNoise(generator, recipe.variation, latentShape)
  const run = denoise({
    denoiser,
    scheduler,
    latents: float32(
      noise.map((value) => value * scheduler.initNoiseSigma),
      latentShape,
    ),
    positive: { encoder_hidden_states: embeddings.positive },
    negative: { encoder_hidden_states: embeddings.negative },
    guidanceScale: recipe.guidanceScale,
    noise: () => generator.randn(latentShape).data,
    turn: () => context.turn(),
  })
  const steps = scheduler.timesteps.length
  let last: FloatTensor | undefined
  for await (const step of run) {
    last = step.latents
    const preview =
      previews && clock.previewDue(step.index, steps, model.preview.costMs(step.denoised))
        ? await showPreview(model, step)
        : undefined
    yield { type: 'step', ...clock.step(step.index, steps), ...(preview ? { preview } : {}) }
  }
  return last!
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

async function showPreview({ preview }: TextToImageModel, { denoised }: DenoiseStep) {
  return { bytes: await encodePreview(await preview.show(denoised)), mediaType: 'image/jpeg' }
}
