import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import type { SamplerName } from '../contract/inference.ts'
import type { RestoreScale } from '../families/diffrir/diffrir-config.ts'
import { diffRirScale } from '../families/diffrir/diffrir.ts'
import { cachedSnapshot } from '../hub/cache.ts'
import type { SchedulerClass } from '../schedulers/create-scheduler.ts'
import { hasJson } from '../weights/config-file.ts'
import { isSingleFile, singleFileJson } from '../weights/single-file.ts'
import { templateForModelName } from '../tokenizers/conversation.ts'
import { adaptersBeside } from './adapter-places.ts'
import type { LocatedCheckpoint, ModelFile, ModelPlaces, ResolvedModel, ResolvedModels } from './model-presets.ts'
import { wordingsSchema, type ImageMode, type ModelRole } from './preset-schema.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Settings of a checkpoint that no preset describes, from its own config files and, for the chat template, its folder's
 * name (as the LLMGA code does). The models folder and the hub's cache are searched for a vision tower that the config
 * names.
 * Throws AppError `weights/missing` for an absent config, `model/unsupported` for a family without code.
 */
export function describeCheckpoint(role: ModelRole, found: LocatedCheckpoint, places: ModelPlaces): ResolvedModel {
  if (isSingleFile(found.folder) && role !== 't2i' && role !== 'inpaint')
    throw unsupported(found.folder, 'a whole Stable Diffusion model', `it cannot be the ${role} model`)
  if (role === 'mllm') return describeLlava(found, places)
  if (role === 'safety') return describeSafetyChecker(found)
  return role === 'restore' ? describeDiffRir(found) : describeStableDiffusion(role, found, places)
}

/**
 * What a checkpoint's folder can be used for. A picture model with a 9-channel UNet fills in and does nothing else; any
 * other draws, and fills in by blending. Throws AppError `model/unsupported` for a folder without a checkpoint.
 */
export function rolesOfCheckpoint(folder: string): readonly ModelRole[] {
  if (hasJson(path.join(folder, 'model_index.json'))) return isInpainting(folder) ? ['inpaint'] : ['t2i']
  if (Object.keys(diffRirFiles(folder)).length > 0) return ['restore']
  if (existsSync(path.join(folder, 'config.json'))) return isSafetyChecker(folder) ? ['safety'] : ['mllm']
  throw unsupported(folder, 'no checkpoint')
}

/** LLMGA's own settings: temperature 0.2, 512 new tokens, and wordings of its prompt_temp.py. */
function describeLlava({ folder, name }: LocatedCheckpoint, places: ModelPlaces): ResolvedModels['mllm'] {
  const config = readJson(path.join(folder, 'config.json'))
  const type = String(config['model_type'])
  if (!type.toLowerCase().startsWith('llava'))
    throw unsupported(folder, `model_type ${type}`, 'this role needs a LLaVA checkpoint')
  const tower = config['mm_vision_tower']
  // transformers' layout keeps the tower in the checkpoint; its chat template is that of the same LLaVA.
  const parts: Record<string, string> =
    typeof tower === 'string' ? { 'vision-tower': findTower(folder, tower, places) } : {}
  return {
    role: 'mllm',
    family: 'llava',
    name,
    folder,
    parts,
    files: [folder, ...Object.values(parts)].flatMap(weightFiles),
    template: templateForModelName(name),
    imageMode: imageModeOf(config['image_aspect_ratio']),
    sampling: { temperature: 0.2, maxNewTokens: 512 },
    wordings: wordingsSchema.parse({
      refine: 'Generate an image based on given keywords. {wish}',
      similar: 'Generate a similar image.',
      describe: 'Describe the image.',
    }),
  }
}

const drawingPipelines = [
  'StableDiffusionPipeline',
  'StableDiffusionInpaintPipeline',
  'StableDiffusionXLPipeline',
  'StableDiffusionXLInpaintPipeline',
]

const isInpainting = (folder: string): boolean =>
  readJson(path.join(folder, 'unet', 'config.json'))['in_channels'] === 9

/** Diffusers' defaults for text to image: 50 steps, guidance 7.5 (SDXL 5), the checkpoint's own sampler and size. */
function describeStableDiffusion(
  role: 't2i' | 'inpaint',
  { folder, name }: LocatedCheckpoint,
  places: ModelPlaces,
): ResolvedModels['t2i' | 'inpaint'] {
  const pipeline = String(readJson(path.join(folder, 'model_index.json'))['_class_name'])
  if (!drawingPipelines.includes(pipeline))
    throw unsupported(folder, pipeline, `this role needs one of ${drawingPipelines.join(', ')}`)
  if (role === 't2i' && isInpainting(folder))
    throw unsupported(folder, 'a UNet of 9 channels', 'it only fills in: choose it as LLMGA_INPAINT')
  const isSingle = isSingleFile(folder)
  const scheduler = readJson(path.join(folder, 'scheduler', 'scheduler_config.json'))
  const unet = readJson(path.join(folder, 'unet', 'config.json'))
  const vae = readJson(path.join(folder, 'vae', 'config.json'))
  const scale = 2 ** (((vae['block_out_channels'] as unknown[] | undefined)?.length ?? 4) - 1)
  const size = Number(unet['sample_size'] ?? 64) * scale
  return {
    role,
    family: 'stable-diffusion',
    name,
    folder,
    parts: isSingle ? tokenizersOf(folder, places) : {},
    files: isSingle
      ? [{ file: folder }]
      : ['text_encoder', 'text_encoder_2', 'unet', 'vae'].flatMap((part) => weightFiles(path.join(folder, part))),
    defaults: {
      sampler: samplerOf(scheduler),
      steps: 50,
      guidanceScale: pipeline.includes('XL') ? 5 : 7.5,
      width: size,
      height: size,
    },
    scheduler: {},
    adapters: adaptersBeside(isSingle ? path.dirname(folder) : folder, places.modelsDir),
  }
}

/** Repositories whose CLIP vocabulary every Stable Diffusion model has, with the folder that it lies in. */
const vocabularies = [
  ['openai/clip-vit-large-patch14-336', ''],
  ['openai/clip-vit-large-patch14', ''],
  ['stable-diffusion-v1-5/stable-diffusion-v1-5', 'tokenizer'],
  ['stabilityai/stable-diffusion-xl-base-1.0', 'tokenizer'],
  ['binxia/llmga-sd15-t2i-v2', 'tokenizer'],
  ['binxia/llmga-sdxl-t2i', 'tokenizer'],
] as const

/** A single file holds no words: the tokenizer lies beside it, in the models folder, or with another downloaded model. */
function tokenizersOf(file: string, { modelsDir, hubCache }: ModelPlaces): Readonly<Record<string, string>> {
  const downloaded = vocabularies.flatMap(([repository, part]) => {
    const snapshot = hubCache && cachedSnapshot(hubCache, { repository, revision: 'main' })
    return snapshot ? [path.join(snapshot, part)] : []
  })
  const bases = [path.dirname(file), ...(modelsDir === undefined ? [] : [modelsDir])]
  const candidates = [...bases.map((base) => path.join(base, 'tokenizer')), ...downloaded]
  const found = candidates.find((folder) =>
    ['vocab.json', 'tokenizer.json'].some((name) => existsSync(path.join(folder, name))),
  )
  if (found !== undefined) return { tokenizer: found, tokenizer_2: found }
  throw new AppError('weights/missing', {
    message: `${file} holds no tokenizer, and there is none beside it`,
    hint: 'Run "llmga models pull clip-vit-large-patch14-336", which brings one, or put a tokenizer folder beside the file.',
    details: { file },
  })
}

/** Checkpoints of DiffRIR, one a scale. */
function describeDiffRir({ folder, name }: LocatedCheckpoint): ResolvedModels['restore'] {
  const scales = diffRirFiles(folder)
  if (Object.keys(scales).length === 0)
    throw unsupported(folder, 'no DiffRIR checkpoint', 'this role needs .pth files of DiffRIR')
  const files = Object.values(scales).map((file) => ({ file: path.join(folder, file) }))
  return { role: 'restore', family: 'diffrir', name, folder, parts: {}, files, scales }
}

const safetyClass = 'StableDiffusionSafetyChecker'

const isSafetyChecker = (folder: string): boolean => {
  const { architectures } = readJson(path.join(folder, 'config.json'))
  return Array.isArray(architectures) && architectures.includes(safetyClass)
}

/** The checker's own folder, or that of a pipeline which has one inside. */
function describeSafetyChecker({ folder, name }: LocatedCheckpoint): ResolvedModels['safety'] {
  const inside = path.join(folder, 'safety_checker')
  const own = existsSync(path.join(inside, 'config.json')) ? inside : folder
  if (!isSafetyChecker(own)) throw unsupported(folder, 'another model', `this role needs a ${safetyClass}`)
  return { role: 'safety', family: 'safety-checker', name, folder: own, parts: {}, files: weightFiles(own) }
}

/** By the files' names (`DiffRIR-x2.pth`); a name that does not say the scale (`net_g_latest.pth`) is opened. */
function diffRirFiles(folder: string): ResolvedModels['restore']['scales'] {
  if (!statSync(folder).isDirectory()) return {}
  const scales: { -readonly [Scale in RestoreScale]?: string } = {}
  const names = readdirSync(folder).filter((name) => name.endsWith('.pth'))
  for (const name of names.sort()) {
    const scale = /x([124])(?!\d)/i.exec(name)?.[1] ?? scaleInside(path.join(folder, name))
    if (scale !== undefined) scales[Number(scale) as RestoreScale] ??= name
  }
  return scales
}

function scaleInside(file: string): RestoreScale | undefined {
  try {
    return diffRirScale(file)
  } catch {
    return undefined // some other checkpoint that lies there
  }
}

function readJson(file: string): Json {
  const inside = singleFileJson(file)
  if (inside) return inside
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

const unsupported = (folder: string, found: string, remark?: string) =>
  new AppError('model/unsupported', {
    message: `${folder} holds ${found}${remark === undefined ? '' : `; ${remark}`}`,
    hint: 'Name another folder or a preset ("llmga models list").',
  })

/** The tower beside or inside the checkpoint, in the models folder under its full or its last name, or downloaded. */
function findTower(folder: string, tower: string, { modelsDir, hubCache }: ModelPlaces): string {
  const bases = [folder, path.dirname(folder), ...(modelsDir === undefined ? [] : [modelsDir])]
  const candidates = bases.flatMap((base) => [path.resolve(base, tower), path.resolve(base, path.basename(tower))])
  const found = candidates.find((candidate) => existsSync(path.join(candidate, 'config.json')))
  if (found !== undefined) return found
  const isRepository = /^[\w.-]+\/[\w.-]+$/.test(tower) && hubCache !== undefined
  const snapshot = isRepository ? cachedSnapshot(hubCache, { repository: tower, revision: 'main' }) : undefined
  if (snapshot !== undefined) return snapshot
  throw new AppError('weights/missing', {
    message: `${folder}: its vision tower "${tower}" is in none of ${bases.join(', ')}`,
    hint: `Run "llmga models pull clip-vit-large-patch14-336" if it is that one, or put the folder of ${tower} into LLMGA_MODELS_DIR.`,
    details: { tower },
  })
}

/** `resizesquare` is LLMGA's name for what its programs do: stretch. Without a word LLaVA crops at the centre. */
function imageModeOf(aspectRatio: unknown): ImageMode {
  if (aspectRatio === 'pad') return 'pad'
  return aspectRatio === 'resizesquare' ? 'stretch' : 'crop'
}

const samplerByClass: Readonly<Partial<Record<SchedulerClass, SamplerName>>> = {
  DDIMScheduler: 'ddim',
  DDPMScheduler: 'ddpm',
  PNDMScheduler: 'pndm',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'euler-a',
  DPMSolverMultistepScheduler: 'dpmpp-2m',
  UniPCMultistepScheduler: 'unipc',
  LCMScheduler: 'lcm',
  TCDScheduler: 'tcd',
}

/** The name of a scheduler_config.json's sampler; PNDM, Stable Diffusion's first, where it has none. */
function samplerOf(scheduler: Json): SamplerName {
  const sampler = samplerByClass[scheduler['_class_name'] as SchedulerClass] ?? 'pndm'
  const karras = scheduler['use_karras_sigmas'] === true
  if (sampler === 'euler') return karras ? 'euler-karras' : 'euler'
  if (sampler !== 'dpmpp-2m') return sampler
  const stochastic = scheduler['algorithm_type'] === 'sde-dpmsolver++'
  return `dpmpp-2m${stochastic ? '-sde' : ''}${karras ? '-karras' : ''}`
}

function weightFiles(folder: string): ModelFile[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder)
  const safe = names.filter((name) => name.endsWith('.safetensors'))
  const torch = names.filter((name) => /^(pytorch_model|diffusion_pytorch_model).*\.bin$/.test(name))
  return (safe.length > 0 ? safe : torch).sort().map((name) => ({ file: path.join(folder, name) }))
}
