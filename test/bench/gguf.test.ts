import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { decodeGgml, encodeHalves, halfBits, type GgmlType } from '../../bench/references/ggml-blocks.ts'
import { writeLlamaGguf } from '../../bench/references/llama-gguf.ts'
import { llamaDefaults, llamaLayout } from '../../bench/layouts/llama.ts'
import { writeRandomCheckpoint } from '../../bench/random-checkpoint.ts'
import { halfToFloat } from '../../src/tensor/half.ts'
import { openSafetensors, readWeight } from '../../src/weights/safetensors.ts'
import { readGguf } from './read-gguf.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-gguf-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sizes = {
  ...llamaDefaults,
  vocab_size: 320,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
}

function written(precision: { layers: GgmlType; output: GgmlType }) {
  const checkpoint = path.join(folder, 'model.safetensors')
  writeRandomCheckpoint(checkpoint, llamaLayout(sizes))
  const file = path.join(folder, `${precision.layers}.gguf`)
  writeLlamaGguf(checkpoint, sizes, precision, file)
  const source = openSafetensors(checkpoint).tensors
  const value = (name: string) => readWeight(source.get(name)!).data as Float32Array
  return { gguf: readGguf(readFileSync(file)), value }
}

it('writes half-precision weights as they are, under the names and in the order of dimensions of llama.cpp', () => {
  const { gguf, value } = written({ layers: 'F16', output: 'F16' })
  expect(gguf.metadata).toMatchObject({
    'general.architecture': 'llama',
    'llama.block_count': 2,
    'llama.attention.head_count_kv': 2,
    'llama.rope.freq_base': 10_000,
  })
  expect(gguf.metadata['tokenizer.ggml.tokens']).toHaveLength(320)
  expect(gguf.tensors.size).toBe(2 * 9 + 3)
  const down = gguf.tensors.get('blk.1.ffn_down.weight')!
  expect(down.dims).toEqual([96, 64])
  expect(down.values).toEqual(value('model.layers.1.mlp.down_proj.weight'))
  expect(gguf.tensors.get('output_norm.weight')).toMatchObject({ dims: [64], values: value('model.norm.weight') })
})

it('interleaves the halves of each head of queries and keys', () => {
  const { gguf, value } = written({ layers: 'F16', output: 'F16' })
  const [width, headDim] = [64, 16]
  const source = value('model.layers.0.self_attn.k_proj.weight')
  const { values } = gguf.tensors.get('blk.0.attn_k.weight')!
  const row = (data: ArrayLike<number>, n: number) => Array.from({ length: width }, (_, i) => data[n * width + i]!)
  for (const head of [0, 1])
    for (let i = 0; i < headDim; i++)
      expect(row(values, head * headDim + i)).toEqual(row(source, head * headDim + (i >> 1) + (i % 2) * (headDim / 2)))
})

it.each([
  ['Q8_0', 0.008],
  ['Q4_0', 0.12],
] as const)('keeps values in %s within its steps, the output layer in its own type', (layers, tolerance) => {
  const { gguf, value } = written({ layers, output: 'F16' })
  expect(gguf.tensors.get('output.weight')!.values).toEqual(value('lm_head.weight'))
  const source = value('model.layers.0.mlp.gate_proj.weight')
  const { values } = gguf.tensors.get('blk.0.ffn_gate.weight')!
  expect(values).toHaveLength(source.length)
  for (const [i, got] of values.entries()) expect(Math.abs(got - source[i]!)).toBeLessThan(tolerance * 2 ** -5 * 2)
})

it('meets the largest value of a block and zeros exactly', () => {
  const bits = Uint16Array.from({ length: 32 }, (_, i) => halfBits(i === 7 ? -2 : i === 20 ? 1 : 0))
  for (const type of ['Q4_0', 'Q8_0'] as const) {
    const values = decodeGgml(type, encodeHalves(type, bits))
    expect(values[7]).toBeCloseTo(-2, 2)
    expect(values[20]).toBeCloseTo(1, 1)
    expect(values.filter((value) => value !== 0)).toHaveLength(2)
  }
})

it('finds the bits of half-precision values', () => {
  for (const value of [0, -0, 1, -1.5, 65504, 2 ** -24, 2 ** -14, 0.1, Infinity, -Infinity])
    expect(halfToFloat(Uint16Array.of(halfBits(value)))[0]).toBeCloseTo(value, 3)
})
