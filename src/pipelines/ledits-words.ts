import type { Conditioning } from '../families/stable-diffusion/conditioning.ts'
import type { StableDiffusion } from '../families/stable-diffusion/stable-diffusion.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'

/** Rows of 75 tokens that the released code reads for the mask and for the target. */
const maskChunks = 3

/** A prompt and what holds without one, as the UNet is told them: of one length. */
export interface WordPair {
  readonly words: Conditioning
  readonly empty: Conditioning
}

/** The words of a LEDITS++ edit, in each of its three parts. */
export interface LeditsWords {
  readonly mask: { readonly source: Conditioning; readonly target: Conditioning }
  readonly inversion: WordPair
  readonly target: WordPair
}

export interface LeditsPrompts {
  readonly source: string
  readonly target: string
  /** Instead of the empty prompt in the sampling. */
  readonly negative?: string
}

/**
 * Encodes the prompts as the released code does: with A1111's weights, the mask's cut to three rows, the target's to
 * four. The source, which is cut to 77 tokens there, is read whole here, unless `cutsSource` (Stable Diffusion 1.x only).
 */
export async function leditsWords(
  pipeline: StableDiffusion,
  { source, target, negative = '' }: LeditsPrompts,
  size: PixelSize,
  { cutsSource = false } = {},
): Promise<LeditsWords> {
  const encode = async (texts: readonly string[], maxChunks?: number) => {
    const asTexts = texts.map((prompt) => ({ prompt }))
    const encoded = await pipeline.encodeTexts(asTexts, { scheme: 'llmga', ...size, ...(maxChunks && { maxChunks }) })
    return encoded.map(({ conditioning }) => conditioning)
  }
  const pair = async (prompt: string, empty: string): Promise<WordPair> => {
    const [words, nothing] = await encode([prompt, empty])
    return { words: words!, empty: nothing! }
  }
  const [maskTarget, maskSource] = await encode([target, source, ''], maskChunks)
  return {
    mask: { source: maskSource!, target: maskTarget! },
    inversion: cutsSource ? await cutPair(pipeline, source) : await pair(source, ''),
    target: await pair(target, negative),
  }
}

/** One row each; of a longer text the first 77 tokens are kept, BOS counted, and its end is lost with EOS. */
async function cutPair({ tokenizer, textEncoder }: StableDiffusion, source: string): Promise<WordPair> {
  const { bosTokenId, eosTokenId, padTokenId, modelMaxLength } = tokenizer
  const encode = async (prompt: string): Promise<Conditioning> => {
    const ids = [bosTokenId, ...tokenizer.encode(prompt, { addSpecialTokens: false }), eosTokenId]
    const padding = new Array<number>(Math.max(0, modelMaxLength - ids.length)).fill(padTokenId)
    const { lastHiddenState } = await textEncoder.encode([[...ids, ...padding].slice(0, modelMaxLength)])
    return { encoder_hidden_states: lastHiddenState }
  }
  return { words: await encode(source), empty: await encode('') }
}
