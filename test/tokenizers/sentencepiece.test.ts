import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadSentencePieceTokenizer } from '../../src/tokenizers/sentencepiece.ts'
import { folderWith, sentencePieceModel, type SpmOptions } from './tiny-tokenizers.ts'

const load = (config: object = {}, model: SpmOptions = {}) =>
  loadSentencePieceTokenizer(
    folderWith({ 'tokenizer.model': sentencePieceModel(model), 'tokenizer_config.json': config }),
  )
const legacy = load()
const modern = load({ legacy: false })

// Expected values: transformers 4.37.2, LlamaTokenizer over the same tiny model.
describe.each([
  ['', '', '<s>', ''],
  ['abc', '▁ab c', '<s>abc', 'abc'],
  [' ab', '▁ ▁ab', '<s> ab', 'ab'],
  ['  ab', '▁▁ ▁ab', '<s>  ab', ' ab'],
  ['a▁b', '▁a ▁ b', '<s>a b', 'a b'],
  ['ab</s>ab', '▁ab </s> ▁ab', '<s> ab</s>ab', 'ab ab'],
  ['ab </s> ab', '▁ab ▁ </s> ▁ ▁ab', '<s> ab </s> ab', 'ab   ab'],
  ['<s></s>  a', '<s> </s> ▁▁ ▁a', '<s><s></s>  a', ' a'],
  ['é🦊', '▁ <0xC3> <0xA9> <0xF0> <0x9F> <0xA6> <0x8A>', '<s>é🦊', 'é🦊'],
  ['ab\nc', '▁ab <0x0A> c', '<s>ab\nc', 'ab\nc'],
  ['a<unk>b', '▁a <unk> ▁ b', '<s> a<unk>b', 'a b'],
])('the legacy tokenizer, given %j', (text, tokens, decoded, shown) => {
  const ids = legacy.encode(text)
  test('writes these tokens', () => {
    const expected = ['<s>', ...tokens.split(' ').filter((token) => token !== '')]
    expect(ids.map((id) => legacy.token(id))).toEqual(expected)
  })
  test('reads them back', () => {
    expect(legacy.decode(ids)).toBe(decoded)
    expect(legacy.decode(ids, { skipSpecialTokens: true })).toBe(shown)
  })
})

describe.each([
  ['', '', '<s>', ''],
  ['abc', '▁ab c', '<s> abc', 'abc'],
  [' ab', '▁ ▁ab', '<s>  ab', ' ab'],
  ['a▁b', '▁a ▁ b', '<s> a b', 'a b'],
  ['ab</s>ab', '▁ab </s> ab', '<s> ab</s>ab', 'abab'],
  ['</s>ab', '</s> ab', '<s></s>ab', 'ab'],
  ['ab </s> ab', '▁ab ▁ </s> ▁ab', '<s> ab </s> ab', 'ab  ab'],
  ['<s></s>  a', '<s> </s> ▁ ▁a', '<s><s></s>  a', ' a'],
])('the tokenizer with legacy false, given %j', (text, tokens, decoded, shown) => {
  const ids = modern.encode(text)
  test('writes these tokens', () => {
    const expected = ['<s>', ...tokens.split(' ').filter((token) => token !== '')]
    expect(ids.map((id) => modern.token(id))).toEqual(expected)
  })
  test('reads them back', () => {
    expect(modern.decode(ids)).toBe(decoded)
    expect(modern.decode(ids, { skipSpecialTokens: true })).toBe(shown)
  })
})

describe('decoding', () => {
  test('replaces every byte that is no character', () => {
    const bytes = [0xe3, 0x81, 0xe3, 0x81, 0x82, 0xff].map((byte) => byte + 3)
    expect(legacy.decode(bytes)).toBe('��あ�')
  })

  test('leaves out ids that do not exist', () => {
    const [a] = legacy.encode('a', { addSpecialTokens: false })
    expect(legacy.decode([99_999, a!, -200])).toBe('a')
  })
})

describe('the tokenizer', () => {
  test('adds BOS and EOS as its config says', () => {
    expect(load({ add_bos_token: false }).encode('')).toEqual([])
    expect(load({ add_eos_token: true }).encode('')).toEqual([1, 2])
    expect(legacy.encode('a', { addSpecialTokens: false })).toEqual(legacy.encode('a').slice(1))
  })

  test('knows the tokens that were added to the vocabulary', () => {
    const tokenizer = load({ added_tokens_decoder: { 300: { content: '<im>', special: true } } })
    expect(tokenizer.vocabSize).toBe(301)
    expect(tokenizer.encode('a<im>')).toEqual([...tokenizer.encode('a'), 300])
    expect(tokenizer.decode([300, 260], { skipSpecialTokens: true })).toBe('a')
  })

  test('keeps user-defined symbols whole and splits unused pieces again', () => {
    const unknown = ['<unk>', 0, 2] as const
    const letters = ['a', 'b', '▁'].map((letter) => [letter, -9, 1] as const)
    const symbols = load({}, { byteFallback: false, pieces: [unknown, ...letters, ['ab', -1, 1], ['ba', 0, 4]] })
    expect(symbols.encode('aba').map((id) => symbols.token(id))).toEqual(['▁', 'a', 'ba'])
    const unused = load({}, { byteFallback: false, pieces: [unknown, ...letters, ['ab', -1, 5]] })
    expect(unused.encode('ab').map((id) => unused.token(id))).toEqual(['▁', 'a', 'b'])
    expect(unused.encode('axyzb').map((id) => unused.token(id))).toEqual(['▁', 'a', '<unk>', 'b'])
  })

  test('does not hang on 100,000 characters', () => {
    const start = performance.now()
    for (const text of ['a'.repeat(100_000), ' '.repeat(100_000), 'ab c'.repeat(25_000)])
      expect(modern.decode(modern.encode(text), { skipSpecialTokens: true }).trim()).toBe(text.trim())
    expect(performance.now() - start).toBeLessThan(20_000)
  })
})

describe('a tokenizer.model', () => {
  const good = sentencePieceModel()
  test.each([
    ['without bytes', new Uint8Array(), 'weights/corrupt'],
    ['of other bytes', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n'), 'weights/corrupt'],
    ['that is cut off', good.subarray(0, good.length - 5), 'weights/corrupt'],
    ['that is cut off in a piece', good.subarray(0, 1000), 'weights/corrupt'],
    [
      'with a piece twice',
      sentencePieceModel({
        pieces: [
          ['<unk>', 0, 2],
          ['a', 0, 1],
          ['a', 0, 1],
        ],
      }),
      'weights/corrupt',
    ],
    ['without an unknown piece', sentencePieceModel({ byteFallback: false, pieces: [['a', 0, 1]] }), 'weights/corrupt'],
    ['without bytes to fall back on', sentencePieceModel({ pieces: [['<unk>', 0, 2]] }), 'weights/corrupt'],
    ['of the unigram kind', sentencePieceModel({ modelType: 1 }), 'model/unsupported'],
    ['with a table of replacements', sentencePieceModel({ characterMap: 'table' }), 'model/unsupported'],
  ])('%s is refused by name', (_, bytes, code) => {
    const folder = folderWith({})
    writeFileSync(path.join(folder, 'tokenizer.model'), bytes)
    expect(() => loadSentencePieceTokenizer(folder)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('tokenizer.model') as string }) as Error,
    )
  })
})
