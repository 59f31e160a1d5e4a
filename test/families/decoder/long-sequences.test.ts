import { describe, expect, it } from 'vitest'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/decoder/decoder.ts'
import { fill, generate, sequence } from '../../../src/families/decoder/generate.ts'
import { createPrefixCache } from '../../../src/families/decoder/prefix-cache.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import { tinyLlama, tinyWeights, writeTinyLlama, type TinyWeightOptions } from './tiny-llama.ts'

const runtime = await createRuntime({ device: 'cpu', threads: 1 })

async function load(change: Record<string, unknown>, options: TinyWeightOptions = {}): Promise<Decoder> {
  const config = { ...tinyLlama, ...change }
  const folder = writeTinyLlama(config, tinyWeights(config, options))
  return loadDecoder(openWeightFolder(folder, 'model'), readDecoderConfig(folder), runtime)
}

const mistral = () => load({ model_type: 'mistral', sliding_window: 7 })
const mixed = () =>
  load(
    { model_type: 'qwen2', use_sliding_window: true, sliding_window: 20, max_window_layers: 1 },
    { biases: /[qkv]_proj$/ },
  )
const phi3 = () =>
  load(
    {
      model_type: 'phi3',
      original_max_position_embeddings: 16,
      rope_scaling: { type: 'longrope', short_factor: [1, 1.5, 2], long_factor: [2, 3, 5] },
    },
    { fused: true },
  )
const dynamic = () => load({ max_position_embeddings: 64, rope_scaling: { type: 'dynamic', factor: 4 } })

const ids = (count: number) => Array.from({ length: count }, (_, i) => (i * 7) % tinyLlama.vocab_size)
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0)

/** The logits after the last of a sequence, run whole and without any past. */
const atOnce = async (decoder: Decoder, all: readonly number[]) =>
  (await decoder.forward(decoder.embed(all), decoder.createCache())).data

describe('a sequence that is run in pieces', () => {
  it.each([
    ['with a window', mistral],
    ['with windows in some layers', mixed],
    ['beyond the context of longrope', phi3],
    ['beyond the context of dynamic scaling', dynamic],
  ])('%s gives the same logits as at once', async (_, make) => {
    const decoder = await make()
    const all = ids(200)
    const pieces = await fill(decoder, decoder.createCache(), sequence(decoder.embed(all), [], decoder))
    expect(furthest(pieces, await atOnce(decoder, all))).toBeLessThan(2e-4)
  })
})

describe('token by token', () => {
  it.each([
    ['past the window', mistral, 30],
    ['past the window of some layers', mixed, 40],
    ['from within to beyond the context of longrope', phi3, 22],
  ])('%s gives the same logits as at once', async (_, make, count) => {
    const decoder = await make()
    const [prompt, made] = [ids(10), ids(count).slice(10)]
    const embeds = decoder.embed(prompt)
    const cache = decoder.createCache()
    for (let n = 0; n <= made.length; n++) {
      const logits = await fill(decoder, cache, sequence(embeds, made.slice(0, n), decoder))
      expect(furthest(logits, await atOnce(decoder, [...prompt, ...made.slice(0, n)]))).toBeLessThan(2e-4)
    }
    expect(cache.length).toBe(count)
  })

  it('with dynamic scaling leaves the keys that were turned before as they are', async () => {
    const decoder = await dynamic()
    const cache = decoder.createCache()
    await fill(decoder, cache, sequence(decoder.embed(ids(64)), [], decoder))
    const logits = await fill(decoder, cache, sequence(decoder.embed(ids(65)), [], decoder))
    expect(cache.length).toBe(65)
    expect(furthest(logits, await atOnce(decoder, ids(65)))).toBeGreaterThan(1e-6)
    expect(decoder.config.contextLength).toBe(256)
  })
})

describe('longrope', () => {
  it('runs a conversation again that was kept with the factors of another length', async () => {
    const decoder = await phi3()
    const prefix = createPrefixCache({ createCache: () => decoder.createCache() })
    const reply = async (kept: typeof prefix, prompt: readonly number[]) => {
      const made: number[] = []
      const request = { ids: prompt, sampling: { temperature: 0 }, maxNewTokens: 6 }
      for await (const { id } of generate(decoder, kept, request)) made.push(id)
      return made
    }
    const fresh = () => createPrefixCache({ createCache: () => decoder.createCache() })
    for (const count of [8, 20, 8]) expect(await reply(prefix, ids(count))).toEqual(await reply(fresh(), ids(count)))
  })

  it('does not go on from keys that were turned otherwise', async () => {
    const decoder = await phi3()
    const cache = decoder.createCache()
    await decoder.forward(decoder.embed(ids(16)), cache)
    await expect(decoder.forward(decoder.embed([1]), cache)).rejects.toThrow(RangeError)
    decoder.prepare(cache, 17)
    expect(cache.length).toBe(0)
  })
})
