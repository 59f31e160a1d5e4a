import type { Precision } from '../../contract/precision.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { openWeightFolder } from '../../weights/weights.ts'
import { readDecoderConfig } from '../decoder/decoder-config.ts'
import { inPrecision } from '../decoder/decoder-precision.ts'
import { loadDecoder } from '../decoder/decoder.ts'
import { createLanguageModel, type LanguageModel } from '../decoder/language-model.ts'
import { hfVisionPlan, isHfLayout, renameHfWeights } from './hf-layout.ts'
import { readLlavaConfig } from './llava-config.ts'
import { originalVisionPlan } from './original-layout.ts'
import { loadLlavaVision, type ImageMode, type LlavaVision } from './vision.ts'

export interface LlavaOptions {
  /** Folder of the CLIP checkpoint that the config's `mm_vision_tower` names; unused where it lies in the checkpoint. */
  readonly visionTower: string
  readonly imageMode: ImageMode
  /** Bytes of keys and values that are kept for conversations to go on from; default: no limit. */
  readonly keptBytes?: number | undefined
  /** Of the decoder's weights; default fp32. The tower and the projector, which run once a picture, are not quantised. */
  readonly precision?: Precision | undefined
}

/** A language model that sees, or one without vision. */
export type Llava = LanguageModel<LlavaVision>

/**
 * Loads a checkpoint in the original LLaVA / LLMGA layout (https://github.com/haotian-liu/LLaVA), in that of
 * transformers' LlavaForConditionalGeneration, or a language model without vision, of any family in decoder-families.ts.
 * Throws AppError `weights/…` naming file or tensor, or `model/unsupported` naming what there is no code for.
 */
export async function loadLlava(folder: string, runtime: Runtime, options: LlavaOptions): Promise<Llava> {
  const config = readDecoderConfig(folder)
  const tokenizer = loadTokenizer(folder)
  const { map, plan } = isHfLayout(folder) ? hfParts(folder, tokenizer) : originalParts(folder, options.visionTower)
  const vision = plan && (await loadLlavaVision(plan, options.imageMode, runtime))
  const weights = await inPrecision(map, config, options.precision ?? 'fp32', runtime)
  const decoder = await loadDecoder(weights.map, config, weights.runtime)
  return createLanguageModel(tokenizer, decoder, vision, options.keptBytes)
}

function hfParts(folder: string, tokenizer: Tokenizer) {
  const map = renameHfWeights(openWeightFolder(folder, 'model'))
  return { map, plan: hfVisionPlan(map, folder, tokenizer) }
}

function originalParts(folder: string, visionTower: string) {
  const config = readLlavaConfig(folder)
  const map = openWeightFolder(folder, 'model')
  const sees = typeof config.mm_vision_tower === 'string'
  return { map, plan: sees ? originalVisionPlan(map, config, visionTower) : undefined }
}
