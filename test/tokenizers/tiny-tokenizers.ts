import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { afterAll } from 'vitest'
import { byteToCharacter } from '../../src/tokenizers/byte-alphabet.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

/** A new folder with these files, removed after the test file's last test; what is not a string or bytes is written as JSON. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'llmga-tokenizer-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
    writeFileSync(path.join(folder, name), raw)
  }
  return folder
}

const special = (id: number, content: string, flags: object = {}) => ({
  id,
  content,
  special: true,
  normalized: false,
  lstrip: false,
  rstrip: false,
  single_word: false,
  ...flags,
})

/** Words that the tiny CLIP vocabulary knows whole. */
const clipMerges = ['f o', 'fo x</w>', 'c a', 'ca t</w>', "' s</w>", 'a b', 'ab a', 'Ã Ł</w>']

export function clipFiles(): Record<string, unknown> {
  const tokens = [
    ...byteToCharacter,
    ...byteToCharacter.map((character) => `${character}</w>`),
    ...clipMerges.map((merge) => merge.replace(' ', '')),
    '<|startoftext|>',
    '<|endoftext|>',
  ]
  return {
    'vocab.json': Object.fromEntries(tokens.map((token, id) => [token, id])),
    'merges.txt': `#version: 0.2\n${clipMerges.join('\n')}\n`,
    'tokenizer_config.json': { pad_token: '<|endoftext|>', model_max_length: 77 },
  }
}

/** The same vocabulary as a tokenizer.json. */
export function clipTokenizerJson(): Record<string, unknown> {
  const { 'vocab.json': vocab, 'tokenizer_config.json': config } = clipFiles()
  return {
    'tokenizer.json': { model: { vocab, merges: clipMerges.map((merge) => merge.split(' ')) } },
    'tokenizer_config.json': config,
  }
}

const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
const llamaPieces = ['▁', 'a', 'b', 'c', '▁a', 'ab', '▁ab', '▁▁', 'abc', '�', '.']

export interface SpmOptions {
  readonly modelType?: number
  readonly byteFallback?: boolean
  readonly characterMap?: string
  readonly pieces?: readonly (readonly [piece: string, score: number, type: number])[]
}

const defaultPieces: NonNullable<SpmOptions['pieces']> = [
  ['<unk>', 0, 2],
  ['<s>', 0, 3],
  ['</s>', 0, 3],
  ...byteTokens.map((token) => [token, 0, 6] as const),
  ...llamaPieces.map((piece, i) => [piece, -i, 1] as const),
]

/** Bytes of a tokenizer.model. */
export function sentencePieceModel(options: SpmOptions = {}): Uint8Array {
  const { modelType = 2, byteFallback = true, characterMap = '', pieces = defaultPieces } = options
  const writer = new BinaryWriter()
  for (const [piece, score, type] of pieces)
    writer
      .tag(1, WireType.LengthDelimited)
      .fork()
      .tag(1, WireType.LengthDelimited)
      .string(piece)
      .tag(2, WireType.Bit32)
      .float(score)
      .tag(3, WireType.Varint)
      .int32(type)
      .join()
  writer.tag(2, WireType.LengthDelimited).fork().tag(3, WireType.Varint).int32(modelType)
  writer.tag(35, WireType.Varint).bool(byteFallback).join()
  writer.tag(3, WireType.LengthDelimited).fork().tag(2, WireType.LengthDelimited).string(characterMap)
  writer.tag(4, WireType.Varint).bool(false).join()
  return writer.finish()
}

const llamaVocab = defaultPieces.map(([piece]) => piece)

/** A tokenizer.json as LlamaTokenizerFast writes it, with a token that swallows the white space after it. */
export function llamaTokenizerJson(): Record<string, unknown> {
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: [
        ...['<unk>', '<s>', '</s>'].map((content, id) => special(id, content)),
        special(llamaVocab.length, '<|user|>', { rstrip: true }),
        special(llamaVocab.length + 1, '<note>', { special: false }),
        special(llamaVocab.length + 2, 'word', { single_word: true }),
      ],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: {
        type: 'BPE',
        unk_token: '<unk>',
        fuse_unk: true,
        byte_fallback: true,
        vocab: Object.fromEntries(llamaVocab.map((piece, id) => [piece, id])),
        merges: ['▁ a', 'a b', '▁ ab', '▁a b', '▁ ▁', 'ab c'],
      },
    },
    'tokenizer_config.json': { bos_token: '<s>', eos_token: { content: '</s>' } },
  }
}

/** A byte-level tokenizer.json without BOS, in the manner of GPT-2 and Qwen2. */
export function byteLevelTokenizerJson(
  preTokenizer: object = { type: 'ByteLevel', add_prefix_space: false },
): Record<string, unknown> {
  const tokens = [...byteToCharacter, 'Ġa', 'ab', 'Ġab']
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: [special(tokens.length, '<|im_end|>')],
      normalizer: { type: 'NFC' },
      pre_tokenizer: preTokenizer,
      post_processor: { type: 'ByteLevel' },
      decoder: { type: 'ByteLevel' },
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: ['Ġ a', 'a b', 'Ġa b'],
      },
    },
    'tokenizer_config.json': { bos_token: null, eos_token: '<|im_end|>' },
  }
}
