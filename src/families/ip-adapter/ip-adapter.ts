import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../../contract/errors.ts'
import { clipPreprocess, readClipPreprocessor, type ClipPreprocessor } from '../../image/clip-preprocess.ts'
import type { RgbImage } from '../../image/rgb-image.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import { float32, zeros, type FloatTensor } from '../../tensor/tensor.ts'
import { readJson } from '../../weights/config-file.ts'
import { openWeightFile } from '../../weights/weight-file.ts'
import { openWeightFolder, Weights, type WeightMap } from '../../weights/weights.ts'
import { readClipVisionConfig } from '../clip/clip-config.ts'
import { loadClipVisionTower, type ClipVisionTower } from '../clip/vision-tower.ts'
import type { UnetConfig } from '../stable-diffusion/unet-config.ts'
import type { UnetVariant } from '../stable-diffusion/unet.ts'
import { crossAttentions, type AttentionPlace } from './attention-places.ts'
import { imagePromptVariant } from './image-prompt-variant.ts'
import { embeddingProjection, resampler } from './image-projection.ts'
import { scalesAt, type ImageScale } from './scales.ts'

/** A picture as an image prompt, and what stands in its place in the negative row. */
export interface ImagePrompt {
  /** What the encoder says of the picture: [1, p], or with Plus [1, places, h]. */
  readonly embeds: FloatTensor
  readonly negativeEmbeds: FloatTensor
  /** [1, t, d] each: inputs `image_tokens` of the positive and the negative row. */
  readonly tokens: FloatTensor
  readonly negativeTokens: FloatTensor
}

/** An IP-Adapter (arXiv 2308.06721), plain or Plus, loaded with its image encoder. */
export interface IpAdapter {
  /** The UNet's graph with the adapter in it. */
  readonly variant: UnetVariant
  /** The picture as the encoder takes it: [1, 3, s, s], normalised; its middle when it is not square. */
  preprocess(image: RgbImage): FloatTensor
  encode(pixels: FloatTensor): Promise<ImagePrompt>
  /** The input `image_scales`. */
  scales(scale: ImageScale): FloatTensor
}

/**
 * Loads an IP-Adapter for a UNet: a file in the layout of h94/IP-Adapter (`image_proj.*`, `ip_adapter.<n>.*`;
 * safetensors or torch) and the folder of a CLIPVisionModelWithProjection.
 * Throws AppError `weights/shape-mismatch` when the file was made for another base or another encoder, and
 * `model/unsupported` for adapters of other kinds (FaceID, Full).
 */
export async function loadIpAdapter(
  { file, imageEncoder }: { readonly file: string; readonly imageEncoder: string },
  unet: UnetConfig,
  runtime: Runtime,
): Promise<IpAdapter> {
  const { tensors: map } = openWeightFile(file)
  const places = crossAttentions(unet)
  const projection = openProjection(file, map)
  checkBase(file, map, places, unet)
  checkEncoder(file, projection.width, imageEncoder, projection.plus)
  const tower = await loadClipVisionTower(imageEncoder, runtime)
  const session = await runtime.load(projection.graph)
  return {
    variant: imagePromptVariant(path.parse(file).name, map),
    preprocess(image) {
      const { data, shape } = clipPreprocess(image, preprocessorOf(imageEncoder, tower), 'crop')
      return float32(data, [1, ...shape])
    },
    encode: (pixels) => encodeWith(tower, { plus: projection.plus, session }, pixels),
    scales: (scale) => float32(scalesAt(places, scale), [places.length]),
  }
}

/**
 * Plain: the projected embedding, and zeros for the negative row. Plus: the last but one hidden state, and that of a
 * picture of zeros (the mean colour, once normalised).
 */
async function encodeWith(
  tower: ClipVisionTower,
  { plus, session }: { readonly plus: boolean; readonly session: Session },
  pixels: FloatTensor,
): Promise<ImagePrompt> {
  const features = await tower.encode(pixels)
  const embeds = plus ? features.hiddenStates.at(-2)! : features.imageEmbeds!
  const negativeEmbeds = plus ? (await tower.encode(zeros(pixels.shape))).hiddenStates.at(-2)! : zeros(embeds.shape)
  const project = async (image_embeds: FloatTensor) => (await session.run({ image_embeds }))['tokens'] as FloatTensor
  return { embeds, negativeEmbeds, tokens: await project(embeds), negativeTokens: await project(negativeEmbeds) }
}

/** The projection's graph by what the file holds; `width` is that of the encoder's output. */
function openProjection(file: string, map: WeightMap) {
  const w = new Weights(map, 'image_proj.')
  if (w.has('latents')) return { plus: true, width: w.entry('proj_in.weight').shape[1]!, graph: resampler(w) }
  if (w.has('proj.weight'))
    return { plus: false, width: w.entry('proj.weight').shape[1]!, graph: embeddingProjection(w) }
  throw new AppError('model/unsupported', {
    message: `${file}: it is no IP-Adapter, plain or Plus (there is neither image_proj.proj.weight nor image_proj.latents)`,
    hint: 'Choose a file such as ip-adapter_sd15.safetensors or ip-adapter-plus_sd15.safetensors of h94/IP-Adapter.',
    details: { file },
  })
}

/** Every cross-attention of the UNet needs its two matrices of the right shape, and there are no others. */
function checkBase(file: string, map: WeightMap, places: readonly AttentionPlace[], { contextDim }: UnetConfig): void {
  const wanted = places.flatMap(({ number, channels }) =>
    ['to_k_ip', 'to_v_ip'].map((name) => ({
      name: `ip_adapter.${number}.${name}.weight`,
      shape: [channels, contextDim],
    })),
  )
  const show = (shape: readonly number[]) => `[${shape.join(', ')}]`
  const wrong = wanted.flatMap(({ name, shape }) => {
    const found = map.get(name)
    if (!found) return [`there is no tensor ${name} ${show(shape)}`]
    return found.shape.join() === shape.join() ? [] : [`${name} is ${show(found.shape)}, not ${show(shape)}`]
  })
  const known = new Set(wanted.map(({ name }) => name))
  const surplus = [...map.keys()].filter((name) => name.startsWith('ip_adapter.') && !known.has(name))
  if (surplus.length > 0) wrong.push(`${surplus[0]} belongs to no cross-attention`)
  if (wrong.length === 0) return
  throw new AppError('weights/shape-mismatch', {
    message: `${path.basename(file)} was made for another base than this model: ${wrong[0]}`,
    hint: 'Choose the IP-Adapter of this kind of model (SD 1.5, SDXL).',
    details: { file, wrong: wrong.slice(0, 20) },
  })
}

/** Plain takes the projected embedding of the encoder, Plus its hidden states: both have a width of their own. */
function checkEncoder(file: string, width: number, imageEncoder: string, plus: boolean): void {
  const projected = openWeightFolder(imageEncoder, 'model').get('visual_projection.weight')?.shape[0]
  const given = plus ? readClipVisionConfig(imageEncoder).hidden_size : projected
  if (given === width) return
  const what = plus ? 'hidden states' : 'image embeddings'
  const has = given === undefined ? 'gives none (it has no visual_projection)' : `gives ${given}`
  throw new AppError('weights/shape-mismatch', {
    message: `${path.basename(file)} takes ${what} of width ${width}; the image encoder in ${imageEncoder} ${has}`,
    hint: 'Choose the image encoder that the adapter was trained with (h94/IP-Adapter says which: ViT-H or ViT-bigG).',
    details: { file, imageEncoder },
  })
}

/** The encoder's own file or, as in h94's folders where there is none, CLIP's settings at the encoder's size. */
function preprocessorOf(imageEncoder: string, { config }: ClipVisionTower): ClipPreprocessor {
  const file = path.join(imageEncoder, 'preprocessor_config.json')
  return readClipPreprocessor(
    existsSync(file) ? readJson(file) : { size: config.image_size, crop_size: config.image_size },
  )
}
