import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import type { ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import { parsePromptWeights } from '../../tokenizers/prompt-weights.ts'
import type { ClipTextEncoder } from '../clip/text-encoder.ts'

/**
 * How words become embeddings: `plain` takes them literally and cuts at 77 tokens, as diffusers does; `weighted` reads
 * A1111's brackets as weights and takes prompts of any length in chunks of 75 tokens, as LLMGA's pipelines do.
 */
export type PromptScheme = 'plain' | 'weighted'

export interface PromptOptions {
  readonly scheme: PromptScheme
  /** Last layers left out for the prompt (not for the negative prompt, as in diffusers); default 0. */
  readonly clipSkip?: number
  /** Chunks at most; undefined: as many as the prompt needs. */
  readonly maxChunks?: number
}

/** A prompt and its negative, both [1, 77 * chunks, d]. */
export interface PromptEmbeddings {
  readonly positive: FloatTensor
  readonly negative: FloatTensor
}

type Encode = (ids: readonly (readonly number[])[]) => Promise<FloatTensor>

/** Encodes a prompt and its negative prompt to one length. */
export async function embedPrompts(
  tokenizer: ClipTokenizer,
  encoder: ClipTextEncoder,
  prompts: { readonly prompt: string; readonly negativePrompt: string },
  { scheme, clipSkip, maxChunks = Infinity }: PromptOptions,
): Promise<PromptEmbeddings> {
  const encodeNegative: Encode = async (ids) => (await encoder.encode(ids)).lastHiddenState
  const encode: Encode = async (ids) => (await encoder.encode(ids, clipSkip ? { clipSkip } : {})).lastHiddenState
  if (scheme === 'plain')
    return {
      positive: await encode([tokenizer.encodePadded(prompts.prompt)]),
      negative: await encodeNegative([tokenizer.encodePadded(prompts.negativePrompt)]),
    }
  const chunkTokens = tokenizer.modelMaxLength - 2
  const limit = maxChunks * chunkTokens
  const positive = weightedTokens(tokenizer, prompts.prompt, limit)
  const negative = weightedTokens(tokenizer, prompts.negativePrompt, limit)
  const chunks = Math.max(1, Math.ceil(Math.max(positive.ids.length, negative.ids.length) / chunkTokens))
  return {
    positive: await embedChunks(encode, chunked(tokenizer, positive, chunks)),
    negative: await embedChunks(encodeNegative, chunked(tokenizer, negative, chunks)),
  }
}

/** Tokens without BOS and EOS, each with its weight. */
export interface WeightedTokens {
  readonly ids: readonly number[]
  readonly weights: readonly number[]
}

/** Each piece of text is tokenised alone; the whole is cut to `limit` tokens. */
export function weightedTokens(tokenizer: ClipTokenizer, prompt: string, limit = Infinity): WeightedTokens {
  const ids: number[] = []
  const weights: number[] = []
  for (const [text, weight] of parsePromptWeights(prompt)) {
    for (const id of tokenizer.encode(text, { addSpecialTokens: false })) {
      ids.push(id)
      weights.push(weight)
    }
  }
  return { ids: ids.slice(0, limit), weights: weights.slice(0, limit) }
}

/** Rows of ids for the encoder, and the weight of every place of all rows. */
export interface PromptChunks {
  readonly rows: readonly (readonly number[])[]
  readonly weights: readonly number[]
}

/** BOS + tokens + padding + EOS, cut into overlapping rows of which each begins with BOS and ends with EOS. */
export function chunked(tokenizer: ClipTokenizer, { ids, weights }: WeightedTokens, chunks: number): PromptChunks {
  const size = tokenizer.modelMaxLength - 2
  const { bosTokenId: bos, eosTokenId: eos, padTokenId: pad } = tokenizer
  const body = [...ids, ...new Array<number>(chunks * size - ids.length).fill(pad)]
  const flat = [bos, ...body, eos]
  const rows = Array.from({ length: chunks }, (_, i) => [bos, ...flat.slice(i * size + 1, (i + 1) * size + 1), eos])
  const places = Array.from({ length: chunks }, (_, i) => [1, ...weights.slice(i * size, (i + 1) * size), 1])
  const flatWeights = places.flat()
  if (ids.length === 0) flatWeights.fill(1)
  while (flatWeights.length < chunks * (size + 2)) flatWeights.push(1)
  return { rows, weights: flatWeights.slice(0, chunks * (size + 2)) }
}

/** Rows encoded alone and laid end to end, weighted, and brought back to the mean they had. */
async function embedChunks(encode: Encode, { rows, weights }: PromptChunks): Promise<FloatTensor> {
  const parts: Float32Array[] = []
  let width = 0
  for (const row of rows) {
    const { data, shape } = await encode([row])
    parts.push(data)
    width = shape[2]!
  }
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    data.set(part, at)
    at += part.length
  }
  return float32(applyWeights(data, weights, width), [1, weights.length, width])
}

/** Multiplies rows of `width` by their weights; the mean over all values is restored. */
function applyWeights(data: Float32Array, weights: readonly number[], width: number): Float32Array {
  if (weights.every((weight) => weight === 1)) return data
  const weighted = data.map((value, i) => value * Math.fround(weights[Math.floor(i / width)]!))
  const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length
  const factor = mean(data) / mean(weighted)
  return weighted.map((value) => value * factor)
}
