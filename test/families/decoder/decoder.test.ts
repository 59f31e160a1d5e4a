import { describe, expect, it } from 'vitest'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/decoder/decoder.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import { referenceLogits, type Arithmetic } from './reference-decoder.ts'
import { tinyLlama, tinyWeights, writeTinyLlama, type TinyWeightOptions } from './tiny-llama.ts'

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

type Case = readonly [
  name: string,
  config: Readonly<Record<string, unknown>>,
  weights: TinyWeightOptions,
  arithmetic: Partial<Arithmetic>,
]

const qwen2: TinyWeightOptions = { biases: /[qkv]_proj$/, tied: true }
const divisors = { short_factor: [1, 1.5, 2], long_factor: [2, 3, 5] }
/** Longrope's rotation of a sequence of 12 positions. */
const longrope = (original: number, factors: readonly number[]): Partial<Arithmetic> => ({
  angle: (position, pair) => angles(10000, 6)(position, pair) / factors[pair]!,
  magnitude: Math.sqrt(1 + Math.log(256 / original) / Math.log(original)),
})

/** Every family, and what a config can change: the config's values, the weights, and what they mean. */
const cases: readonly Case[] = [
  ['grouped heads', {}, {}, {}],
  ['one key head', { num_key_value_heads: 1 }, {}, {}],
  ['as many key heads as heads', { num_key_value_heads: 6 }, {}, {}],
  ['tied embeddings', { tie_word_embeddings: true }, { tied: true }, {}],
  ['biases everywhere', { attention_bias: true, mlp_bias: true }, { biases: /proj$/ }, {}],
  ['another activation', { hidden_act: 'gelu_pytorch_tanh' }, {}, { act: geluTanh }],
  ['a base of its own', { rope_theta: 300 }, {}, { angle: angles(300, 6) }],
  ['linear scaling', { rope_scaling: { type: 'linear', factor: 4 } }, {}, { angle: angles(10000, 6, 4) }],
  ['heads wider than the model', { head_dim: 10, num_attention_heads: 4 }, {}, { angle: angles(10000, 10) }],
  [
    "transformers 5's keys",
    { rope_parameters: { rope_type: 'default', rope_theta: 77 }, rope_theta: undefined },
    {},
    { angle: angles(77, 6) },
  ],
  ['half of each head turned', { head_dim: 8, partial_rotary_factor: 0.5 }, {}, { angle: angles(10000, 4), dims: 4 }],
  ['Mistral, a window of 3', { model_type: 'mistral', sliding_window: 3 }, {}, { window: () => 3 }],
  ['Mistral, a window of 1', { model_type: 'mistral', sliding_window: 1 }, {}, { window: () => 1 }],
  ['Mistral without a window', { model_type: 'llava_mistral', sliding_window: null }, {}, {}],
  ['Qwen2', { model_type: 'llava_Qwen2', tie_word_embeddings: true, sliding_window: 3 }, qwen2, {}],
  [
    'Qwen2, a window in later layers',
    {
      model_type: 'qwen2',
      tie_word_embeddings: true,
      use_sliding_window: true,
      sliding_window: 4,
      max_window_layers: 1,
    },
    qwen2,
    { window: (layer) => (layer < 1 ? Infinity : 4) },
  ],
  [
    'Qwen2, a window in named layers',
    {
      model_type: 'qwen2',
      tie_word_embeddings: true,
      use_sliding_window: true,
      sliding_window: 4,
      layer_types: ['sliding_attention', 'full_attention'],
    },
    qwen2,
    { window: (layer) => (layer < 1 ? 4 : Infinity) },
  ],
  ['Phi-3', { model_type: 'phi3', sliding_window: 5 }, { fused: true }, { window: () => 5 }],
  [
    'Phi-3, longrope within its context',
    { model_type: 'llava_Phi3', original_max_position_embeddings: 16, rope_scaling: { type: 'su', ...divisors } },
    { fused: true },
    longrope(16, divisors.short_factor),
  ],
  [
    'Gemma',
    { model_type: 'gemma', hidden_act: 'gelu', hidden_activation: null },
    { tied: true },
    { act: geluTanh, normOffset: 1, embeddingScale: Math.sqrt(12) },
  ],
]

/** Float32 against doubles. */
const tolerance = (expected: readonly number[]): number =>
  1e-5 * Math.max(10, ...expected.map((value) => Math.abs(value)))

describe('the decoder graph', () => {
  it.each(cases)('computes what the definition says, with %s', async (_, change, options, arithmetic) => {
    const config = { ...tinyLlama, ...change }
    const weights = tinyWeights(config, options)
    const decoder = await load(writeTinyLlama(config, weights))
    const usual = { angle: angles(10000, config.head_dim), act: silu }
    const expected = referenceLogits(config, weights, ids, { ...usual, ...arithmetic }).flat()
    const all = await decoder.forward(decoder.embed(ids), decoder.createCache(), [...ids.keys()])
    expect(all.shape).toEqual([ids.length, config.vocab_size])
    expect(furthest(all.data, expected)).toBeLessThan(tolerance(expected))

    const cache = decoder.createCache()
    await decoder.forward(decoder.embed(ids.slice(0, 4)), cache)
    await decoder.forward(decoder.embed(ids.slice(4, 10)), cache)
    await decoder.forward(decoder.embed(ids.slice(10, 11)), cache)
    const last = await decoder.forward(decoder.embed(ids.slice(11)), cache)
    expect(furthest(last.data, expected.slice(-config.vocab_size))).toBeLessThan(tolerance(expected))
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
