import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Precision } from '../../../src/contract/precision.ts'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { decoderFormats, inPrecision, resolvePrecision } from '../../../src/families/decoder/decoder-precision.ts'
import { loadDecoder } from '../../../src/families/decoder/decoder.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import type { WeightEntry } from '../../../src/weights/safetensors.ts'
import { openWeightFolder, type WeightMap } from '../../../src/weights/weights.ts'
import { temporaryFolder } from '../../weights/write-safetensors.ts'
import { tinyLlama, tinyWeights, writeTinyLlama } from './tiny-llama.ts'

const cacheDir = path.join(temporaryFolder(), 'cache')
const hashOf = async (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
const runtime = await createRuntime({ device: 'cpu', threads: 1, cacheDir, hashOf })
const ids = [1, 5, 9, 2, 7, 7, 22, 0, 13, 4, 19, 3]

/** Logits after every token of a random decoder whose fp16 file is held in a precision. */
async function logits(folder: string, precision: Precision): Promise<Float32Array> {
  const config = readDecoderConfig(folder)
  const weights = await inPrecision(openWeightFolder(folder, 'model'), config, precision, runtime)
  const decoder = await loadDecoder(weights.map, config, weights.runtime)
  const { data } = await decoder.forward(decoder.embed(ids), decoder.createCache(), [...ids.keys()])
  await decoder.release()
  return data
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
const difference = (a: Float32Array, b: Float32Array) => norm(a.map((x, i) => x - b[i]!)) / norm(b)

const matrix = (name: string, rows = 64): [string, WeightEntry] => [
  name,
  { name, dtype: 'F16', shape: [rows, 4096], file: '/nowhere', offset: 0, length: rows * 8192 },
]

const layersOf = (layers: number, rows?: number): WeightMap =>
  new Map([
    matrix('model.embed_tokens.weight'),
    ...Array.from({ length: layers }, (_, n) => [
      matrix(`model.layers.${n}.self_attn.q_proj.weight`, rows),
      matrix(`model.layers.${n}.input_layernorm.weight`),
    ]).flat(),
    matrix('lm_head.weight'),
    matrix('model.mm_projector.0.weight'),
  ])

describe('a decoder in a precision', () => {
  const config = {
    ...tinyLlama,
    hidden_size: 64,
    intermediate_size: 96,
    head_dim: 16,
    num_attention_heads: 4,
    vocab_size: 80,
  }
  const folder = writeTinyLlama(config, tinyWeights(config), { dtype: 'F16' })
  const tied = { ...config, tie_word_embeddings: true }
  const tiedFolder = writeTinyLlama(tied, tinyWeights(tied, { tied: true }), { dtype: 'F16' })

  it.each([
    ['fp16', 1e-6],
    ['int8', 0.05],
    ['int4', 0.3],
  ] as const)('gives in %s nearly what it gives in fp32', async (precision, most) => {
    for (const one of [folder, tiedFolder]) {
      const off = difference(await logits(one, precision), await logits(one, 'fp32'))
      expect(off).toBeLessThan(most)
      if (precision !== 'fp16') expect(off).toBeGreaterThan(1e-4) // quantised weights were really taken
    }
  })

  it('has 4 bits but in its outer layers, and 8 everywhere or nowhere else', () => {
    const formats = (precision: 'fp32' | 'fp16' | 'int8' | 'int4', tiedEmbeddings = false) =>
      [...decoderFormats(layersOf(3), { layers: 3, tiedEmbeddings }, precision)].map(([name, { bits }]) => [name, bits])
    const layer = (n: number) => `model.layers.${n}.self_attn.q_proj.weight`
    expect(formats('fp32')).toEqual([])
    expect(formats('fp16')).toEqual([])
    expect(formats('int8')).toEqual([
      [layer(0), 8],
      [layer(1), 8],
      [layer(2), 8],
      ['lm_head.weight', 8],
    ])
    expect(formats('int4')).toEqual([
      [layer(0), 8],
      [layer(1), 4],
      [layer(2), 8],
      ['lm_head.weight', 8],
    ])
    expect(formats('int4', true)[0]).toEqual(['model.embed_tokens.weight', 8])
  })

  it.each([
    [6, 1024, 'fp32'],
    [24, 4096, 'int8'],
    [32, 40_960, 'int4'],
  ] as const)('by itself takes, with %i layers of %i rows, %s', (layers, rows, expected) => {
    expect(resolvePrecision(layersOf(layers, rows), 'auto')).toBe(expected)
    expect(resolvePrecision(layersOf(layers, rows), 'fp16')).toBe('fp16')
  })

  it('asks for a cache folder where its weights have to be kept', async () => {
    const bare = await createRuntime({ device: 'cpu', threads: 1 })
    const map = openWeightFolder(folder, 'model')
    const refused = inPrecision(map, readDecoderConfig(folder), 'int4', bare)
    await expect(refused).rejects.toMatchObject({ code: 'config/invalid' })
  })
})
