/** A Llama or Qwen2 checkpoint with half-precision weights as a GGUF file of the same values, or of fewer bits. */
import { closeSync, openSync, readSync } from 'node:fs'
import { openSafetensors, type WeightEntry } from '../../src/weights/safetensors.ts'
import type { LlamaSizes } from '../layouts/llama.ts'
import type { GgmlType } from './ggml-blocks.ts'
import { writeGguf, type GgufTensor, type GgufValue } from './gguf.ts'

const names: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens\./, 'token_embd.'],
  [/^model\.norm\./, 'output_norm.'],
  [/^lm_head\./, 'output.'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj\./, 'blk.$1.attn_$2.'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj\./, 'blk.$1.attn_output.'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\./, 'blk.$1.ffn_$2.'],
  [/^model\.layers\.(\d+)\.input_layernorm\./, 'blk.$1.attn_norm.'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm\./, 'blk.$1.ffn_norm.'],
]

/** transformers' name of a tensor as llama.cpp has it. */
export function ggufName(name: string): string {
  const [pattern, to] = names.find(([from]) => from.test(name)) ?? []
  if (pattern === undefined || to === undefined) throw new RangeError(`no GGUF name for ${name}`)
  return name.replace(pattern, to)
}

/** How many bits matrices get: those of the layers, and the output layer's. */
export interface GgufPrecision {
  readonly layers: GgmlType
  readonly output: GgmlType
}

/** Writes `checkpoint` (safetensors of F16) to `file`. */
export function writeLlamaGguf(checkpoint: string, sizes: LlamaSizes, precision: GgufPrecision, file: string): void {
  const descriptor = openSync(checkpoint, 'r')
  try {
    const { tensors } = openSafetensors(checkpoint)
    const converted = [...tensors.values()].map((entry): GgufTensor => {
      const type = typeOf(entry, sizes, precision)
      return { name: ggufName(entry.name), shape: entry.shape, type, rows: rowReader(descriptor, entry, sizes) }
    })
    writeGguf(file, metadata(sizes), converted)
  } finally {
    closeSync(descriptor)
  }
}

function typeOf({ name, shape }: WeightEntry, sizes: LlamaSizes, { layers, output }: GgufPrecision): GgmlType {
  if (shape.length === 1) return 'F32'
  const outputName = sizes.tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'
  return name === outputName ? output : layers
}

/**
 * Rows as they lie. llama.cpp turns neighbouring values of a Llama's heads where transformers turns halves (Qwen2 stays):
 * there row r of a head is row r / 2 of its first half, or of its second where r is odd.
 */
function rowReader(descriptor: number, entry: WeightEntry, sizes: LlamaSizes): GgufTensor['rows'] {
  const columns = entry.shape.at(-1)!
  const read = (row: number, count: number): Uint16Array => {
    const values = new Uint16Array(count * columns)
    const bytes = new Uint8Array(values.buffer)
    for (let done = 0; done < bytes.length;)
      done += readSync(descriptor, bytes, done, bytes.length - done, entry.offset + row * columns * 2 + done)
    return values
  }
  const turned = sizes.model_type === 'llama' && /self_attn\.[qk]_proj\.weight$/.test(entry.name)
  return turned ? interleaved(read, columns, sizes.hidden_size / sizes.num_attention_heads) : read
}

function interleaved(read: GgufTensor['rows'], columns: number, headDim: number): GgufTensor['rows'] {
  return (first, count) => {
    const start = Math.floor(first / headDim) * headDim
    const source = read(start, Math.ceil((first + count - start) / headDim) * headDim)
    const values = new Uint16Array(count * columns)
    for (let i = 0; i < count; i++) {
      const place = first + i - start
      const inHead = place % headDim
      const from = place - inHead + (inHead >> 1) + (inHead & 1) * (headDim >> 1)
      values.set(source.subarray(from * columns, (from + 1) * columns), i * columns)
    }
    return values
  }
}

/** What llama.cpp wants to know, with a vocabulary of as many tokens as the table has rows. */
function metadata(sizes: LlamaSizes): Record<string, GgufValue> {
  const arch = sizes.model_type
  const special = ['<unk>', '<s>', '</s>']
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).padStart(2, '0').toUpperCase()}>`)
  const known = [...special, ...bytes]
  const tokens = Array.from({ length: sizes.vocab_size }, (_, i) => known[i] ?? `token${i}`)
  const kindOf = (i: number) => (i === 0 ? 2 : i < special.length ? 3 : i < known.length ? 6 : 1)
  return {
    'general.architecture': { text: arch },
    'general.name': { text: 'random weights' },
    [`${arch}.block_count`]: { u32: sizes.num_hidden_layers },
    [`${arch}.context_length`]: { u32: 4096 },
    [`${arch}.embedding_length`]: { u32: sizes.hidden_size },
    [`${arch}.feed_forward_length`]: { u32: sizes.intermediate_size },
    [`${arch}.attention.head_count`]: { u32: sizes.num_attention_heads },
    [`${arch}.attention.head_count_kv`]: { u32: sizes.num_key_value_heads },
    [`${arch}.attention.layer_norm_rms_epsilon`]: { f32: sizes.rms_norm_eps },
    [`${arch}.rope.dimension_count`]: { u32: sizes.hidden_size / sizes.num_attention_heads },
    [`${arch}.rope.freq_base`]: { f32: sizes.rope_theta },
    [`${arch}.vocab_size`]: { u32: sizes.vocab_size },
    'tokenizer.ggml.model': { text: 'llama' },
    'tokenizer.ggml.tokens': { texts: tokens },
    'tokenizer.ggml.scores': { f32s: tokens.map((_, i) => -i) },
    'tokenizer.ggml.token_type': { i32s: tokens.map((_, i) => kindOf(i)) },
    'tokenizer.ggml.unknown_token_id': { u32: 0 },
    'tokenizer.ggml.bos_token_id': { u32: 1 },
    'tokenizer.ggml.eos_token_id': { u32: 2 },
    'tokenizer.ggml.add_bos_token': { flag: false },
  }
}
