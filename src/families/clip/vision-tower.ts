import { Graph, type Value } from '../../graph/graph.ts'
import { conv, flattenPixels, layerNorm, linear } from '../../graph/modules.ts'
import { add, concat, expand, reshape, shapeOf, slice } from '../../graph/ops.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { FloatTensor } from '../../tensor/tensor.ts'
import { openWeightFolder, Weights, type WeightMap } from '../../weights/weights.ts'
import { readClipVisionConfig, type ClipVisionConfig } from './clip-config.ts'
import { clipEncoder, findModule } from './clip-encoder.ts'

/** What the tower says about [b, 3, s, s] pixels; all float32. n = patches, h = width. */
export interface ClipVisionFeatures {
  /** [b, 1 + n, h] each: after pre_layrnorm, then after every layer; the first row is the class token. */
  readonly hiddenStates: readonly FloatTensor[]
  /** [b, h] post_layernorm of the class token's last state. */
  readonly pooled: FloatTensor
  /** [b, p] projection of `pooled`, where the checkpoint has one (IP-Adapter). */
  readonly imageEmbeds?: FloatTensor
}

export interface ClipVisionTower {
  readonly config: ClipVisionConfig
  /** Encodes pictures as src/image prepares them: float32 [b, 3, image_size, image_size], normalised. */
  encode(pixels: FloatTensor): Promise<ClipVisionFeatures>
  release(): Promise<void>
}

/** Loads the vision tower of a checkpoint folder: CLIPVisionModel, with or without projection, or a whole CLIPModel. */
export async function loadClipVisionTower(folder: string, runtime: Runtime): Promise<ClipVisionTower> {
  const config = readClipVisionConfig(folder)
  const map = openWeightFolder(folder, 'model')
  const session = await runtime.load(clipVisionGraph(map, config))
  return {
    config,
    encode: async (pixels) => {
      const outputs = (await session.run({ pixels })) as Record<string, FloatTensor>
      return {
        hiddenStates: Array.from({ length: config.num_hidden_layers + 1 }, (_, n) => outputs[`hidden_${n}`]!),
        pooled: outputs['pooled']!,
        ...(outputs['image_embeds'] ? { imageEmbeds: outputs['image_embeds'] } : {}),
      }
    },
    release: () => session.release(),
  }
}

const marker = 'embeddings.patch_embedding.weight'

/** Input: pixels. Outputs: hidden_<n>, pooled, and image_embeds where there is a visual_projection. */
export function clipVisionGraph(map: WeightMap, config: ClipVisionConfig): Graph {
  const g = new Graph('CLIP vision tower')
  const w = findModule(map, marker)
  const pixels = pixelInput(g, config)
  const states = clipVisionStates(g, pixels, w, config, config.num_hidden_layers)
  states.forEach((state, n) => g.output(`hidden_${n}`, state))
  const width = config.hidden_size
  const classToken = reshape(g, slice(g, states.at(-1)!, 1, 0, 1), [-1, width], ['batch', width])
  const pooled = layerNorm(g, classToken, w.at('post_layernorm'), config.layer_norm_eps)
  g.output('pooled', pooled)
  if (map.has('visual_projection.weight'))
    g.output('image_embeds', linear(g, pooled, new Weights(map, 'visual_projection.')))
  return g
}

/** The tower's input: pixels float32 [b, channels, s, s]. */
export const pixelInput = (g: Graph, { num_channels: channels, image_size: size }: ClipVisionConfig): Value =>
  g.input('pixels', 'float32', ['batch', channels, size, size])

/** The module of a checkpoint that holds the tower's weights. */
export const findVisionModule = (map: WeightMap): Weights => findModule(map, marker)

/**
 * CLIPVisionTransformer (arXiv 2103.00020) without its last norm: pixels [b, c, s, s] -> the states [b, 1 + n, h] before
 * the first and after each of the first `depth` layers. Weights: embeddings, pre_layrnorm (so spelled), encoder.
 */
export function clipVisionStates(
  g: Graph,
  pixels: Value,
  w: Weights,
  config: ClipVisionConfig,
  depth: number,
): Value[] {
  const tokens = embeddings(g, pixels, w.at('embeddings'), config)
  const normal = layerNorm(g, tokens, w.at('pre_layrnorm'), config.layer_norm_eps)
  return clipEncoder(g, normal, w.at('encoder'), config, depth)
}

/** Patches as a strided convolution, a class token before them, positions added. */
function embeddings(g: Graph, pixels: Value, w: Weights, config: ClipVisionConfig): Value {
  const { hidden_size: width, image_size: size, patch_size: patch } = config
  const patches = flattenPixels(g, conv(g, pixels, w.at('patch_embedding'), { stride: patch }))
  const one = g.weight(w.shaped('class_embedding', [width]))
  const batch = slice(g, shapeOf(g, patches), 0, 0, 1)
  const classToken = expand(g, one, concat(g, [batch, g.integers([1, width])], 0), ['batch', 1, width])
  const rows = 1 + Math.floor(size / patch) ** 2
  const positions = g.weight(w.shaped('position_embedding.weight', [rows, width]))
  return add(g, { ...concat(g, [classToken, patches], 1), shape: ['batch', rows, width] }, positions)
}
