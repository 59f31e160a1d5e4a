import { expect, it } from 'vitest'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/decoder/decoder.ts'
import { generate, type GenerateRequest } from '../../../src/families/decoder/generate.ts'
import { createPrefixCache, type PrefixCache } from '../../../src/families/decoder/prefix-cache.ts'
import type { ImageFeatures } from '../../../src/families/decoder/prompt.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { imageTokenIndex } from '../../../src/tokenizers/image-token.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import { tinyLlama, tinyWeights, writeTinyLlama } from './tiny-llama.ts'

// Random weights: whether a reply is right is seen by comparing it with that of a decoder that remembers nothing.
const folder = writeTinyLlama({ ...tinyLlama, eos_token_id: 22 }, tinyWeights(tinyLlama))
const runtime = await createRuntime({ device: 'cpu', threads: 1 })
const loaded = await loadDecoder(openWeightFolder(folder, 'model'), readDecoderConfig(folder), runtime)
const { width } = loaded.config

/** A decoder that counts the positions given to it, and that may fail. */
function counting(decoder: Decoder) {
  const count = { positions: 0, failIn: Infinity }
  const forward: Decoder['forward'] = async (embeds, ...rest) => {
    if (--count.failIn < 0) throw new Error('the device is gone')
    count.positions += embeds.length / decoder.config.width
    return decoder.forward(embeds, ...rest)
  }
  return { count, decoder: { ...decoder, forward } }
}

const remembering = (decoder: Decoder, maxBytes?: number) =>
  createPrefixCache({ createCache: () => decoder.createCache(), maxBytes })

/** A source of small whole numbers below `limit`, the same at every run. */
function createDice(seed: number) {
  let state = seed
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const pictures = ['cat', 'dog'].map((key, n): ImageFeatures => {
  const dice = createDice(n + 5)
  return { key, rows: Float32Array.from({ length: 6 * width }, () => dice(64) / 32 - 1) }
})

interface Thread {
  /** What was said so far, with the replies. */
  readonly ids: readonly number[]
  readonly images: readonly ImageFeatures[]
}

const requestOf = ({ ids, images }: Thread, seed: number): GenerateRequest => ({
  ids,
  images,
  seed,
  sampling: { temperature: seed % 2 === 0 ? 0 : 2 },
  maxNewTokens: 8,
})

async function reply(decoder: Decoder, prefix: PrefixCache, request: GenerateRequest): Promise<number[]> {
  const made: number[] = []
  for await (const { id, isEnd } of generate(decoder, prefix, request)) if (!isEnd) made.push(id)
  return made
}

const system = [1, 5, 9, 2, 7, 3, 3, 8]

it('computes only what is new of each thread, however the threads take turns', async () => {
  const { decoder, count } = counting(loaded)
  const prefix = remembering(decoder)
  const threads = new Map<number, number[]>()
  for (const turn of [0, 1, 2]) {
    for (const thread of [10, 11, 12, 13]) {
      const before = threads.get(thread) ?? system
      const ids = [...before, thread, turn, 4, thread, 6]
      count.positions = 0
      const made = await reply(decoder, prefix, requestOf({ ids, images: [] }, 0))
      const prompt = count.positions - (made.length === 8 ? made.length - 1 : made.length)
      // The new words, and of the reply the one token that nobody had read on from; at first the system text, too.
      const first = thread === 10 ? ids.length : ids.length - system.length
      expect(prompt).toBeLessThanOrEqual(turn === 0 ? first : 6)
      threads.set(thread, [...ids, ...made])
    }
  }
  expect(prefix.size).toBe(4)
})

it('replies as with an empty memory: threads interleaved, edited, regenerated, stopped, failed, forgotten', async () => {
  const dice = createDice(7)
  const { decoder, count } = counting(loaded)
  const room = decoder.createCache().bytes
  const prefix = remembering(decoder, 4 * room)
  const threads: Thread[] = [0, 1, 2, 3, 4].map((n) => ({
    ids: [...system, ...(n < 3 ? [imageTokenIndex] : []), n],
    images: n < 3 ? [pictures[n % 2]!] : [],
  }))
  const words = () => Array.from({ length: 1 + dice(6) }, () => 10 + dice(12))
  for (let step = 0; step < 60; step++) {
    const n = dice(threads.length)
    const { ids, images } = threads[n]!
    const kept = dice(4) === 0 ? ids.slice(0, 10 + dice(ids.length - 9)) : ids // an earlier turn, edited
    const thread = { images, ids: [...(dice(5) === 0 || ids.length > 120 ? ids.slice(0, 10) : kept), ...words()] }
    const request = requestOf(thread, step)
    const expected = await reply(loaded, remembering(loaded, 0), request)
    if (dice(4) === 0) count.failIn = dice(5)
    const stopAfter = dice(4) === 0 ? dice(4) : Infinity
    let turns = 0
    const turn = async () => {
      if (turns++ >= stopAfter) throw new Error('stopped')
    }
    const made = await reply(decoder, prefix, { ...request, turn }).catch((error: Error) => error.message)
    if (typeof made !== 'string') expect(made).toEqual(expected)
    else expect(made).toMatch(/^(stopped|the device is gone)$/)
    count.failIn = Infinity
    expect(await reply(decoder, prefix, request)).toEqual(expected) // regenerated, or tried again
    expect(prefix.bytes).toBeLessThanOrEqual(4 * room * 1.5)
    threads[n] = { images, ids: [...thread.ids, ...expected] }
  }
})

it('keeps two replies apart that are made at the same time from one beginning', async () => {
  const prefix = remembering(loaded)
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const requests = [0, 2, 4].map((n) => requestOf({ ids: [...system, 12 + (n >> 1)], images: [] }, n))
  const alone = await Promise.all(requests.map((request) => reply(loaded, remembering(loaded, 0), request)))
  for (let round = 0; round < 2; round++) {
    const together = await Promise.all(requests.map((request) => reply(loaded, prefix, { ...request, turn })))
    expect(together).toEqual(alone)
  }
})
