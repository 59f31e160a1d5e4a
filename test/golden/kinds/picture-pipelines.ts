import { latentDistribution } from '../../../src/families/stable-diffusion/autoencoder.ts'
import {
  loadStableDiffusion,
  partsOf,
  type EncodeOptions,
  type PromptConditioning,
  type StableDiffusion,
} from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { maskPreprocess } from '../../../src/image/mask.ts'
import { toRgbImages } from '../../../src/image/postprocess.ts'
import type { GreyImage, RgbImage } from '../../../src/image/rgb-image.ts'
import { vaePreprocess, type PixelSize } from '../../../src/image/vae-preprocess.ts'
import { denoise, type DenoiseOptions } from '../../../src/pipelines/denoise.ts'
import { maskedStart, type MaskedStart } from '../../../src/pipelines/masked-latents.ts'
import { atStart, noisedPicture, type Draw } from '../../../src/pipelines/picture-latents.ts'
import { createScheduler } from '../../../src/schedulers/create-scheduler.ts'
import type { Scheduler } from '../../../src/schedulers/scheduler.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'

/** What `inputs` of the pipelines' cases say. */
interface Inputs {
  readonly prompt: string
  readonly prompt_2?: string | null
  readonly negative_prompt: string | null
  readonly num_inference_steps: number
  readonly guidance_scale: number
  readonly width?: number
  readonly height?: number
  readonly strength?: number
  readonly inpaint?: boolean
  readonly eta?: number
  readonly guidance_rescale?: number
  readonly clip_skip?: number | null
  readonly original_size?: readonly [number, number]
  readonly target_size?: readonly [number, number]
  readonly crops_coords_top_left?: readonly [number, number]
  readonly scheduler?: { readonly class: string; readonly config: object }
}

/** A case with its model loaded and its draws in their order. */
interface Setting {
  readonly goldenCase: GoldenCase
  readonly check: Checker
  readonly inputs: Inputs
  readonly model: StableDiffusion
  readonly size: PixelSize
  readonly draw: Draw
  scheduler(strength?: number): Scheduler
}

/** Runs a case: `body` leaves nothing undrawn. */
const withModel =
  (body: (setting: Setting) => Promise<void>): GoldenKind =>
  async (goldenCase, check) => {
    const inputs = goldenCase.inputs as unknown as Inputs
    const model = await loadStableDiffusion(partsOf(goldenCase.model()), await goldenRuntime())
    const draws = goldenCase.tensorNames.filter((name) => name.startsWith('input.draw.')).sort()
    const { num_inference_steps: steps, eta, scheduler: given } = inputs
    const config = given ? { ...given.config, _class_name: given.class } : model.schedulerConfig
    const side = Number(model.denoiser.config.file.sample_size ?? 64) * model.autoencoder.scale
    await body({
      goldenCase,
      check,
      inputs,
      model,
      size: { width: inputs.width ?? side, height: inputs.height ?? side },
      draw(shape) {
        const drawn = goldenCase.float(draws.shift()!)
        check.that(
          'shape of a draw',
          drawn.shape.join() === shape.join(),
          `[${drawn.shape.join()}] not [${shape.join()}]`,
        )
        return drawn.data
      },
      scheduler: (strength) =>
        createScheduler(config, {
          steps,
          ...(eta === undefined ? {} : { eta }),
          ...(strength === undefined ? {} : { strength }),
        }),
    })
    check.that('draws', draws.length === 0, `${draws.length} draws were not made`)
    for (const encoder of [model.textEncoder, model.textEncoder2]) await encoder?.release()
    for (const session of [model.denoiser.session, ...model.autoencoder.sessions()]) await session.release()
  }

/** Prompts as diffusers reads them; null is absent. */
function encode({ inputs, model, size }: Setting): Promise<PromptConditioning> {
  const { prompt, prompt_2: prompt2, negative_prompt: negativePrompt, clip_skip: clipSkip } = inputs
  const { original_size: originalSize, target_size: targetSize, crops_coords_top_left: cropTopLeft } = inputs
  const options: EncodeOptions = {
    scheme: 'plain',
    ...size,
    ...(originalSize && { originalSize }),
    ...(targetSize && { targetSize }),
    ...(cropTopLeft && { cropTopLeft }),
  }
  return model.encode(
    {
      prompt,
      prompt2: prompt2 ?? undefined,
      negativePrompt: negativePrompt ?? undefined,
      clipSkip: clipSkip ?? undefined,
    },
    options,
  )
}

function checkWords(check: Checker, { positive, negative }: PromptConditioning): void {
  const both = [
    ['', positive],
    ['negative_', negative],
  ] as const
  for (const [prefix, { encoder_hidden_states: states, text_embeds: pooled }] of both) {
    check.tensor(`${prefix}prompt_embeds`, states.data, states.shape)
    if (pooled) check.tensor(`${prefix}pooled_prompt_embeds`, pooled.data, pooled.shape)
  }
  if (positive.time_ids) check.tensor('add_time_ids', positive.time_ids.data, positive.time_ids.shape)
}

/** All steps, then the picture. */
async function drawAndCheck(
  { check, inputs, model }: Setting,
  words: PromptConditioning,
  run: Pick<DenoiseOptions, 'scheduler' | 'latents' | 'extraChannels' | 'afterStep'>,
  draw: Draw,
): Promise<void> {
  const states: number[] = []
  const steps = denoise({
    denoiser: model.denoiser,
    ...words,
    ...run,
    guidanceScale: inputs.guidance_scale,
    guidanceRescale: inputs.guidance_rescale ?? 0,
    noise: () => draw(run.latents.shape),
  })
  for await (const step of steps) states.push(...step.latents.data)
  const last = float32(Float32Array.from(states.slice(-run.latents.data.length)), run.latents.shape)
  const decoded = await model.autoencoder.decode(last)
  check.tensor('latents_per_step', states)
  check.tensor('latents', last.data, last.shape)
  check.tensor('vae_output', decoded.data, decoded.shape)
  const pictures = toRgbImages(decoded).flatMap(({ data }) => [...data])
  check.pictures('image_u8', pictures)
}

function checkTimesteps({ check, goldenCase }: Setting, scheduler: Scheduler): void {
  const { timesteps, timesteps_all: all, t_start: start, init_noise_sigma: sigma } = goldenCase.expected
  if (timesteps) check.floats('timesteps', scheduler.allTimesteps, timesteps as number[])
  if (all) check.floats('timesteps_all', scheduler.allTimesteps, all as number[])
  if (start !== undefined) check.json('t_start', scheduler.firstIndex)
  if (sigma !== undefined) check.floats('init_noise_sigma', [scheduler.initNoiseSigma], [sigma as number])
}

function checkIds({ check, goldenCase, inputs, model }: Setting): void {
  const { expected } = goldenCase
  const { tokenizer, tokenizer2 } = model
  if (expected['prompt_ids']) check.json('prompt_ids', tokenizer.encodePadded(inputs.prompt))
  if (expected['negative_ids']) check.json('negative_ids', tokenizer.encodePadded(inputs.negative_prompt ?? ''))
  if (expected['prompt_ids_2']) check.json('prompt_ids_2', tokenizer2?.encodePadded(inputs.prompt_2 ?? inputs.prompt))
}

async function textToImage(setting: Setting): Promise<void> {
  const { goldenCase, check, model, size, draw } = setting
  const words = await encode(setting)
  const scheduler = setting.scheduler()
  checkWords(check, words)
  checkIds(setting)
  checkTimesteps(setting, scheduler)
  const { scale, config } = model.autoencoder
  const shape = [1, config.latent_channels, size.height / scale, size.width / scale]
  const noise = goldenCase.has('input.latents') ? goldenCase.float('input.latents').data : draw(shape)
  await drawAndCheck(setting, words, { scheduler, latents: atStart(scheduler, noise, shape) }, draw)
}

async function imageToImage(setting: Setting): Promise<void> {
  const { check, model, inputs, draw } = setting
  const scheduler = setting.scheduler(inputs.strength)
  const image = vaePreprocess(rgbInput(setting.goldenCase, 'input.image_u8'))
  check.tensor('image_preprocessed', image.data, image.shape)
  const { mean } = latentDistribution(await model.autoencoder.encodeMoments(image))
  const scaled = mean.data.map((value) => value * model.autoencoder.config.scaling_factor)
  check.tensor('image_latents_mean', scaled, mean.shape)
  checkTimesteps(setting, scheduler)
  checkIds(setting)
  const words = await encode(setting)
  const latents = await noisedPicture(model.autoencoder, scheduler, image, draw)
  await drawAndCheck(setting, words, { scheduler, latents }, draw)
}

async function inpaint(setting: Setting): Promise<void> {
  const { goldenCase, check, model, inputs, size, draw } = setting
  const { strength = 1 } = inputs
  const scheduler = setting.scheduler(strength)
  const image = vaePreprocess(rgbInput(goldenCase, 'input.image_u8'), size)
  const mask = maskPreprocess(pictureInput(goldenCase, 'input.mask_u8'), size)
  checkTimesteps(setting, scheduler)
  checkIds(setting)
  const words = await encode(setting)
  if (goldenCase.has('expected.prompt_embeds')) checkWords(check, words)
  const start = await maskedStart(model, scheduler, { image, mask, strength }, draw)
  if (goldenCase.has('expected.mask_latent')) checkMasked(check, mask, start)
  await drawAndCheck(setting, words, { ...start, scheduler }, draw)
}

function checkMasked(check: Checker, mask: ReturnType<typeof maskPreprocess>, start: MaskedStart): void {
  const tensors: readonly (readonly [string, FloatTensor])[] = [
    ['mask_image_binarized', mask.mask],
    ['masked_image', start.maskedImage],
    ['mask_latent', mask.latentMask],
    ['masked_image_latents', start.maskedLatents],
  ]
  for (const [name, { data, shape }] of tensors) check.tensor(name, data, shape)
}

function pictureInput(goldenCase: GoldenCase, name: string): RgbImage | GreyImage {
  const { data, shape } = goldenCase.tensor(name)
  return { width: shape[1]!, height: shape[0]!, data: data as Uint8Array }
}

const rgbInput = (goldenCase: GoldenCase, name: string): RgbImage => pictureInput(goldenCase, name)

/** SDXL's case is text to image or, where it says so, inpainting. */
const sdxl = (setting: Setting) => (setting.inputs.inpaint ? inpaint(setting) : textToImage(setting))

export const picturePipelineKinds: Record<string, GoldenKind> = {
  pipeline_txt2img: withModel(textToImage),
  pipeline_img2img: withModel(imageToImage),
  pipeline_inpaint: withModel(inpaint),
  pipeline_sdxl: withModel(sdxl),
}
