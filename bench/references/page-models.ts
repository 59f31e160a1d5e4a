/** A models folder with a LLaVA of 7 billion parameters and a Stable Diffusion of 1.5's sizes: random weights, links to one copy. */
import { copyFileSync, cpSync, existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { llamaLayout } from '../layouts/llama.ts'
import type { Layout } from '../layouts/unet.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'
import { modelFolder, once, type Settings } from './case.ts'
import { llama7b } from './llama-cases.ts'
import { makePictureModel, pictureFolder, pictureModels, towerConfig, type PictureModel } from './picture-models.ts'

const tiny = fileURLToPath(new URL('../../models/llmga-tiny', import.meta.url))
const width = llama7b.hidden_size
const towerWidth = 1024
/** Name of the preset that is written. */
export const pagePreset = 'random-7b'

export interface PageDefaults {
  readonly side: number
  readonly steps: number
  readonly maxNewTokens: number
}

/** Writes what is missing; gives the models folder. */
export function makePageModels(settings: Settings, defaults: PageDefaults): string {
  const folder = path.join(settings.folder, 'page')
  languageModel(path.join(folder, 'llava-7b'), settings)
  visionTower(path.join(folder, 'tower'), settings)
  stableDiffusion(path.join(folder, 'sd15'), settings)
  writeJson(path.join(folder, 'presets', `${pagePreset}.json`), presetOf(defaults))
  return folder
}

function languageModel(folder: string, settings: Settings): void {
  const source = path.join(modelFolder(settings, 'llama-7b'), 'model.safetensors')
  const layout = llamaLayout(llama7b)
  mkdirSync(path.dirname(source), { recursive: true })
  once(source, (file) => writeRandomCheckpoint(file, layout))
  link(source, path.join(folder, 'model-00001-of-00002.safetensors'))
  const projector = [
    ['model.mm_projector.0.weight', [width, towerWidth]],
    ['model.mm_projector.0.bias', [width]],
    ['model.mm_projector.2.weight', [width, width]],
    ['model.mm_projector.2.bias', [width]],
  ] satisfies Layout
  once(path.join(folder, 'model-00002-of-00002.safetensors'), (file) => writeRandomCheckpoint(file, projector))
  const inShard = (part: Layout, shard: number) =>
    part.map(([name]): [string, string] => [name, `model-0000${shard}-of-00002.safetensors`])
  const shards = Object.fromEntries<string>([...inShard(layout, 1), ...inShard(projector, 2)])
  writeJson(path.join(folder, 'model.safetensors.index.json'), { weight_map: shards })
  writeJson(path.join(folder, 'config.json'), {
    ...readJson(path.join(tiny, 'mllm/config.json')),
    ...llama7b,
    model_type: 'llava_llama',
    mm_hidden_size: towerWidth,
    mm_vision_tower: 'tower',
    max_position_embeddings: 4096,
    tokenizer_model_max_length: 4096,
  })
  for (const file of ['generation_config.json', 'special_tokens_map.json', 'tokenizer_config.json'])
    copyFileSync(path.join(tiny, 'mllm', file), path.join(folder, file))
  writeJson(path.join(folder, 'tokenizer.json'), wholeVocabulary(readJson(path.join(tiny, 'mllm/tokenizer.json'))))
}

interface Tokenizer {
  readonly model: { readonly vocab: Record<string, number> }
  readonly added_tokens: readonly { readonly id: number }[]
}

/** The tiny tokenizer with a made-up word for every other token, since random weights choose any of them. */
function wholeVocabulary(read: object): Tokenizer {
  const tokenizer = read as Tokenizer
  const taken = new Set([...Object.values(tokenizer.model.vocab), ...tokenizer.added_tokens.map(({ id }) => id)])
  const vocab = { ...tokenizer.model.vocab }
  for (let id = 0; id < llama7b.vocab_size; id++) if (!taken.has(id)) vocab[`Ġw${id}`] = id
  return { ...tokenizer, model: { ...tokenizer.model, vocab } }
}

const towerModel: PictureModel = {
  ...pictureModels.vision,
  name: 'clip-tower',
  modules: [['tower', 'vision_model.']],
}

function visionTower(folder: string, settings: Settings): void {
  makePictureModel(towerModel, settings)
  link(path.join(pictureFolder(towerModel, settings), towerModel.file), path.join(folder, 'model.safetensors'))
  const size = { shortest_edge: 336 }
  const preprocessor = readJson(path.join(tiny, 'mllm/vision-tower/preprocessor_config.json'))
  writeJson(path.join(folder, 'config.json'), {
    model_type: 'clip_vision_model',
    hidden_act: 'quick_gelu',
    ...towerConfig(settings),
  })
  writeJson(path.join(folder, 'preprocessor_config.json'), {
    ...preprocessor,
    size,
    crop_size: { height: 336, width: 336 },
  })
}

function stableDiffusion(folder: string, settings: Settings): void {
  mkdirSync(folder, { recursive: true })
  for (const part of ['model_index.json', 'scheduler', 'tokenizer'])
    cpSync(path.join(tiny, 'sd-t2i', part), path.join(folder, part), { recursive: true })
  const parts: Readonly<Record<string, PictureModel>> = {
    unet: pictureModels.sd15Unet,
    vae: pictureModels.vae,
    text_encoder: pictureModels.text,
  }
  for (const [part, model] of Object.entries(parts)) {
    makePictureModel(model, settings)
    const config = {
      ...readJson(path.join(tiny, 'sd-t2i', part, 'config.json')),
      ...sd15[part],
      ...model.config(settings),
    }
    writeJson(path.join(folder, part, 'config.json'), config)
    link(path.join(pictureFolder(model, settings), model.file), path.join(folder, part, model.file))
  }
}

/** What the published configs say and the tiny ones say otherwise. */
const sd15: Readonly<Record<string, object>> = {
  unet: {
    attention_head_dim: 8,
    block_out_channels: [320, 640, 1280, 1280],
    down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
    layers_per_block: 2,
    norm_num_groups: 32,
  },
  vae: { norm_num_groups: 32, scaling_factor: 0.18215 },
  text_encoder: { num_attention_heads: 12, num_hidden_layers: 12, eos_token_id: 2 },
}

const presetOf = ({ side, steps, maxNewTokens }: PageDefaults) => ({
  name: pagePreset,
  title: 'Random weights at real sizes',
  licence: 'none',
  source: 'bench/references/page-models.ts',
  roles: {
    mllm: {
      family: 'llava',
      folder: 'llava-7b',
      parts: { 'vision-tower': 'tower' },
      template: 'llava_v1',
      imageMode: 'stretch',
      sampling: { temperature: 0, maxNewTokens },
      wordings: {
        refine: 'Generate an image based on given keywords. {wish}',
        similar: 'Generate a similar image.',
        describe: 'Describe the image.',
      },
    },
    t2i: {
      family: 'stable-diffusion',
      folder: 'sd15',
      defaults: { sampler: 'ddim', steps, guidanceScale: 7, width: side, height: side },
    },
  },
})

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>

function writeJson(file: string, value: object): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(value))
}

function link(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true })
  if (!existsSync(to)) linkSync(from, to)
}
