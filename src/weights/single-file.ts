import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { inferTextConfig, inferUnetConfig, inferVaeConfig, type InferredConfig } from './ldm-config.ts'
import { below, openClipInTransformersNames, unetInDiffusersNames, vaeInDiffusersNames } from './ldm-names.ts'
import { openWeightFile } from './weight-file.ts'
import type { WeightMap } from './weights.ts'

/**
 * A whole Stable Diffusion model in one file, as model sites share it, read as though it were a diffusers folder: a path
 * below the file (`model.safetensors/unet`) is a part of it, with tensors under diffusers' names and a config that
 * shapes and names tell. Nothing is copied or converted: a tensor is a range of bytes of the file.
 */
interface SingleFile {
  readonly tensors: Readonly<Record<string, WeightMap>>
  readonly json: Readonly<Record<string, InferredConfig>>
}

const endings = /\.(safetensors|ckpt|pt|pth|bin)$/

/** Whether a path is a file that may hold a whole model. */
export const isSingleFile = (file: string): boolean =>
  endings.test(file) && statSync(file, { throwIfNoEntry: false })?.isFile() === true

/** The tensors of a part below a single file; undefined for any other path. */
export function singleFileWeights(folder: string): WeightMap | undefined {
  const file = path.dirname(folder)
  return isSingleFile(file) ? open(file).tensors[path.basename(folder)] : undefined
}

/** The JSON file of a part below a single file; undefined for any other path. */
export function singleFileJson(file: string): InferredConfig | undefined {
  for (const model of [path.dirname(file), path.dirname(path.dirname(file))])
    if (isSingleFile(model)) return open(model).json[path.relative(model, file).split(path.sep).join('/')]
  return undefined
}

/** The files that were opened last: one model reads its file some ten times. */
const opened = new Map<string, SingleFile>()
const maxOpened = 4

function open(file: string): SingleFile {
  const { size, mtimeMs } = statSync(file)
  const key = [path.resolve(file), size, mtimeMs].join(':')
  const known = opened.get(key)
  if (known) return known
  const model = describe(file)
  opened.set(key, model)
  if (opened.size > maxOpened) opened.delete(opened.keys().next().value!)
  return model
}

/** Throws AppError `model/unsupported` naming what the file holds instead, and as `openWeightFile` does. */
function describe(file: string): SingleFile {
  const { tensors } = openWeightFile(file)
  const map = tensors.has('state_dict.model.diffusion_model.input_blocks.0.0.weight')
    ? below(tensors, 'state_dict.')
    : tensors
  const unet = below(map, 'model.diffusion_model.')
  const vae = below(map, 'first_stage_model.')
  if (unet.size === 0 || vae.size === 0) throw unsupported(file, whatItIs(map, unet.size > 0))
  const isXl = [...map.keys()].some((name) => name.startsWith('conditioner.embedders.1.model.'))
  const texts = isXl ? xlTexts(map) : { text_encoder: below(map, 'cond_stage_model.transformer.') }
  if (texts.text_encoder.size === 0) throw unsupported(file, 'Stable Diffusion 2 or the refiner of SDXL')
  const own: Record<string, InferredConfig> = {
    unet: inferUnetConfig(unet),
    vae: inferVaeConfig(vae, isXl),
    text_encoder: inferTextConfig(texts.text_encoder, 'quick_gelu'),
    ...(texts.text_encoder_2 && { text_encoder_2: inferTextConfig(texts.text_encoder_2, 'gelu') }),
    scheduler: schedulerConfig(map, isXl),
  }
  const said = readBeside(file)
  const configOf = (part: string) => ({ ...own[part], ...said[part] })
  return {
    tensors: { unet: unetInDiffusersNames(unet), vae: vaeInDiffusersNames(vae), ...texts },
    json: {
      'model_index.json': {
        _class_name: `StableDiffusion${isXl ? 'XL' : ''}${own['unet']!['in_channels'] === 9 ? 'Inpaint' : ''}Pipeline`,
      },
      'scheduler/scheduler_config.json': configOf('scheduler'),
      ...Object.fromEntries(
        ['unet', 'vae', ...Object.keys(texts)].map((part) => [`${part}/config.json`, configOf(part)]),
      ),
    },
  }
}

interface Texts {
  readonly text_encoder: WeightMap
  readonly text_encoder_2?: WeightMap
}

const xlTexts = (map: WeightMap): Texts => ({
  text_encoder: below(map, 'conditioner.embedders.0.transformer.'),
  text_encoder_2: openClipInTransformersNames(below(map, 'conditioner.embedders.1.model.')),
})

/** The schedulers of the published folders; `v_pred` and `ztsnr` are marks that v-prediction models carry. */
const schedulerConfig = (map: WeightMap, isXl: boolean): InferredConfig => ({
  _class_name: isXl ? 'EulerDiscreteScheduler' : 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  timestep_spacing: 'leading',
  prediction_type: map.has('v_pred') ? 'v_prediction' : 'epsilon',
  ...(map.has('ztsnr') && { rescale_betas_zero_snr: true }),
  ...(!isXl && { skip_prk_steps: true, set_alpha_to_one: false }),
})

/** What shapes do not say may stand in NAME.json beside NAME.safetensors: `{ "unet": { "attention_head_dim": 4 } }`. */
function readBeside(file: string): Readonly<Record<string, InferredConfig | undefined>> {
  const { dir, name } = path.parse(file)
  const beside = path.join(dir, `${name}.json`)
  if (!existsSync(beside)) return {}
  try {
    return JSON.parse(readFileSync(beside, 'utf8')) as Record<string, InferredConfig>
  } catch (cause) {
    throw new AppError('weights/corrupt', {
      message: `${beside}: not JSON`,
      hint: 'Correct or delete it: it holds settings that go over those found in the model file.',
      details: { file: beside },
      cause,
    })
  }
}

function whatItIs(map: WeightMap, hasUnet: boolean): string {
  const names = [...map.keys()]
  if (names.some((name) => /lora[._]|lora_(up|down|A|B)/.test(name))) return 'a LoRA'
  if (names.some((name) => /double_blocks|joint_blocks/.test(name))) return 'a model of another kind (Flux or SD 3)'
  if (hasUnet) return 'a UNet without the other parts'
  return `no whole Stable Diffusion model (its first tensor is ${names[0] ?? 'none'})`
}

const unsupported = (file: string, found: string) =>
  new AppError('model/unsupported', {
    message: `${file} holds ${found}`,
    hint: 'A single file must be a whole model of Stable Diffusion 1.5 or XL; a LoRA is named in a request or a preset.',
    details: { file },
  })
