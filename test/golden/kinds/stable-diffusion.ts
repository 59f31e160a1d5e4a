import {
  latentDistribution,
  openAutoencoder,
  sampleLatents,
} from '../../../src/families/stable-diffusion/autoencoder.ts'
import { loadDenoiser } from '../../../src/families/stable-diffusion/denoiser.ts'
import { embedPrompts } from '../../../src/families/stable-diffusion/prompt-embeddings.ts'
import { loadStableDiffusion, partsOf } from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { unetTaps } from '../../../src/families/stable-diffusion/unet.ts'
import { toRgbImages } from '../../../src/image/postprocess.ts'
import { denoise } from '../../../src/pipelines/denoise.ts'
import { createScheduler } from '../../../src/schedulers/create-scheduler.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../cpu.ts'
import type { GoldenKind } from '../runner.ts'

/** A timestep of any stored form (scalar or [b], integer or float) as [b] float32. */
function batchTimestep(goldenCase: GoldenCase, batch: number): FloatTensor {
  const { data } = goldenCase.tensor('input.timestep')
  return float32(
    Float32Array.from({ length: batch }, (_, i) => Number(data[data.length === 1 ? 0 : i])),
    [batch],
  )
}

async function unetForward(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { session } = await loadDenoiser(goldenCase.model(), await goldenRuntime(), { taps: true })
  const sample = goldenCase.float('input.sample')
  const results = await session.run({
    sample,
    timestep: batchTimestep(goldenCase, sample.shape[0]!),
    encoder_hidden_states: goldenCase.float('input.encoder_hidden_states'),
    ...(goldenCase.has('input.text_embeds')
      ? { text_embeds: goldenCase.float('input.text_embeds'), time_ids: goldenCase.float('input.time_ids') }
      : {}),
  })
  for (const name of ['output', ...unetTaps]) check.tensor(name, results[name]!.data, results[name]!.shape)
  await session.release()
}

async function vae(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const autoencoder = openAutoencoder(goldenCase.model(), await goldenRuntime())
  const moments = await autoencoder.encodeMoments(goldenCase.float('input.image'))
  const { mean, logvar, std } = latentDistribution(moments)
  const scaled = mean.data.map((value) => value * autoencoder.config.scaling_factor)
  check.tensor('moments', moments.data, moments.shape)
  check.tensor('logvar', logvar.data, logvar.shape)
  check.tensor('std', std.data, std.shape)
  check.tensor('sample', sampleLatents({ mean, logvar, std }, goldenCase.float('input.draw.000').data).data, mean.shape)
  check.tensor('latents_scaled', scaled, mean.shape)
  check.tensor('decoded', (await autoencoder.decode(goldenCase.float('input.latents'))).data)
  check.tensor('reconstruction', (await autoencoder.decode({ ...mean, data: scaled })).data)
  for (const session of autoencoder.sessions()) await session.release()
}

interface TextToImageInputs {
  readonly prompt: string
  readonly negative_prompt: string | null
  readonly num_inference_steps: number
  readonly guidance_scale: number
  readonly width: number
  readonly height: number
  readonly eta?: number
  readonly guidance_rescale?: number
  readonly clip_skip?: number | null
  readonly scheduler?: { readonly class: string; readonly config: object }
}

async function textToImage(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = goldenCase.inputs as unknown as TextToImageInputs
  const model = await loadStableDiffusion(partsOf(goldenCase.model()), await goldenRuntime())
  const { tokenizer, textEncoder, denoiser, autoencoder } = model
  const prompts = { prompt: inputs.prompt, negativePrompt: inputs.negative_prompt ?? '' }
  const { positive, negative } = await embedPrompts(tokenizer, textEncoder, prompts, {
    scheme: 'plain',
    ...(inputs.clip_skip ? { clipSkip: inputs.clip_skip } : {}),
  })
  const { scheduler: given, num_inference_steps: steps } = inputs
  const config = given ? { ...given.config, _class_name: given.class } : model.schedulerConfig
  const scheduler = createScheduler(config, { steps, ...(inputs.eta === undefined ? {} : { eta: inputs.eta }) })
  const draws = goldenCase.tensorNames.filter((name) => name.startsWith('input.draw.')).sort()
  const draw = () => goldenCase.float(draws.shift()!)
  const start = goldenCase.has('input.latents') ? goldenCase.float('input.latents') : draw()
  const latents = float32(
    start.data.map((value) => value * scheduler.initNoiseSigma),
    start.shape,
  )
  const states: number[] = []
  const run = denoise({
    denoiser,
    scheduler,
    latents,
    positive: { encoder_hidden_states: positive },
    negative: { encoder_hidden_states: negative },
    guidanceScale: inputs.guidance_scale,
    guidanceRescale: inputs.guidance_rescale ?? 0,
    noise: () => draw().data,
  })
  for await (const step of run) states.push(...step.latents.data)
  const last = float32(Float32Array.from(states.slice(-start.data.length)), start.shape)
  const image = await autoencoder.decode(last)
  check.json('prompt_ids', tokenizer.encodePadded(prompts.prompt))
  check.json('negative_ids', tokenizer.encodePadded(prompts.negativePrompt))
  check.floats('timesteps', scheduler.timesteps, goldenCase.expected['timesteps'] as number[])
  check.floats('init_noise_sigma', [scheduler.initNoiseSigma], [goldenCase.expected['init_noise_sigma'] as number])
  check.tensor('prompt_embeds', positive.data, positive.shape)
  check.tensor('negative_prompt_embeds', negative.data, negative.shape)
  check.tensor('latents_per_step', states)
  check.tensor('latents', last.data, last.shape)
  check.tensor('vae_output', image.data, image.shape)
  check.pictures(
    'image_u8',
    toRgbImages(image).flatMap(({ data }) => [...data]),
  )
  check.that('draws', draws.length === 0, `${draws.length} draws were not made`)
  await denoiser.session.release()
  await textEncoder.release()
  for (const session of autoencoder.sessions()) await session.release()
}

export const stableDiffusionKinds: Record<string, GoldenKind> = {
  unet_forward: unetForward,
  vae,
  pipeline_txt2img: textToImage,
}
