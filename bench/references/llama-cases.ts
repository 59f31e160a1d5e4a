/** Language models against llama.cpp: a 7B Llama in 4 bits, Qwen2 1.5B in 16 and 8. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Precision } from '../../src/contract/precision.ts'
import { llamaDefaults, llamaLayout, type LlamaSizes } from '../layouts/llama.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'
import { runEngine } from './alternate.ts'
import { modelFolder, nodeEngine, once, type Case, type Settings } from './case.ts'
import { writeLlamaGguf, type GgufPrecision } from './llama-gguf.ts'

export const llama7b: LlamaSizes = {
  ...llamaDefaults,
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
}

const qwen1b5: LlamaSizes = {
  model_type: 'qwen2',
  rope_theta: 1_000_000,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  vocab_size: 151_936,
  hidden_size: 1536,
  intermediate_size: 8960,
  num_hidden_layers: 28,
  num_attention_heads: 12,
  num_key_value_heads: 2,
}

/** A picture's 576 rows and some words. */
const prompt = 624
const decode = 32

interface Comparison {
  readonly name: string
  readonly model: string
  readonly sizes: LlamaSizes
  readonly ours: readonly Precision[]
  readonly gguf: { readonly name: string } & GgufPrecision
}

function llamaCase({ name, model, sizes: whole, ours, gguf }: Comparison): Case {
  const sizesOf = ({ layers }: Settings) => (layers === undefined ? whole : { ...whole, num_hidden_layers: layers })
  const nameOf = ({ layers }: Settings) => (layers === undefined ? model : `${model}-${layers}-layers`)
  const folderOf = (settings: Settings) => modelFolder(settings, nameOf(settings))
  const ggufOf = (settings: Settings) => path.join(folderOf(settings), `${gguf.name}.gguf`)
  const oursOf = (settings: Settings, precision: Precision, work = { prompt, decode }) => {
    const { threads } = settings
    const job = { folder: folderOf(settings), precision, threads, ...work }
    return nodeEngine(`ours ${precision}`, 'ours-decoder.ts', job)
  }
  return {
    name,
    part: 'llama',
    model: nameOf,
    prepare: async (settings) => {
      const folder = folderOf(settings)
      const sizes = sizesOf(settings)
      const checkpoint = path.join(folder, 'model.safetensors')
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, 'config.json'), JSON.stringify(sizes))
      once(checkpoint, (file) => writeRandomCheckpoint(file, llamaLayout(sizes)))
      once(ggufOf(settings), (file) => writeLlamaGguf(checkpoint, sizes, gguf, file))
      // The first load quantises; what is compared is a later one.
      for (const precision of ours) await runEngine(oursOf(settings, precision, { prompt: 8, decode: 1 }))
    },
    engines: (settings) => {
      const { folder: references, threads } = settings
      const job = { references, threads, prompt, decode, gguf: ggufOf(settings), vocabulary: whole.vocab_size }
      const theirs = { ...job, flashAttention: true, batch: 512 }
      return [
        ...ours.map((precision) => oursOf(settings, precision)),
        nodeEngine(`llama.cpp ${gguf.name}`, 'llamacpp-decoder.ts', theirs),
      ]
    },
  }
}

export const llamaCases: readonly Case[] = [
  llamaCase({
    name: 'Llama 7B, 4 bits',
    model: 'llama-7b',
    sizes: llama7b,
    ours: ['int4'],
    gguf: { name: 'Q4_0', layers: 'Q4_0', output: 'Q8_0' },
  }),
  llamaCase({
    name: 'Qwen2 1.5B, 8 bits',
    model: 'qwen2-1.5b',
    sizes: qwen1b5,
    ours: ['int8'],
    gguf: { name: 'Q8_0', layers: 'Q8_0', output: 'Q8_0' },
  }),
  llamaCase({
    name: 'Qwen2 1.5B, 16 bits',
    model: 'qwen2-1.5b',
    sizes: qwen1b5,
    ours: ['fp16'],
    gguf: { name: 'F16', layers: 'F16', output: 'F16' },
  }),
]
