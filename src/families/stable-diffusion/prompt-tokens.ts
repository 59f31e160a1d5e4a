import type { ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import { parsePromptWeights } from '../../tokenizers/prompt-weights.ts'

/** Tokens without BOS and EOS, each with its weight. */
export interface WeightedTokens {
  readonly ids: readonly number[]
  readonly weights: readonly number[]
}

/** Each piece of text between A1111's brackets is tokenised alone; the whole is cut to `limit` tokens. */
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

/** Brackets are text; cut to `limit` tokens. */
export function literalTokens(tokenizer: ClipTokenizer, prompt: string, limit = Infinity): WeightedTokens {
  const ids = tokenizer.encode(prompt, { addSpecialTokens: false }).slice(0, limit)
  return { ids, weights: ids.map(() => 1) }
}

/** Tokens of a text in one row of the encoder, beside BOS and EOS: 75. */
export const chunkTokens = (tokenizer: ClipTokenizer): number => tokenizer.modelMaxLength - 2

/** Rows that the longest of some texts fills. */
export const chunksFor = (tokenizer: ClipTokenizer, texts: readonly WeightedTokens[]): number =>
  Math.max(1, ...texts.map(({ ids }) => Math.ceil(ids.length / chunkTokens(tokenizer))))

/** Rows of ids for the encoder, and the weight of every place of all rows. */
export interface PromptChunks {
  readonly rows: readonly (readonly number[])[]
  readonly weights: readonly number[]
}

/** diffusers' own single row: BOS, tokens, EOS, and padding after it. */
export function padded(tokenizer: ClipTokenizer, { ids, weights }: WeightedTokens): PromptChunks {
  const { bosTokenId: bos, eosTokenId: eos, padTokenId: pad } = tokenizer
  const rest = new Array<number>(chunkTokens(tokenizer) - ids.length)
  return { rows: [[bos, ...ids, eos, ...rest.fill(pad)]], weights: [1, ...weights, 1, ...rest.fill(1)] }
}

/** BOS + tokens + padding + EOS, cut into overlapping rows of which each begins with BOS and ends with EOS. */
export function chunked(tokenizer: ClipTokenizer, { ids, weights }: WeightedTokens, chunks: number): PromptChunks {
  const size = chunkTokens(tokenizer)
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

/**
 * Groups of 75 between BOS and EOS, of which the last is as short as what it holds (diffusers' community pipeline for
 * SDXL). `length` tokens in all, filled up with EOS; nothing at all is one group of BOS and EOS.
 */
export function grouped(tokenizer: ClipTokenizer, { ids, weights }: WeightedTokens, length = ids.length): PromptChunks {
  const size = chunkTokens(tokenizer)
  const { bosTokenId: bos, eosTokenId: eos } = tokenizer
  const filled = [...ids, ...new Array<number>(length - ids.length).fill(eos)]
  const filledWeights = [...weights, ...new Array<number>(length - ids.length).fill(1)]
  const starts = Array.from({ length: Math.max(1, Math.ceil(length / size)) }, (_, i) => i * size)
  return {
    rows: starts.map((start) => [bos, ...filled.slice(start, start + size), eos]),
    weights: starts.flatMap((start) => [1, ...filledWeights.slice(start, start + size), 1]),
  }
}
