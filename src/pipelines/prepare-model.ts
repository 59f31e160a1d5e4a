import type { ControlUse, DrawingRequest, LoraUse, SubjectUse } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { conditionTensor } from '../families/controlnet/condition-picture.ts'
import { controlVariant } from '../families/controlnet/control-variant.ts'
import { imagePromptInputs } from '../families/ip-adapter/image-prompt-variant.ts'
import type { Conditioning } from '../families/stable-diffusion/conditioning.ts'
import { withInputs } from '../families/stable-diffusion/denoiser.ts'
import { loraVariant } from '../families/stable-diffusion/lora-variant.ts'
import { createStableDiffusion, type StableDiffusion } from '../families/stable-diffusion/stable-diffusion.ts'
import type { UnetVariant } from '../families/stable-diffusion/unet.ts'
import { cannyPicture } from '../image/canny.ts'
import { crop } from '../image/crop.ts'
import type { Box } from '../image/region.ts'
import { resizeRgb } from '../image/resize.ts'
import type { RgbImage } from '../image/rgb-image.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import type { FloatTensor } from '../tensor/tensor.ts'
import { controlSteps } from './control-steps.ts'
import type { StepInputs } from './denoise.ts'
import { checkShare, inputHash, invalidOption } from './drawing-plan.ts'
import { decodeInput } from './input-picture.ts'
import type { LoraSet } from './model-adapters.ts'
import type { PictureModel } from './picture-model.ts'

/** A model with everything that a request adds to it. */
export interface PreparedModel {
  /** With the LoRAs' weights; its denoiser is the variant of the graph that the additions need. */
  readonly pipeline: StableDiffusion
  /** Put beside the words for each row: an image prompt's tokens. */
  readonly conditioning?: { readonly positive: Partial<Conditioning>; readonly negative: Partial<Conditioning> }
  /**
   * The UNet's further inputs at a step for a picture of this size: a ControlNet's residuals. `share` says which part of
   * the whole picture is drawn, where it is not all of it.
   */
  readonly inputsAt?: (size: PixelSize, share?: PictureShare) => StepInputs
  /** What the recipe says about the additions; `inputs` and `models` are joined with the pipeline's own. */
  readonly recipe: Partial<Pick<Recipe, 'loras' | 'subject' | 'control' | 'inputs' | 'models'>>
}

/** A window of a picture in shares of its width and height, 0 to 1. */
export type PictureShare = Box

/** One addition: a variant of the UNet's graph with what feeds it. */
interface Addition extends Pick<PreparedModel, 'conditioning' | 'inputsAt' | 'recipe'> {
  readonly variant?: UnetVariant
  /** Inputs of the graph that stay the same for the whole request. */
  readonly inputs?: Readonly<Record<string, FloatTensor>>
}

/**
 * Turns a request's `loras`, `subject` and `control` into weights, variants of the UNet's graph, conditioning and inputs:
 * the one place where all pipelines that draw get them. Throws AppError for what a model has not, for files that were
 * made for another base, and `input/invalid-option` for numbers that cannot be.
 */
export async function prepareModel(
  model: PictureModel,
  { loras = [], subject, control }: Pick<DrawingRequest, 'loras' | 'subject' | 'control'>,
): Promise<PreparedModel> {
  const set = loras.length > 0 ? await model.adapters.loras(checkLoras(loras)) : undefined
  const additions = [
    ...(set ? [addLoras(set)] : []),
    ...(subject ? [await addSubject(model, subject)] : []),
    ...(control ? [await addControl(model, control)] : []),
  ]
  if (additions.length === 0) return { pipeline: model.pipeline, recipe: {} }
  const { denoiser } = model.pipeline
  const variants = additions.flatMap(({ variant }) => (variant ? [variant] : []))
  const inputs = join(additions.map((addition) => addition.inputs))
  return {
    ...join(additions.map(({ conditioning }) => conditioning && { conditioning })),
    ...join(additions.map(({ inputsAt }) => inputsAt && { inputsAt })),
    pipeline: createStableDiffusion({
      ...(await encodersWith(model.pipeline, set)),
      denoiser: withInputs(await denoiser.variant(...variants), inputs),
    }),
    recipe: {
      ...join(additions.map(({ recipe }) => recipe)),
      inputs: join(additions.map(({ recipe }) => recipe.inputs)),
      models: join(additions.map(({ recipe }) => recipe.models)),
    },
  }
}

/** Objects as one; of a key that several have, the last holds. */
const join = <T extends object>(parts: readonly (T | undefined)[]): T =>
  parts.reduce<T>((whole, part) => ({ ...whole, ...part }), {} as T)

function checkLoras(loras: readonly LoraUse[]): readonly LoraUse[] {
  for (const { name, weight } of loras)
    if (!Number.isFinite(weight))
      throw invalidOption(`the weight ${weight} of the LoRA ${name} is not a number`, 'Choose a weight from 0 to 1.')
  return loras
}

const addLoras = ({ parts: { unet }, recipe }: LoraSet): Addition => ({
  ...(unet && { variant: loraVariant(unet.modules), inputs: unet.inputs }),
  recipe: { loras: recipe },
})

async function encodersWith(pipeline: StableDiffusion, set: LoraSet | undefined): Promise<StableDiffusion> {
  const { text_encoder: first, text_encoder_2: second } = set?.parts ?? {}
  return {
    ...pipeline,
    ...(first && { textEncoder: await pipeline.textEncoder.withLora(first) }),
    ...(second && pipeline.textEncoder2 && { textEncoder2: await pipeline.textEncoder2.withLora(second) }),
  }
}

async function addSubject({ adapters }: PictureModel, { image, scale = 1 }: SubjectUse): Promise<Addition> {
  checkScale('subject', scale)
  const { adapter, identity } = await adapters.ipAdapter()
  const { tokens, negativeTokens } = await adapter.encode(adapter.preprocess(await decodeInput(image)))
  const row = (value: FloatTensor) => ({ [imagePromptInputs.tokens]: value })
  return {
    variant: adapter.variant,
    inputs: { [imagePromptInputs.scales]: adapter.scales(scale) },
    conditioning: { positive: row(tokens), negative: row(negativeTokens) },
    recipe: { subject: { scale }, inputs: { subject: inputHash(image) }, models: { ipAdapter: identity } },
  }
}

async function addControl(model: PictureModel, use: ControlUse): Promise<Addition> {
  const { image, preprocess = 'canny', scale = 1, start = 0, end = 1 } = use
  checkScale('control', scale)
  checkShare('start of the control', start)
  checkShare('end of the control', end)
  if (start >= end)
    throw invalidOption(`the control begins at ${start} and ends at ${end}`, 'Choose a start before the end.')
  const { net, identity } = await model.adapters.controlNet()
  const picture = await decodeInput(image)
  const unet = model.pipeline.denoiser.config
  return {
    variant: controlVariant,
    inputsAt(size, share) {
      const { width, height } = size
      const part = share ? shareOf(picture, share) : picture
      const drawn = preprocess === 'canny' ? cannyPicture(resizeRgb(part, width, height, 'lanczos')) : part
      let features: Promise<FloatTensor> | undefined
      return async (batch) => {
        features ??= net.features(conditionTensor(drawn, size))
        return controlSteps({ net, features: await features, unet }, { scale, start, end })(batch)
      }
    },
    recipe: {
      control: { preprocess, scale, start, end },
      inputs: { control: inputHash(image) },
      models: { controlNet: identity },
    },
  }
}

/** The part of a condition picture that belongs to a window; at least one pixel. */
function shareOf(picture: RgbImage, { left, top, width, height }: PictureShare): RgbImage {
  const [x, y] = [Math.round(left * picture.width), Math.round(top * picture.height)]
  const across = Math.max(1, Math.round((left + width) * picture.width) - x)
  return crop(picture, x, y, across, Math.max(1, Math.round((top + height) * picture.height) - y))
}

function checkScale(name: string, scale: number): void {
  if (!(scale >= 0 && scale <= 3))
    throw invalidOption(`the scale ${scale} of the ${name} is not within 0 and 3`, 'Choose a scale from 0 to 1.5.')
}
