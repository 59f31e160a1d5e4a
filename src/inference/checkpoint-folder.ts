import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import type { SamplerName } from '../contract/inference.ts'
import { templateForModelName } from '../tokenizers/conversation.ts'
import type { ModelFile, ResolvedMllm, ResolvedModel, ResolvedTextToImage } from './model-presets.ts'
import type { ImageMode, ModelRole } from './preset-schema.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Settings of a checkpoint that no preset describes, from its own config files and, for the chat template, its folder's
 * name (as the LLMGA code does). `modelsDir` is searched for a vision tower that the config names.
 * Throws AppError `weights/missing` for an absent config, `model/unsupported` for a family without code.
 */
export function describeCheckpoint(role: ModelRole, folder: string, modelsDir?: string): ResolvedModel {
  return role === 'mllm' ? describeLlava(folder, modelsDir) : describeStableDiffusion(folder)
}

/** LLMGA's own settings: temperature 0.2, 512 new tokens, and wordings of its prompt_temp.py. */
function describeLlava(folder: string, modelsDir?: string): ResolvedMllm {
  const config = readJson(path.join(folder, 'config.json'))
  const type = String(config['model_type'])
  if (!type.toLowerCase().startsWith('llava')) throw unsupported(folder, `model_type ${type}`, 'a LLaVA checkpoint')
  const tower = config['mm_vision_tower']
  const parts: Record<string, string> =
    typeof tower === 'string' ? { 'vision-tower': findTower(folder, tower, modelsDir) } : {}
  return {
    role: 'mllm',
    family: 'llava',
    name: path.basename(folder),
    folder,
    parts,
    files: [folder, ...Object.values(parts)].flatMap(weightFiles),
    template: templateForModelName(path.basename(folder)),
    imageMode: imageModeOf(config['image_aspect_ratio']),
    sampling: { temperature: 0.2, maxNewTokens: 512 },
    wordings: {
      refine: 'Generate an image based on given keywords. {wish}',
      similar: 'Generate a similar image.',
      describe: 'Describe the image.',
    },
  }
}

/** Diffusers' defaults for text to image: 50 steps, guidance 7.5, the checkpoint's own sampler and size. */
function describeStableDiffusion(folder: string): ResolvedTextToImage {
  const pipeline = String(readJson(path.join(folder, 'model_index.json'))['_class_name'])
  if (pipeline !== 'StableDiffusionPipeline') throw unsupported(folder, pipeline, 'a StableDiffusionPipeline')
  const scheduler = readJson(path.join(folder, 'scheduler', 'scheduler_config.json'))
  const unet = readJson(path.join(folder, 'unet', 'config.json'))
  const vae = readJson(path.join(folder, 'vae', 'config.json'))
  const scale = 2 ** (((vae['block_out_channels'] as unknown[] | undefined)?.length ?? 4) - 1)
  const size = Number(unet['sample_size'] ?? 64) * scale
  return {
    role: 't2i',
    family: 'stable-diffusion',
    name: path.basename(folder),
    folder,
    parts: {},
    files: ['text_encoder', 'unet', 'vae'].flatMap((part) => weightFiles(path.join(folder, part))),
    defaults: { sampler: samplerOf(scheduler), steps: 50, guidanceScale: 7.5, width: size, height: size },
    scheduler: {},
  }
}

function readJson(file: string): Json {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json
  } catch (cause) {
    const missing = !existsSync(file)
    throw new AppError(missing ? 'weights/missing' : 'weights/corrupt', {
      message: missing ? `${file} is missing` : `${file} is not JSON`,
      hint: 'A model folder holds a checkpoint as published, with its config files; copy or download it again.',
      details: { file },
      cause,
    })
  }
}

const unsupported = (folder: string, found: string, wanted: string) =>
  new AppError('model/unsupported', {
    message: `${folder} holds ${found}; this role needs ${wanted}`,
    hint: 'Name another folder or a preset ("llmga models list").',
  })

/** The tower beside or inside the checkpoint, or in the models folder under its full or its last name. */
function findTower(folder: string, tower: string, modelsDir?: string): string {
  const bases = [folder, path.dirname(folder), ...(modelsDir === undefined ? [] : [modelsDir])]
  const candidates = bases.flatMap((base) => [path.resolve(base, tower), path.resolve(base, path.basename(tower))])
  const found = candidates.find((candidate) => existsSync(path.join(candidate, 'config.json')))
  if (found !== undefined) return found
  throw new AppError('weights/missing', {
    message: `${folder}: its vision tower "${tower}" is in none of ${bases.join(', ')}`,
    hint: `Download ${tower} and put its folder into LLMGA_MODELS_DIR.`,
    details: { tower },
  })
}

/** `resizesquare` is LLMGA's name for what its programs do: stretch. Without a word LLaVA crops at the centre. */
function imageModeOf(aspectRatio: unknown): ImageMode {
  if (aspectRatio === 'pad') return 'pad'
  return aspectRatio === 'resizesquare' ? 'stretch' : 'crop'
}

const samplerByClass: Readonly<Record<string, SamplerName>> = {
  DDIMScheduler: 'ddim',
  PNDMScheduler: 'pndm',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'euler-a',
  DPMSolverMultistepScheduler: 'dpmpp-2m',
}

function samplerOf(scheduler: Json): SamplerName {
  const sampler = samplerByClass[String(scheduler['_class_name'])] ?? 'pndm'
  return sampler === 'dpmpp-2m' && scheduler['use_karras_sigmas'] === true ? 'dpmpp-2m-karras' : sampler
}

function weightFiles(folder: string): ModelFile[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.safetensors'))
  return names.sort().map((name) => ({ file: path.join(folder, name) }))
}
