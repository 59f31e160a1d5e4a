import path from 'node:path'
import { z } from 'zod'
import type { Runtime } from '../../runtime/runtime.ts'
import { float32, zeros } from '../../tensor/tensor.ts'
import { hasJson, readConfig, readJson } from '../../weights/config-file.ts'
import { loadClipTokenizer, type ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import { loadClipTextEncoder, type ClipTextEncoder } from '../clip/text-encoder.ts'
import { openAutoencoder, type Autoencoder } from './autoencoder.ts'
import type { Conditioning } from './conditioning.ts'
import { loadDenoiser, type Denoiser } from './denoiser.ts'
import { embedTextsXl } from './prompt-embeddings-xl.ts'
import { embedTexts, type PromptEmbedding, type PromptOptions, type PromptText } from './prompt-embeddings.ts'

/** Folder of a part of a diffusers pipeline by the part's name (`unet`, `vae`, `text_encoder_2`, `scheduler`). */
export type PartFolder = (part: string) => string

/** `sd`: 1.x and 2.x, one text encoder; `sdxl`: two, and size conditioning. */
export type StableDiffusionKind = 'sd' | 'sdxl'

/** What a Stable Diffusion model consists of. */
export interface StableDiffusionParts {
  readonly kind: StableDiffusionKind
  /** The first tokenizer: prompt-to-prompt aligns words by its tokens. */
  readonly tokenizer: ClipTokenizer
  readonly textEncoder: ClipTextEncoder
  /** SDXL only. */
  readonly tokenizer2?: ClipTokenizer
  readonly textEncoder2?: ClipTextEncoder
  readonly denoiser: Denoiser
  readonly autoencoder: Autoencoder
  /** scheduler_config.json. */
  readonly schedulerConfig: unknown
  /** SDXL: an absent negative prompt is zeros rather than an empty text (model_index.json). */
  readonly zeroNegative: boolean
}

/** A pair of prompts; without a negative one the model's own way of saying nothing holds. */
export interface Prompts extends PromptText {
  readonly negativePrompt?: string | undefined
}

export interface EncodeOptions extends PromptOptions {
  /** Pixels of the picture that is drawn. */
  readonly width: number
  readonly height: number
  /** SDXL's size conditioning (arXiv 2307.01952, section 2.2), each [height, width]; default: the picture's own. */
  readonly originalSize?: readonly [height: number, width: number]
  readonly targetSize?: readonly [height: number, width: number]
  readonly cropTopLeft?: readonly [top: number, left: number]
}

export interface PromptConditioning {
  readonly positive: Conditioning
  readonly negative: Conditioning
}

/** A Stable Diffusion pipeline, loaded. */
export interface StableDiffusion extends StableDiffusionParts {
  /** A prompt and its negative as the UNet is told them, of one length. */
  encode(prompts: Prompts, options: EncodeOptions): Promise<PromptConditioning>
  /** Any number of texts at one length, with the places of their tokens; `absent` says nothing. */
  encodeTexts(texts: readonly (PromptText | 'absent')[], options: EncodeOptions): Promise<EncodedText[]>
}

/** A text as the UNet is told it, and where its tokens stand (`PromptEmbedding`). */
export interface EncodedText extends Pick<PromptEmbedding, 'ids' | 'places'> {
  readonly conditioning: Conditioning
}

/** The parts as sub-folders of one diffusers folder. */
export const partsOf =
  (folder: string): PartFolder =>
  (part) =>
    path.join(folder, part)

const indexSchema = z.object({ force_zeros_for_empty_prompt: z.boolean().default(true) })

/**
 * Loads a diffusers StableDiffusion(XL)Pipeline or one of its img2img and inpaint kin: SDXL is what has a second text
 * encoder. Throws AppError for what is missing, damaged or unknown.
 */
export async function loadStableDiffusion(folder: PartFolder, runtime: Runtime): Promise<StableDiffusion> {
  const isXl = hasJson(path.join(folder('text_encoder_2'), 'config.json'))
  const index = folder('model_index.json')
  return createStableDiffusion({
    kind: isXl ? 'sdxl' : 'sd',
    zeroNegative: isXl && (!hasJson(index) || readConfig(index, indexSchema).force_zeros_for_empty_prompt),
    tokenizer: loadClipTokenizer(folder('tokenizer')),
    schedulerConfig: readJson(path.join(folder('scheduler'), 'scheduler_config.json')),
    autoencoder: openAutoencoder(folder('vae'), runtime),
    textEncoder: await loadClipTextEncoder(folder('text_encoder'), runtime),
    ...(isXl && {
      tokenizer2: loadClipTokenizer(folder('tokenizer_2'), secondPad(folder)),
      textEncoder2: await loadClipTextEncoder(folder('text_encoder_2'), runtime),
    }),
    denoiser: await loadDenoiser(folder('unet'), runtime),
  })
}

/** SDXL's second tokenizer is the first one but for the token that it pads with: one folder may be both. */
const secondPad = (folder: PartFolder) => (folder('tokenizer') === folder('tokenizer_2') ? { padToken: '!' } : {})

/** The model over its parts; with other encoders or another UNet (a LoRA's), the same model bent. */
export function createStableDiffusion(parts: StableDiffusionParts): StableDiffusion {
  const encodeAll: StableDiffusion['encodeTexts'] = (texts, options) => encodeTexts(parts, texts, options)
  return {
    ...parts,
    encodeTexts: encodeAll,
    async encode({ negativePrompt, ...positive }, options) {
      const negative = negativePrompt === undefined ? 'absent' : { prompt: negativePrompt }
      const [first, second] = await encodeAll([positive, negative], options)
      return { positive: first!.conditioning, negative: second!.conditioning }
    },
  }
}

async function encodeTexts(
  parts: StableDiffusionParts,
  texts: readonly (PromptText | 'absent')[],
  options: EncodeOptions,
): Promise<EncodedText[]> {
  const { tokenizer, textEncoder: encoder, tokenizer2, textEncoder2, zeroNegative } = parts
  const first = { tokenizer, encoder }
  const asTexts = texts.map((text) => (text === 'absent' ? { prompt: '' } : text))
  const embedded =
    tokenizer2 && textEncoder2
      ? await embedTextsXl([first, { tokenizer: tokenizer2, encoder: textEncoder2 }], asTexts, options)
      : await embedTexts(first, asTexts, options)
  return embedded.map(({ embeddings, pooled, ids, places }, i) => {
    const isZero = texts[i] === 'absent' && zeroNegative
    const told = (tensor: typeof embeddings) => (isZero ? zeros(tensor.shape) : tensor)
    const conditioning: Conditioning = {
      encoder_hidden_states: told(embeddings),
      ...(pooled && { text_embeds: told(pooled), time_ids: timeIds(options) }),
    }
    return { conditioning, ids, places }
  })
}

/** [1, 6]: original height and width, crop top and left, target height and width. */
function timeIds({ width, height, originalSize, cropTopLeft, targetSize }: EncodeOptions) {
  const own = [height, width] as const
  return float32(
    Float32Array.from([...(originalSize ?? own), ...(cropTopLeft ?? [0, 0]), ...(targetSize ?? own)]),
    [1, 6],
  )
}
