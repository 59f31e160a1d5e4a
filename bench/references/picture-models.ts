/** Folders of picture networks with random weights; names and shapes come from diffusers and transformers themselves. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import type { Layout } from '../layouts/unet.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'
import { modelFolder, once, pythonEngine, type Settings } from './case.ts'

export interface PictureModel {
  /** Folder below `models`; the number of layers is added where it was changed. */
  readonly name: string
  readonly file: string
  /** config.json. */
  readonly config: (settings: Settings) => object
  /** Modules as torch_engine.py calls them, with what stands before their names in the file. */
  readonly modules: readonly (readonly [module: string, prefix: string])[]
}

const sd15 = { _class_name: 'UNet2DConditionModel', cross_attention_dim: 768, sample_size: 64 }

const sdxl = {
  _class_name: 'UNet2DConditionModel',
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 256,
  attention_head_dim: [5, 10, 20],
  block_out_channels: [320, 640, 1280],
  cross_attention_dim: 2048,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  projection_class_embeddings_input_dim: 2816,
  sample_size: 128,
  transformer_layers_per_block: [1, 2, 10],
  use_linear_projection: true,
}

const vae = {
  _class_name: 'AutoencoderKL',
  down_block_types: Array.from({ length: 4 }, () => 'DownEncoderBlock2D'),
  up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  latent_channels: 4,
  sample_size: 512,
}

export const towerConfig = ({ layers = 24 }: Settings) => ({
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: layers,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
  projection_dim: 768,
})

const diffusers = 'diffusion_pytorch_model.safetensors'

export const pictureModels = {
  sd15Unet: { name: 'sd15-unet', file: diffusers, config: () => sd15, modules: [['unet', '']] },
  sdxlUnet: { name: 'sdxl-unet', file: diffusers, config: () => sdxl, modules: [['unet', '']] },
  vae: { name: 'sd-vae', file: diffusers, config: () => vae, modules: [['vae', '']] },
  text: {
    name: 'sd15-text',
    file: 'model.safetensors',
    config: () => ({ hidden_size: 768, intermediate_size: 3072, projection_dim: 768, vocab_size: 49408 }),
    modules: [['text', 'text_model.']],
  },
  vision: {
    name: 'llava-vision',
    file: 'model.safetensors',
    config: (settings: Settings) => ({ vision_config: towerConfig(settings), text_config: { hidden_size: 4096 } }),
    modules: [
      ['tower', 'vision_tower.vision_model.'],
      ['projector', 'multi_modal_projector.'],
    ],
  },
} as const satisfies Record<string, PictureModel>

export const pictureName = ({ name }: PictureModel, { layers }: Settings): string =>
  layers === undefined ? name : `${name}-${layers}-layers`

export const pictureFolder = (model: PictureModel, settings: Settings): string =>
  modelFolder(settings, pictureName(model, settings))

/** Writes config.json and the checkpoint unless they are there. */
export function makePictureModel(model: PictureModel, settings: Settings): void {
  const folder = pictureFolder(model, settings)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(model.config(settings)))
  once(path.join(folder, model.file), (file) => {
    const layout = model.modules.flatMap(([module, prefix]) =>
      layoutOf(module, folder, settings).map(([name, shape]): Layout[number] => [`${prefix}${name}`, shape]),
    )
    writeRandomCheckpoint(file, layout)
  })
}

function layoutOf(module: string, folder: string, settings: Settings): Layout {
  const job = { task: 'layout', model: module, folder }
  const [program, ...args] = pythonEngine(settings, module, 'torch_engine.py', job).command
  const { stdout, status } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0)
    throw new Error(`the layout of ${module} cannot be read: is set-up done (bench/references/setup.sh)?`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Layout
}
