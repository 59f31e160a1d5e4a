import { latentDistribution } from '../../../src/families/stable-diffusion/autoencoder.ts'
import { loadStableDiffusion, partsOf } from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { centreCropSquare } from '../../../src/image/crop.ts'
import { toRgbImages } from '../../../src/image/postprocess.ts'
import { vaePreprocess } from '../../../src/image/vae-preprocess.ts'
import { leditsWords } from '../../../src/pipelines/ledits-words.ts'
import {
  differenceMap,
  invertToNoise,
  maskOfDifference,
  maskTimestep,
  releasedMask,
  sampleMasked,
} from '../../../src/pipelines/ledits.ts'
import { sdeSchedule } from '../../../src/schedulers/sde-inversion.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'

interface Inputs {
  readonly source_prompt: string
  readonly target_prompt: string
  readonly mask_thresholding_ratio: number
  readonly num_maps_per_mask: number
  readonly mask_num_inference_steps: number
  readonly src_cfg_scale: number
  readonly tar_cfg_scale: number
  readonly steps: number
  /** In percent. */
  readonly skip: number
}

const concatenate = (parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]))

async function lastOf<T>(running: AsyncGenerator<unknown, T>): Promise<T> {
  let next = await running.next()
  while (!next.done) next = await running.next()
  return next.value
}

/** LLMGA's released editing: the difference mask, the inversion, the guided sampling. */
const llmgaEdit: GoldenKind = async (goldenCase, check) => {
  const inputs = goldenCase.inputs as unknown as Inputs
  const model = await loadStableDiffusion(partsOf(goldenCase.model()), await goldenRuntime())
  const { autoencoder, denoiser } = model
  const side = Number(denoiser.config.file.sample_size ?? 64) * autoencoder.scale
  const given = goldenCase.tensor('input.image_u8')
  const [height, width] = given.shape as [number, number]
  const picture = centreCropSquare({ width, height, data: given.data as Uint8Array }, side)
  check.tensor('image_cropped_u8', picture.data, [side, side, 3])

  const draws = goldenCase.tensorNames.filter((name) => name.startsWith('input.draw.')).sort()
  let drawn = 0
  const draw = (shape: readonly number[]) => {
    const tensor = goldenCase.float(draws[drawn++]!)
    check.that('shape of a draw', tensor.shape.join() === shape.join(), `[${tensor.shape.join()}]`)
    return tensor.data
  }
  const size = { width: side, height: side }
  const prompts = { source: inputs.source_prompt, target: inputs.target_prompt }
  const words = await leditsWords(model, prompts, size, { cutsSource: true })
  const schedule = sdeSchedule(model.schedulerConfig, { steps: inputs.steps, skip: inputs.skip / 100 })
  check.json('timesteps', schedule.timesteps)
  const distribution = latentDistribution(await autoencoder.encodeMoments(vaePreprocess(picture, size)))
  const run = {
    denoiser,
    schedule,
    draw,
    picture: { distribution, scalingFactor: autoencoder.config.scaling_factor },
  }

  const { mask_thresholding_ratio: threshold, num_maps_per_mask: maps, mask_num_inference_steps: steps } = inputs
  const settings = { ...releasedMask, threshold, maps, steps }
  const map = await lastOf(differenceMap(run, words.mask, settings))
  check.json('draws_in_generate_mask', drawn)
  const mask = maskOfDifference(map, threshold)
  check.tensor('mask_guidance_map', map)
  check.tensor('mask', mask)
  check.json('mask_timestep', maskTimestep(schedule.alphasCumprod.length, steps))
  const middle = (map.reduce((sum, value) => sum + value, 0) / map.length) * (threshold / 2)
  const gap = map.reduce((least, value) => Math.min(least, Math.abs(value - middle) / middle), Infinity)
  const expectedGap = goldenCase.expected['mask_relative_gap'] as number // two digits of it
  check.within('mask_relative_gap', Math.abs(gap - expectedGap), 0.1 * expectedGap)
  check.json('mask_area', mask.reduce((sum, value) => sum + value, 0) / mask.length)

  const inversion = await lastOf(invertToNoise(run, words.inversion, inputs.src_cfg_scale))
  check.tensor('zs', concatenate(inversion.noises))
  check.tensor('xts', concatenate(inversion.samples))
  check.that('draws', drawn === draws.length, `${drawn} of ${draws.length}`)

  const perStep: Float32Array[] = []
  const options = { mask, guidanceScale: inputs.tar_cfg_scale }
  for await (const step of sampleMasked(run, inversion, words.target, options)) perStep.push(step.latents.data)
  check.tensor('latents_per_step', concatenate(perStep))
  check.tensor('latents', perStep.at(-1)!)
  check.tensor('target_prompt_embeds', words.target.words.encoder_hidden_states.data)
  check.tensor('empty_prompt_embeds', words.target.empty.encoder_hidden_states.data)
  const decoded = await autoencoder.decode({ ...distribution.mean, data: perStep.at(-1)! })
  check.tensor('vae_output', decoded.data, decoded.shape)
  check.pictures('image_u8', toRgbImages(decoded)[0]!.data)
  await model.textEncoder.release()
  for (const session of [denoiser.session, ...autoencoder.sessions()]) await session.release()
}

export const leditsKinds: Record<string, GoldenKind> = { llmga_edit: llmgaEdit }
