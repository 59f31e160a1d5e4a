import path from 'node:path'
import { conditionTensor } from '../../../src/families/controlnet/condition-picture.ts'
import { controlVariant, noResiduals } from '../../../src/families/controlnet/control-variant.ts'
import { loadControlNet } from '../../../src/families/controlnet/controlnet.ts'
import { midResidualName, residualName } from '../../../src/families/controlnet/controlnet-graph.ts'
import { loadStableDiffusion, partsOf } from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { toRgbImages } from '../../../src/image/postprocess.ts'
import { controlSteps } from '../../../src/pipelines/control-steps.ts'
import { denoise } from '../../../src/pipelines/denoise.ts'
import { createScheduler } from '../../../src/schedulers/create-scheduler.ts'
import { loadDenoiser } from '../../../src/families/stable-diffusion/denoiser.ts'
import { float32, type Tensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'
import { timestepOf } from '../timestep.ts'

async function controlNet(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const runtime = await goldenRuntime()
  const denoiser = await loadDenoiser(path.join(goldenCase.model(), 'unet'), runtime)
  const net = await loadControlNet(path.join(goldenCase.model(), 'controlnet'), denoiser.config, runtime)
  const features = await net.features(goldenCase.float('input.condition'))
  check.tensor('condition_embedding', features.data, features.shape)
  const sample = goldenCase.float('input.sample')
  const inputs = {
    sample,
    timestep: timestepOf(goldenCase, sample.shape[0]!),
    encoder_hidden_states: goldenCase.float('input.encoder_hidden_states'),
  }
  const controlled = await denoiser.variant(controlVariant)
  const compare = async (output: string, prefix: string, scale: number) => {
    const residuals = await net.residuals(inputs, features, scale)
    const skips = Object.keys(residuals).length - 1
    check.json('down_residuals', skips)
    for (let k = 0; k < skips; k++) {
      const { data, shape } = residuals[residualName(k)]!
      check.tensor(`${prefix}down_residual.${String(k).padStart(2, '0')}`, data, shape)
    }
    const middle = residuals[midResidualName]!
    check.tensor(`${prefix}mid_residual`, middle.data, middle.shape)
    check.tensor(output, (await controlled.denoise({ ...inputs, ...residuals })).data, sample.shape)
  }
  await compare('output_scale1', '', 1)
  await compare('output', 'scaled_', goldenCase.inputs['conditioning_scale'] as number)
  check.tensor('output_plain', (await denoiser.denoise(inputs)).data, sample.shape)
  const without = await controlled.denoise({ ...inputs, ...noResiduals(denoiser.config) })
  check.values('output without residuals', without.data, goldenCase.tensor('expected.output_plain'))
  for (const session of runtime.sessions) await session.release()
}

interface ControlPipelineInputs {
  readonly prompt: string
  readonly negative_prompt: string
  readonly num_inference_steps: number
  readonly guidance_scale: number
  readonly width: number
  readonly height: number
  readonly conditioning_scale: number
  readonly control_guidance_start: number
  readonly control_guidance_end: number
  readonly scheduler?: { readonly class: string; readonly config: object }
}

async function controlPipeline(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = goldenCase.inputs as unknown as ControlPipelineInputs
  const runtime = await goldenRuntime()
  const model = await loadStableDiffusion(partsOf(goldenCase.model()), runtime)
  const { tokenizer, denoiser, autoencoder } = model
  const net = await loadControlNet(path.join(goldenCase.model(), 'controlnet'), denoiser.config, runtime)
  const { prompt, negative_prompt: negativePrompt, width, height, num_inference_steps: steps } = inputs
  const words = await model.encode({ prompt, negativePrompt }, { scheme: 'plain', width, height })
  const scheduler = createScheduler(
    inputs.scheduler ? { ...inputs.scheduler.config, _class_name: inputs.scheduler.class } : model.schedulerConfig,
    { steps },
  )
  const picture = goldenCase.tensor('input.condition_u8') as Tensor<'uint8'>
  const [h, w] = picture.shape as [number, number]
  const condition = conditionTensor({ width: w, height: h, data: picture.data }, { width, height })
  const start = goldenCase.float('input.latents')
  const states: number[] = []
  const run = denoise({
    denoiser: await denoiser.variant(controlVariant),
    scheduler,
    latents: float32(
      start.data.map((value) => value * scheduler.initNoiseSigma),
      start.shape,
    ),
    ...words,
    guidanceScale: inputs.guidance_scale,
    inputsAt: controlSteps(
      { net, features: await net.features(condition), unet: denoiser.config },
      { scale: inputs.conditioning_scale, start: inputs.control_guidance_start, end: inputs.control_guidance_end },
    ),
    noise: () => {
      throw new RangeError('the case has no draws')
    },
  })
  for await (const { latents } of run) states.push(...latents.data)
  const last = float32(Float32Array.from(states.slice(-start.data.length)), start.shape)
  const image = await autoencoder.decode(last)
  check.json('prompt_ids', tokenizer.encodePadded(prompt))
  check.json('negative_ids', tokenizer.encodePadded(negativePrompt))
  check.floats('timesteps', scheduler.timesteps, goldenCase.expected['timesteps'] as number[])
  check.tensor('condition', condition.data, condition.shape)
  const { positive, negative } = words
  check.tensor('prompt_embeds', positive.encoder_hidden_states.data, positive.encoder_hidden_states.shape)
  check.tensor('negative_prompt_embeds', negative.encoder_hidden_states.data, negative.encoder_hidden_states.shape)
  check.tensor('latents_per_step', states)
  check.tensor('latents', last.data, last.shape)
  check.tensor('vae_output', image.data, image.shape)
  check.pictures(
    'image_u8',
    toRgbImages(image).flatMap(({ data }) => [...data]),
  )
  for (const session of runtime.sessions) await session.release()
}

export const controlNetKinds: Record<string, GoldenKind> = {
  controlnet: controlNet,
  pipeline_controlnet: controlPipeline,
}
