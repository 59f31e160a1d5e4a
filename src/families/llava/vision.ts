import path from 'node:path'
import { AppError } from '../../contract/errors.ts'
import { Graph, type Value } from '../../graph/graph.ts'
import { linear } from '../../graph/modules.ts'
import { gelu, slice } from '../../graph/ops.ts'
import { clipPreprocess, readClipPreprocessor, type ClipPreprocessMode } from '../../image/clip-preprocess.ts'
import type { RgbImage } from '../../image/rgb-image.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { FloatTensor } from '../../tensor/tensor.ts'
import { readJson } from '../../weights/config-file.ts'
import { openWeightFolder, Weights, type WeightMap } from '../../weights/weights.ts'
import { readClipVisionConfig, type ClipVisionConfig } from '../clip/clip-config.ts'
import { clipVisionStates, findVisionModule, pixelInput } from '../clip/vision-tower.ts'
import type { LanguageModelVision } from '../decoder/language-model.ts'
import type { LlavaConfig } from './llava-config.ts'

/** How a picture becomes a square: padded with the CLIP mean colour, stretched, or cropped in the middle. */
export type ImageMode = 'pad' | 'stretch' | 'crop'

const preprocessMode: Readonly<Record<ImageMode, ClipPreprocessMode>> = {
  pad: 'pad',
  stretch: 'llmga_stretch',
  crop: 'crop',
}

export interface LlavaVision extends LanguageModelVision {
  /** A picture as the tower takes it: float32 [1, 3, s, s]. */
  preprocess(image: RgbImage): FloatTensor
  /** The tower's chosen state [b, n, tower width] and its projection [b, n, decoder width]. */
  encodePixels(pixels: FloatTensor): Promise<{ readonly features: FloatTensor; readonly projected: FloatTensor }>
}

/**
 * Loads tower and projector as one graph. `map` is the language model's checkpoint, `towerFolder` the CLIP checkpoint
 * that its config names.
 */
export async function loadLlavaVision(
  map: WeightMap,
  config: LlavaConfig,
  towerFolder: string,
  imageMode: ImageMode,
  runtime: Runtime,
): Promise<LlavaVision> {
  const tower = readClipVisionConfig(towerFolder)
  const settings = readClipPreprocessor(readJson(path.join(towerFolder, 'preprocessor_config.json')))
  const session = await runtime.load(llavaVisionGraph(map, config, towerWeights(map, config, towerFolder), tower))
  const preprocess = (image: RgbImage): FloatTensor => {
    const pixels = clipPreprocess(image, settings, preprocessMode[imageMode])
    return { ...pixels, shape: [1, ...pixels.shape] }
  }
  const encodePixels = async (pixels: FloatTensor) => {
    const { features, projected } = (await session.run({ pixels })) as Record<string, FloatTensor>
    return { features: features!, projected: projected! }
  }
  return {
    rowsPerImage: Math.floor(tower.image_size / tower.patch_size) ** 2 + (keepsClassToken(config) ? 1 : 0),
    preprocess,
    encodePixels,
    encode: async (image) => (await encodePixels(preprocess(image))).projected.data,
    release: () => session.release(),
  }
}

const keepsClassToken = (config: LlavaConfig): boolean => config.mm_vision_select_feature === 'cls_patch'

/** Where a trained tower lies in the language model's checkpoint. */
const trainedTower = 'model.vision_tower.'

/** The tower's weights: its own folder's, unless the checkpoint says that it trained them and holds them. */
function towerWeights(map: WeightMap, config: LlavaConfig, towerFolder: string): Weights {
  const trained = new Map([...map].filter(([name]) => name.startsWith(trainedTower)))
  if (config.unfreeze_mm_vision_tower === true && trained.size > 0) return findVisionModule(trained)
  return findVisionModule(openWeightFolder(towerFolder, 'model'))
}

/** Input: pixels [b, 3, s, s]. Outputs: features [b, n, tower width], projected [b, n, decoder width]. */
function llavaVisionGraph(map: WeightMap, config: LlavaConfig, w: Weights, tower: ClipVisionConfig): Graph {
  const g = new Graph('LLaVA vision')
  const states = clipVisionStates(g, pixelInput(g, tower), w, tower, selectedState(config, tower))
  const chosen = states.at(-1)!
  const rows = chosen.shape[1] as number
  const features = keepsClassToken(config) ? chosen : slice(g, chosen, 1, 1, rows)
  g.output('features', features)
  g.output('projected', projector(g, features, new Weights(map).at('model.mm_projector'), config))
  return g
}

/** Number of layers before the state that `mm_vision_select_layer` means; later layers are not computed. */
function selectedState(
  { mm_vision_select_layer: layer }: LlavaConfig,
  { num_hidden_layers: layers }: ClipVisionConfig,
) {
  const state = layer < 0 ? layers + 1 + layer : layer
  if (state >= 0 && state <= layers) return state
  throw new AppError('model/unsupported', {
    message: `mm_vision_select_layer ${layer}: the vision tower has ${layers} layers`,
    hint: 'The vision tower does not belong to this checkpoint.',
  })
}

/** LLaVA's projector: linear layers with GELU between them. Weights: weight, or 0, 2, 4, ... of the Sequential. */
function projector(g: Graph, x: Value, w: Weights, { mm_projector_type: type }: LlavaConfig): Value {
  if (type === 'identity') return x
  if (type === 'linear') return linear(g, x, w)
  const depth = Number(/\d+/.exec(type)![0])
  let projected = linear(g, x, w.at('0'))
  for (let layer = 1; layer < depth; layer++) projected = linear(g, gelu(g, projected), w.at(String(2 * layer)))
  return projected
}
