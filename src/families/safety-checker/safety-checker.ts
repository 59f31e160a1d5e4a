import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../../contract/errors.ts'
import { Graph, type Value } from '../../graph/graph.ts'
import { layerNorm, linear } from '../../graph/modules.ts'
import { divide, matmul, multiply, reduceMean, reshape, scale, slice, sqrt, transpose } from '../../graph/ops.ts'
import { clipPreprocess, readClipPreprocessor } from '../../image/clip-preprocess.ts'
import type { RgbImage } from '../../image/rgb-image.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { readJson } from '../../weights/config-file.ts'
import { readWeight } from '../../weights/safetensors.ts'
import { openWeightFolder, Weights, type WeightMap } from '../../weights/weights.ts'
import { clipVisionStates, findVisionModule, pixelInput } from '../clip/vision-tower.ts'
import { readSafetyCheckerConfig, type SafetyCheckerConfig } from './safety-checker-config.ts'
import { judgeCosines, type SafetyCosines, type SafetyVerdict } from './safety-scores.ts'

/** What the network says about [b, 3, s, s] pixels. */
export interface SafetyFeatures {
  /** [b, p] the picture in the space of the concepts, not normalised. */
  readonly imageEmbeds: FloatTensor
  /** [b, concepts] and [b, special-care concepts], cosines. */
  readonly conceptCosines: FloatTensor
  readonly specialCareCosines: FloatTensor
}

/** Stable Diffusion's safety checker (diffusers' StableDiffusionSafetyChecker). */
export interface SafetyNetwork {
  readonly config: SafetyCheckerConfig
  /** A picture as the tower takes it, [1, 3, s, s] normalised: its middle when it is not square. */
  preprocess(image: RgbImage): FloatTensor
  encode(pixels: FloatTensor): Promise<SafetyFeatures>
  /** The decision about each of the pictures. Throws AppError `inference/failed` where there are no numbers to judge. */
  judge(features: SafetyFeatures): readonly SafetyVerdict[]
  release(): Promise<void>
}

/**
 * Loads a safety checker's folder. `featureExtractor` is the folder with its preprocessor_config.json; default: the
 * checker's own or, in a pipeline's folder, the one beside it; without any, CLIP's settings at the tower's size.
 * Throws AppError `weights/*`, `model/unsupported`.
 */
export async function loadSafetyNetwork(
  folder: string,
  runtime: Runtime,
  featureExtractor?: string,
): Promise<SafetyNetwork> {
  const config = readSafetyCheckerConfig(folder)
  const map = openWeightFolder(folder, 'model')
  const settings = preprocessorOf(folder, featureExtractor, config)
  const thresholds = thresholdsOf(map)
  const session = await runtime.load(safetyGraph(map, config))
  return {
    config,
    preprocess(image) {
      const { data, shape } = clipPreprocess(image, settings, 'crop')
      return float32(data, [1, ...shape])
    },
    async encode(pixels) {
      const outputs = (await session.run({ pixels })) as Record<string, FloatTensor>
      return {
        imageEmbeds: outputs['image_embeds']!,
        conceptCosines: outputs['concept_cosines']!,
        specialCareCosines: outputs['special_care_cosines']!,
      }
    },
    judge: (features) => verdicts(features, thresholds),
    release: () => session.release(),
  }
}

type Thresholds = Pick<SafetyCosines, 'conceptThresholds' | 'specialCareThresholds'>

function verdicts({ conceptCosines, specialCareCosines }: SafetyFeatures, thresholds: Thresholds) {
  if ([...conceptCosines.data, ...specialCareCosines.data].some(Number.isNaN))
    throw new AppError('inference/failed', {
      message: 'the safety checker could not judge the picture: its numbers are no numbers',
      hint: 'Check the files of the safety model with "llmga models verify", or choose another device.',
    })
  return Array.from({ length: conceptCosines.shape[0]! }, (_, row) =>
    judgeCosines({ concepts: rowOf(conceptCosines, row), specialCare: rowOf(specialCareCosines, row), ...thresholds }),
  )
}

const rowOf = ({ data, shape }: FloatTensor, row: number): Float32Array =>
  data.subarray(row * shape[1]!, (row + 1) * shape[1]!)

/** The thresholds, which the checkpoint calls weights; one for each row of the embeddings. */
function thresholdsOf(map: WeightMap): Thresholds {
  const w = new Weights(map)
  const read = (name: string): Float32Array => {
    const rows = w.entry(name).shape[0]!
    return Float32Array.from(readWeight(w.shaped(`${name}_weights`, [rows])).data, Number)
  }
  return { conceptThresholds: read('concept_embeds'), specialCareThresholds: read('special_care_embeds') }
}

function preprocessorOf(folder: string, given: string | undefined, { vision_config }: SafetyCheckerConfig) {
  const folders = given === undefined ? [folder, path.join(path.dirname(folder), 'feature_extractor')] : [given]
  const files = folders.map((one) => path.join(one, 'preprocessor_config.json'))
  const file = given === undefined ? files.find((one) => existsSync(one)) : files[0]
  const size = vision_config.image_size
  return readClipPreprocessor(file === undefined ? { size, crop_size: size } : readJson(file))
}

/**
 * The vision tower, its projection, and the cosines with both tables. Input: pixels [b, c, s, s]. Outputs: image_embeds
 * [b, p], concept_cosines [b, n], special_care_cosines [b, m].
 * Weights: vision_model.vision_model (or any prefix), visual_projection, concept_embeds, special_care_embeds.
 */
export function safetyGraph(
  map: WeightMap,
  { vision_config: tower, projection_dim: width }: SafetyCheckerConfig,
): Graph {
  const g = new Graph('safety checker')
  const w = findVisionModule(map)
  const last = clipVisionStates(g, pixelInput(g, tower), w, tower, tower.num_hidden_layers).at(-1)!
  const classToken = reshape(g, slice(g, last, 1, 0, 1), [-1, tower.hidden_size], ['batch', tower.hidden_size])
  const pooled = layerNorm(g, classToken, w.at('post_layernorm'), tower.layer_norm_eps)
  const all = new Weights(map)
  const embeds = linear(g, pooled, all.at('visual_projection'))
  const table = (name: string) => g.weight(all.shaped(name, [all.entry(name).shape[0]!, width]))
  g.output('image_embeds', embeds)
  g.output('concept_cosines', cosines(g, embeds, table('concept_embeds'), width))
  g.output('special_care_cosines', cosines(g, embeds, table('special_care_embeds'), width))
  return g
}

/** Cosines of rows a [b, p] with rows b [n, p] -> [b, n]. */
const cosines = (g: Graph, a: Value, b: Value, width: number): Value =>
  matmul(g, normalised(g, a, width), transpose(g, normalised(g, b, width), [1, 0]))

/** Rows [n, p] of length 1. */
const normalised = (g: Graph, x: Value, width: number): Value =>
  divide(g, x, sqrt(g, scale(g, reduceMean(g, multiply(g, x, x), [-1]), width)))
