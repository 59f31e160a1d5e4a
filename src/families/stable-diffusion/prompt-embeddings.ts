import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import type { ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import type { ClipTextEncoder } from '../clip/text-encoder.ts'
import {
  chunked,
  chunksFor,
  chunkTokens,
  literalTokens,
  padded,
  weightedTokens,
  type PromptChunks,
} from './prompt-tokens.ts'

/**
 * How words become embeddings:
 * - `plain` takes them literally and cuts at 77 tokens, as diffusers does;
 * - `weighted` reads A1111's brackets as weights and takes prompts of any length (lpw: the bot's own);
 * - `llmga` is what LLMGA's pipelines do: SD 1.x as `weighted`, SDXL without weights, both cut to four chunks.
 */
export const promptSchemes = ['plain', 'weighted', 'llmga'] as const
export type PromptScheme = (typeof promptSchemes)[number]

/** One text for the encoders. */
export interface PromptText {
  readonly prompt: string
  /** SDXL's second encoder reads this instead; other models have none. */
  readonly prompt2?: string | undefined
  /** Last layers left out; default 0. */
  readonly clipSkip?: number | undefined
}

export interface PromptOptions {
  readonly scheme: PromptScheme
  /** Rows of 75 tokens at most; default: as many as are needed, four in the scheme `llmga`. */
  readonly maxChunks?: number | undefined
}

/** A text as a UNet is shown it. */
export interface PromptEmbedding {
  /** [1, places, d] */
  readonly embeddings: FloatTensor
  /** SDXL: [1, p]. */
  readonly pooled?: FloatTensor
  /** The first tokenizer's tokens of the text, without BOS, EOS and padding, after any cut. */
  readonly ids: readonly number[]
  /** For each of them the place in `embeddings` where it stands. */
  readonly places: readonly number[]
}

/** A tokenizer and the encoder that was trained with it. */
export interface TextReader {
  readonly tokenizer: ClipTokenizer
  readonly encoder: ClipTextEncoder
}

/** LLMGA's pipelines cut here. */
export const llmgaChunks = 4

/** Texts as SD 1.x and 2.x read them, all of one length: the final state of one encoder. */
export async function embedTexts(
  { tokenizer, encoder }: TextReader,
  texts: readonly PromptText[],
  { scheme, maxChunks = scheme === 'llmga' ? llmgaChunks : Infinity }: PromptOptions,
): Promise<PromptEmbedding[]> {
  const plain = scheme === 'plain'
  const limit = (plain ? 1 : maxChunks) * chunkTokens(tokenizer)
  const read = plain ? literalTokens : weightedTokens
  const tokens = texts.map(({ prompt }) => read(tokenizer, prompt, limit))
  const chunks = chunksFor(tokenizer, tokens)
  const embedded: PromptEmbedding[] = []
  for (const [i, { clipSkip = 0 }] of texts.entries()) {
    const { rows, weights } = plain ? padded(tokenizer, tokens[i]!) : chunked(tokenizer, tokens[i]!, chunks)
    const states: FloatTensor[] = []
    for (const row of rows) states.push((await encoder.encode([row], { clipSkip })).lastHiddenState)
    const { ids } = tokens[i]!
    embedded.push({ embeddings: keepMean(endToEnd(states), weights), ids, places: placesOf(tokenizer, ids, 2) })
  }
  return embedded
}

/** Where the tokens stand when `between` places lie between the last token of a row and the first of the next. */
export const placesOf = (tokenizer: ClipTokenizer, ids: readonly number[], between: number): number[] =>
  ids.map((_, i) => 1 + i + between * Math.floor(i / chunkTokens(tokenizer)))

/** [1, a, d], [1, b, d] ... -> [1, a + b + ..., d]. */
export function endToEnd(parts: readonly FloatTensor[]): FloatTensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let at = 0
  for (const part of parts) {
    data.set(part.data, at)
    at += part.data.length
  }
  return float32(data, [1, parts.reduce((sum, { shape }) => sum + shape[1]!, 0), parts[0]!.shape[2]!])
}

/** Multiplies places by their weights; the mean over all values is restored (A1111's way, as in lpw and LLMGA). */
function keepMean(embeddings: FloatTensor, weights: PromptChunks['weights']): FloatTensor {
  if (weights.every((weight) => weight === 1)) return embeddings
  const { data, shape } = embeddings
  const width = shape[2]!
  const weighted = data.map((value, i) => value * Math.fround(weights[Math.floor(i / width)]!))
  const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length
  const factor = mean(data) / mean(weighted)
  return float32(
    weighted.map((value) => value * factor),
    shape,
  )
}
