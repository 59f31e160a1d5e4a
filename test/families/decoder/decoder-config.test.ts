import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { temporaryFolder } from '../../weights/write-safetensors.ts'

function read(config: Record<string, unknown>, generation?: Record<string, unknown>) {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
  if (generation) writeFileSync(path.join(folder, 'generation_config.json'), JSON.stringify(generation))
  return readDecoderConfig(folder)
}

const every = (layers: number, window: number | undefined) => Array.from({ length: layers }, () => window)

describe('a config that is silent', () => {
  it.each([
    ['llama', { vocabSize: 32000, width: 4096, innerWidth: 11008, kvHeads: 32, headDim: 128, contextLength: 2048 }],
    ['mistral', { innerWidth: 14336, kvHeads: 8, headDim: 128, contextLength: 131072, windows: every(32, 4096) }],
    ['qwen2', { vocabSize: 151936, innerWidth: 22016, normEpsilon: 1e-6, windows: every(32, undefined) }],
    ['phi3', { width: 3072, innerWidth: 8192, headDim: 96, normEpsilon: 1e-5, windows: every(32, undefined) }],
    ['gemma', { width: 3072, layers: 28, heads: 16, headDim: 256, tiedEmbeddings: true, vocabSize: 256000 }],
  ])('of %s means the defaults of its class', (type, expected) => {
    expect(read({ model_type: type })).toMatchObject(expected)
  })

  it('says the same as the part of a LLaVA of transformers', () => {
    const text = { model_type: 'mistral', sliding_window: null, vocab_size: 77 }
    expect(read({ model_type: 'llava', text_config: text, vocab_size: 5 })).toEqual(read(text))
    expect(read({ model_type: 'llava', text_config: { vocab_size: 77 } })).toEqual(
      read({ model_type: 'llama', vocab_size: 77 }),
    )
  })

  it('of the original LLaVA is a Llama, and the families of LLMGA are named in any case', () => {
    expect(read({ model_type: 'llava' })).toEqual(read({ model_type: 'llama' }))
    expect(read({ model_type: 'llava_Phi3' })).toEqual(read({ model_type: 'phi3' }))
  })
})

describe('a config', () => {
  it('takes the activation of Gemma from its own key, and "gelu" without it as the tanh form', () => {
    const activation = (keys: Record<string, unknown>) => read({ model_type: 'gemma', ...keys }).activation
    expect(activation({ hidden_act: 'gelu' })).toBe('gelu_pytorch_tanh')
    expect(activation({ hidden_act: 'gelu', hidden_activation: null })).toBe('gelu_pytorch_tanh')
    expect(activation({ hidden_act: 'gelu_pytorch_tanh', hidden_activation: 'gelu' })).toBe('gelu')
    expect(activation({ hidden_act: 'silu' })).toBe('silu')
  })

  it('says where biases must be', () => {
    expect(read({ model_type: 'qwen2' }).biases).toEqual({ queryKeyValue: true, attentionOutput: false, mlp: false })
    expect(read({ model_type: 'llama', attention_bias: true }).biases).toEqual({
      queryKeyValue: true,
      attentionOutput: true,
      mlp: false,
    })
  })

  it('adds the end tokens that generation_config.json names', () => {
    const llama3 = { model_type: 'llama', eos_token_id: 128001 }
    expect(read(llama3, { eos_token_id: [128001, 128009] }).eosTokenIds).toEqual([128001, 128009])
    expect(read(llama3, {}).eosTokenIds).toEqual([128001])
    expect(read({ model_type: 'gemma' }, { eos_token_id: [1, 107] }).eosTokenIds).toEqual([1, 107])
  })

  const factors = (count: number) => Array.from({ length: count }, () => 1)
  it.each([
    ['model_type', { model_type: 'mamba' }],
    ['num_attention_heads', { hidden_size: 100, num_attention_heads: 7 }],
    ['num_key_value_heads', { num_key_value_heads: 5 }],
    ['head_dim', { head_dim: 7 }],
    ['layer_types', { layer_types: ['full_attention'] }],
    ['rope_scaling', { rope_scaling: { type: 'longrope', short_factor: factors(64), long_factor: factors(63) } }],
    ['rope_scaling', { rope_scaling: { rope_type: 'yarn', factor: 4 } }],
    ['quantization_config', { quantization_config: { quant_method: 'gptq' } }],
    ['use_bidirectional_attention', { use_bidirectional_attention: true }],
  ])('with a wrong %s is refused by that name', (key, change) => {
    const message = expect.stringContaining(key) as string
    expect(() => read({ model_type: 'llama', ...change })).toThrow(
      expect.objectContaining({ code: 'model/unsupported', message }) as Error,
    )
  })
})
