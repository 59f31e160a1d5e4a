import path from 'node:path'
import { readClipPreprocessor } from '../../image/clip-preprocess.ts'
import { readJson } from '../../weights/config-file.ts'
import { openWeightFolder, Weights, type WeightMap } from '../../weights/weights.ts'
import { readClipVisionConfig } from '../clip/clip-config.ts'
import { findVisionModule } from '../clip/vision-tower.ts'
import type { LlavaConfig } from './llava-config.ts'
import { selectedState, type VisionPlan } from './vision-plan.ts'

/**
 * How a checkpoint in the layout of haotian-liu/LLaVA sees. `map` is the language model's checkpoint, `towerFolder` the
 * CLIP checkpoint that its config names.
 */
export function originalVisionPlan(map: WeightMap, config: LlavaConfig, towerFolder: string): VisionPlan {
  const tower = readClipVisionConfig(towerFolder)
  return {
    tower,
    towerWeights: towerWeights(map, config, towerFolder),
    preprocessor: readClipPreprocessor(readJson(path.join(towerFolder, 'preprocessor_config.json'))),
    states: [selectedState('mm_vision_select_layer', config.mm_vision_select_layer, tower)],
    keepsClassToken: config.mm_vision_select_feature === 'cls_patch',
    projector: projectorLayers(new Weights(map).at('model.mm_projector'), config),
    projectorActivation: 'gelu',
  }
}

/** Where a trained tower lies in the language model's checkpoint. */
const trainedTower = 'model.vision_tower.'

/** The tower's weights: its own folder's, unless the checkpoint says that it trained them and holds them. */
function towerWeights(map: WeightMap, config: LlavaConfig, towerFolder: string): Weights {
  const trained = new Map([...map].filter(([name]) => name.startsWith(trainedTower)))
  if (config.unfreeze_mm_vision_tower === true && trained.size > 0) return findVisionModule(trained)
  return findVisionModule(openWeightFolder(towerFolder, 'model'))
}

/** The linear layers: the module itself, or 0, 2, 4, ... of a Sequential with activations between them. */
function projectorLayers(w: Weights, { mm_projector_type: type }: LlavaConfig): Weights[] {
  if (type === 'identity') return []
  if (type === 'linear') return [w]
  const depth = Number(/\d+/.exec(type)![0])
  return Array.from({ length: depth }, (_, layer) => w.at(String(2 * layer)))
}
