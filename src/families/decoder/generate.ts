import { AppError } from '../../contract/errors.ts'
import { createTorchGenerator } from '../../tensor/torch-random.ts'
import type { Decoder } from './decoder.ts'
import type { KvCache } from './kv-cache.ts'
import type { PrefixCache } from './prefix-cache.ts'
import { embedPrompt, type ImageFeatures } from './prompt.ts'
import { checkSampling, chooseToken, type SamplingSettings } from './sampling.ts'

export interface GenerateRequest {
  /** The prompt, with `imageTokenIndex` where a picture stands. */
  readonly ids: readonly number[]
  /** The pictures in the order of their places. */
  readonly images?: readonly ImageFeatures[]
  readonly sampling: SamplingSettings
  /** Of the random numbers (torch's CPU generator, one uniform a token). Default 0. */
  readonly seed?: number
  readonly maxNewTokens: number
  /** Tokens that end the reply beside the model's own. */
  readonly stopIds?: readonly number[]
  /** Awaited before every native run. */
  readonly turn?: () => Promise<void>
}

export interface GeneratedToken {
  readonly id: number
  /** The reply ends here by the model's will; the token is no part of it. */
  readonly isEnd: boolean
}

/** Rows of one prefill run: a cancel waits no longer than this many tokens take. */
const prefillRows = 128

/**
 * Generates token by token until an end token, `maxNewTokens` or the end of the context. Only new tokens count for the repetition penalty, as in LLaVA,
 * which hands embeddings to transformers. Throws AppError `input/too-long` when the prompt leaves no room for an answer
 * and `input/invalid-option` for sampling settings out of range.
 */
export async function* generate(
  decoder: Decoder,
  prefix: PrefixCache,
  request: GenerateRequest,
): AsyncGenerator<GeneratedToken> {
  const { sampling, maxNewTokens, stopIds = [], turn } = request
  checkSampling(sampling)
  const { embeds, keys } = embedPrompt(decoder, request.ids, request.images)
  const room = decoder.config.contextLength - keys.length
  if (room < 1) throw noRoom(decoder.config.contextLength, keys.length)
  const random = createTorchGenerator(request.seed ?? 0)
  const uniform = () => random.rand([1]).data[0]!
  const stops = new Set([...decoder.config.eosTokenIds, ...stopIds])
  const cache = prefix.take(keys)
  const made: number[] = []
  try {
    for (;;) {
      const logits = await fill(decoder, cache, sequence(embeds, made, decoder), turn)
      const id = chooseToken(logits, made, sampling, uniform)
      const isEnd = stops.has(id)
      if (!isEnd) made.push(id)
      yield { id, isEnd }
      if (isEnd || made.length >= Math.min(maxNewTokens, room)) return
    }
  } finally {
    // A cancelled request too leaves a beginning that the next one can go on from.
    prefix.keep([...keys, ...made], cache)
  }
}

/** A sequence of positions that can be embedded from any place on. */
export interface Sequence {
  readonly length: number
  /** Rows from position `start` on: float32 [length - start, width]. */
  readonly rowsFrom: (start: number) => Float32Array
}

/** The prompt's rows `embeds`, and behind them the tokens `made`, which are embedded when they are asked for. */
export function sequence(embeds: Float32Array, made: readonly number[], decoder: Decoder): Sequence {
  const { width } = decoder.config
  const prompt = embeds.length / width
  return {
    length: prompt + made.length,
    rowsFrom: (start) => {
      if (start >= prompt) return decoder.embed(made.slice(start - prompt))
      if (made.length === 0) return embeds.subarray(start * width)
      const rows = new Float32Array((prompt - start + made.length) * width)
      rows.set(embeds.subarray(start * width))
      rows.set(decoder.embed(made), (prompt - start) * width)
      return rows
    },
  }
}

/** Runs what the cache lacks of a sequence, in pieces, and returns the logits after its last position. */
export async function fill(
  decoder: Decoder,
  cache: KvCache,
  { length, rowsFrom }: Sequence,
  turn?: () => Promise<void>,
): Promise<Float32Array> {
  decoder.prepare(cache, length)
  const { width } = decoder.config
  const first = cache.length
  const missing = rowsFrom(first)
  for (;;) {
    const start = cache.length - first
    const end = Math.min(start + prefillRows, length - first)
    await turn?.()
    const { data } = await decoder.forward(missing.subarray(start * width, end * width), cache, undefined, length)
    if (end === length - first) return data
  }
}

const noRoom = (contextLength: number, length: number) =>
  new AppError('input/too-long', {
    message: `the message needs ${length} tokens, the model has room for ${contextLength} with its answer`,
    hint: 'Write a shorter message.',
  })
