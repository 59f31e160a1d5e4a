import type { Runtime } from '../../runtime/runtime.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { openWeightFolder } from '../../weights/weights.ts'
import { readDecoderConfig } from '../decoder/decoder-config.ts'
import { loadDecoder } from '../decoder/decoder.ts'
import { createLanguageModel, type LanguageModel } from '../decoder/language-model.ts'
import { readLlavaConfig } from './llava-config.ts'
import { loadLlavaVision, type ImageMode, type LlavaVision } from './vision.ts'

export interface LlavaOptions {
  /** Folder of the CLIP checkpoint that the config's `mm_vision_tower` names. */
  readonly visionTower: string
  readonly imageMode: ImageMode
  /** Bytes of keys and values that are kept for conversations to go on from; default: no limit. */
  readonly keptBytes?: number | undefined
}

/** A language model in the layout of LLaVA or of transformers' Llama, which has no vision. */
export type Llava = LanguageModel<LlavaVision>

/**
 * Loads a checkpoint in the original LLaVA / LLMGA layout (https://github.com/haotian-liu/LLaVA), or a text-only Llama.
 * Throws AppError `weights/…` naming file or tensor, or `model/unsupported` naming what there is no code for.
 */
export async function loadLlava(folder: string, runtime: Runtime, options: LlavaOptions): Promise<Llava> {
  const config = readDecoderConfig(folder)
  const llava = readLlavaConfig(folder)
  const map = openWeightFolder(folder, 'model')
  const tokenizer = loadTokenizer(folder)
  const sees = typeof llava.mm_vision_tower === 'string'
  const vision = sees ? await loadLlavaVision(map, llava, options.visionTower, options.imageMode, runtime) : undefined
  return createLanguageModel(tokenizer, await loadDecoder(map, config, runtime), vision, options.keptBytes)
}
