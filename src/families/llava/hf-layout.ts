import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { AppError } from '../../contract/errors.ts'
import { activations } from '../../graph/ops.ts'
import { readClipPreprocessor, type ClipPreprocessor } from '../../image/clip-preprocess.ts'
import { imageToken } from '../../tokenizers/image-token.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { readConfig, readJson } from '../../weights/config-file.ts'
import { renameWeights, Weights, type RenameRules, type WeightMap } from '../../weights/weights.ts'
import { clipVisionConfigSchema } from '../clip/clip-config.ts'
import { findVisionModule } from '../clip/vision-tower.ts'
import { selectedState, type VisionPlan } from './vision-plan.ts'

/** LlavaConfig's tower where the file has none: CLIP ViT-L/14 of 336 pixels. */
const defaultTower = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
}

/** config.json of transformers' LlavaForConditionalGeneration, with LlavaConfig's defaults. */
const hfConfigSchema = z.object({
  vision_config: clipVisionConfigSchema.default(() => clipVisionConfigSchema.parse(defaultTower)),
  image_token_index: z.number().int().nullish(),
  /** What newer files call it. */
  image_token_id: z.number().int().nullish(),
  projector_hidden_act: z
    .string()
    .refine((name) => Object.hasOwn(activations, name), { error: 'unknown activation' })
    .default('gelu'),
  vision_feature_layer: z.union([z.number().int(), z.array(z.number().int()).min(1)]).default(-2),
  vision_feature_select_strategy: z.enum(['default', 'full']).default('default'),
  multimodal_projector_bias: z.boolean().default(true),
})

/** Whether a folder's config.json is one of several parts: LlavaForConditionalGeneration. */
export function isHfLayout(folder: string): boolean {
  const config = readJson(path.join(folder, 'config.json')) as Record<string, unknown> | null
  return config?.['model_type'] === 'llava' && ('text_config' in config || 'vision_config' in config)
}

/** Files of before transformers 4.52, of after it, and the decoder's own names. */
const nameRules: RenameRules = [
  [/^(model\.)?language_model\.lm_head\./, 'lm_head.'],
  [/^(language_model\.model|model\.language_model(\.model)?)\./, 'model.'],
  [/^model\.(multi_modal_projector|vision_tower)\./, '$1.'],
]

/** The checkpoint's tensors with the decoder's as LlamaForCausalLM names them. */
export const renameHfWeights = (map: WeightMap): WeightMap => renameWeights(map, nameRules)

/**
 * How a checkpoint in the layout of transformers sees; everything lies in its one folder. `map` are its tensors as
 * renameHfWeights names them. Throws AppError `weights/…` or `model/unsupported` naming what does not fit.
 */
export function hfVisionPlan(map: WeightMap, folder: string, tokenizer: Tokenizer): VisionPlan {
  const config = readConfig(path.join(folder, 'config.json'), hfConfigSchema)
  checkImageToken(config.image_token_index ?? config.image_token_id ?? 32_000, folder, tokenizer)
  const { vision_config: tower, vision_feature_layer: layers } = config
  const projector = ['linear_1', 'linear_2'].map((name) => new Weights(map).at(`multi_modal_projector.${name}`))
  if (config.multimodal_projector_bias) projector.forEach((layer) => layer.entry('bias'))
  return {
    tower,
    towerWeights: findVisionModule(new Map([...map].filter(([name]) => name.startsWith('vision_tower.')))),
    preprocessor: readPreprocessor(folder),
    states: [layers].flat().map((layer) => selectedState('vision_feature_layer', layer, tower)),
    keepsClassToken: config.vision_feature_select_strategy === 'full',
    projector,
    projectorActivation: config.projector_hidden_act,
  }
}

/** Of its own file, or the part of the processor's that transformers 5 writes in its place. */
function readPreprocessor(folder: string): ClipPreprocessor {
  const own = path.join(folder, 'preprocessor_config.json')
  const processor = path.join(folder, 'processor_config.json')
  if (existsSync(own) || !existsSync(processor)) return readClipPreprocessor(readJson(own))
  return readClipPreprocessor((readJson(processor) as { image_processor?: unknown } | null)?.image_processor)
}

/** Prompts show a picture by the tokenizer's `<image>`: it has to be the id that the config means. */
function checkImageToken(id: number, folder: string, tokenizer: Tokenizer): void {
  if (tokenizer.tokenId(imageToken) === id) return
  throw new AppError('model/unsupported', {
    message: `${folder}: config.json says that token ${id} stands for a picture; the tokenizer's is ${tokenizer.token(id) ?? 'none'}`,
    hint: 'The tokenizer does not belong to this checkpoint; fetch the model again.',
  })
}
