import { describe, expect, it } from 'vitest'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/decoder/decoder.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import { referenceLogits } from './reference-decoder.ts'
import { tinyLlama, tinyWeights, writeTinyLlama, type TinyLlama } from './tiny-llama.ts'

const runtime = await createRuntime({ device: 'cpu', threads: 1 })
const load = (folder: string): Promise<Decoder> =>
  loadDecoder(openWeightFolder(folder, 'model'), readDecoderConfig(folder), runtime)

const ids = [1, 5, 9, 2, 7, 7, 22, 0, 13, 4, 19, 3]
const silu = (x: number) => x / (1 + Math.exp(-x))
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
const angles =
  (theta: number, headDim: number, factor = 1) =>
  (position: number, pair: number) =>
    (position * theta ** ((-2 * pair) / headDim)) / factor

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0)

describe('the decoder graph', () => {
  it.each([
    ['grouped heads', {}, {}, angles(10000, 6), silu],
    ['one key head', { num_key_value_heads: 1 }, {}, angles(10000, 6), silu],
    ['as many key heads as heads', { num_key_value_heads: 6 }, {}, angles(10000, 6), silu],
    ['tied embeddings', { tie_word_embeddings: true }, { tied: true }, angles(10000, 6), silu],
    ['biases everywhere', { attention_bias: true, mlp_bias: true }, { biases: true }, angles(10000, 6), silu],
    ['another activation', { hidden_act: 'gelu_pytorch_tanh' }, {}, angles(10000, 6), geluTanh],
    ['a base of its own', { rope_theta: 300 }, {}, angles(300, 6), silu],
    ['linear scaling', { rope_scaling: { type: 'linear', factor: 4 } }, {}, angles(10000, 6, 4), silu],
    ['heads wider than the model', { head_dim: 10, num_attention_heads: 4 }, {}, angles(10000, 10), silu],
    [
      "transformers 5's keys",
      { rope_parameters: { rope_type: 'default', rope_theta: 77 }, rope_theta: undefined },
      {},
      angles(77, 6),
      silu,
    ],
  ])('computes what the definition says, with %s', async (_, change, options, angle, act) => {
    const config = { ...tinyLlama, ...change } as TinyLlama
    const weights = tinyWeights(config, options)
    const decoder = await load(writeTinyLlama(config, weights))
    const expected = referenceLogits(config, weights, ids, angle, act).flat()
    const all = await decoder.forward(decoder.embed(ids), decoder.createCache(), [...ids.keys()])
    expect(all.shape).toEqual([ids.length, config.vocab_size])
    expect(furthest(all.data, expected)).toBeLessThan(1e-4)

    const cache = decoder.createCache()
    await decoder.forward(decoder.embed(ids.slice(0, 4)), cache)
    await decoder.forward(decoder.embed(ids.slice(4, 10)), cache)
    await decoder.forward(decoder.embed(ids.slice(10, 11)), cache)
    const last = await decoder.forward(decoder.embed(ids.slice(11)), cache)
    expect(furthest(last.data, expected.slice(-config.vocab_size))).toBeLessThan(1e-4)
    await decoder.release()
  })

  it.each([
    ['F16', false],
    ['BF16', true],
    ['F32', true],
  ] as const)('reads %s weights alike, shards: %s', async (dtype, sharded) => {
    const weights = tinyWeights(tinyLlama)
    const logits = async (folder: string) => {
      const decoder = await load(folder)
      return (await decoder.forward(decoder.embed(ids), decoder.createCache())).data
    }
    const plain = await logits(writeTinyLlama(tinyLlama, weights))
    expect(await logits(writeTinyLlama(tinyLlama, weights, { dtype, sharded }))).toEqual(plain)
  })

  it('gives the same logits beyond every growth of the cache as in one pass', async () => {
    const decoder = await load(writeTinyLlama(tinyLlama, tinyWeights(tinyLlama)))
    const many = Array.from({ length: 200 }, (_, i) => (i * 7) % tinyLlama.vocab_size)
    const all = await decoder.forward(decoder.embed(many), decoder.createCache(), [...many.keys()])
    const cache = decoder.createCache()
    for (const [i, id] of many.entries()) {
      const { data } = await decoder.forward(decoder.embed([id]), cache)
      expect(furthest(data, all.data.subarray(i * data.length, (i + 1) * data.length))).toBeLessThan(1e-4)
    }
    expect(cache.length).toBe(200)
  })

  it('goes on from a shortened cache as if the rest had never been', async () => {
    const decoder = await load(writeTinyLlama(tinyLlama, tinyWeights(tinyLlama)))
    const cache = decoder.createCache()
    await decoder.forward(decoder.embed([...ids, 8, 8, 8]), cache)
    cache.truncate(5)
    const shortened = await decoder.forward(decoder.embed(ids.slice(5)), cache)
    const whole = await decoder.forward(decoder.embed(ids), decoder.createCache())
    expect(furthest(shortened.data, whole.data)).toBeLessThan(1e-4)
  })

  it('refuses more positions than the model knows and leaves the cache as it was', async () => {
    const decoder = await load(writeTinyLlama({ ...tinyLlama, max_position_embeddings: 8 }, tinyWeights(tinyLlama)))
    const cache = decoder.createCache()
    await decoder.forward(decoder.embed([1, 2, 3]), cache)
    const tooMany = decoder.forward(decoder.embed([1, 2, 3, 4, 5, 6]), cache)
    await expect(tooMany).rejects.toMatchObject({ code: 'input/too-long' })
    expect(cache.length).toBe(3)
  })

  it('names an id that is not in the vocabulary', async () => {
    const decoder = await load(writeTinyLlama(tinyLlama, tinyWeights(tinyLlama)))
    expect(() => decoder.embed([3, 23])).toThrow(/token id 23/)
  })

  it.each([
    ['another family', { model_type: 'mamba' }, 'model/unsupported', /model_type/],
    ['an unknown rope type', { rope_scaling: { rope_type: 'yarn', factor: 2 } }, 'model/unsupported', /rope_scaling/],
    ['an unknown activation', { hidden_act: 'xielu' }, 'model/unsupported', /hidden_act/],
    ['another vocabulary', { vocab_size: 24 }, 'weights/shape-mismatch', /embed_tokens/],
    ['another inner width', { intermediate_size: 24 }, 'weights/shape-mismatch', /mlp\.\w+_proj/],
    ['another head count', { num_attention_heads: 4 }, 'weights/shape-mismatch', /q_proj/],
    ['more layers', { num_hidden_layers: 3 }, 'weights/missing', /layers\.2\./],
  ])('names what is wrong with %s', async (_, change, code, message) => {
    const folder = writeTinyLlama({ ...tinyLlama, ...change }, tinyWeights(tinyLlama))
    await expect(async () => load(folder)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  it('does not take the embeddings for an output layer unless the config says so', async () => {
    const folder = writeTinyLlama(tinyLlama, tinyWeights(tinyLlama, { tied: true }))
    await expect(async () => load(folder)).rejects.toMatchObject({ code: 'weights/missing' })
  })
})
