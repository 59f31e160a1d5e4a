import { describe, expect, test } from 'vitest'
import { loadClipTokenizer } from '../../src/tokenizers/clip-bpe.ts'
import { clipFiles, clipTokenizerJson, folderWith } from './tiny-tokenizers.ts'

const tokenizer = loadClipTokenizer(folderWith(clipFiles()))
const words = (text: string, of = tokenizer) =>
  of
    .encode(text, { addSpecialTokens: false })
    .map((id) => of.decode([id]))
    .join(' ')
const id = (token: string) => tokenizer.tokenId(token)

describe('the CLIP tokenizer', () => {
  test('puts BOS and EOS around any text and never truncates', () => {
    expect(tokenizer.encode('')).toEqual([tokenizer.bosTokenId, tokenizer.eosTokenId])
    expect(tokenizer.encode('fox '.repeat(200))).toHaveLength(202)
    expect(tokenizer.encode('fox')).toEqual([id('<|startoftext|>'), id('fox</w>'), id('<|endoftext|>')])
  })

  test('pads to 77 and cuts so that EOS stays last', () => {
    const short = tokenizer.encodePadded('fox')
    const long = tokenizer.encodePadded('fox '.repeat(200))
    expect(short).toHaveLength(77)
    expect(short.slice(2)).toEqual(new Array(75).fill(tokenizer.eosTokenId))
    expect(long).toHaveLength(77)
    expect(long.slice(0, 2)).toEqual([tokenizer.bosTokenId, id('fox</w>')])
    expect(long.at(-1)).toBe(tokenizer.eosTokenId)
  })

  test("makes SDXL's pad token a special token that fills up and is cut out of the text", () => {
    const second = loadClipTokenizer(folderWith(clipFiles()), { padToken: '!' })
    expect(second.padTokenId).toBe(id('!'))
    expect(second.encode('fox!', { addSpecialTokens: false })).toEqual([id('fox</w>'), id('!')])
    expect(tokenizer.encode('fox!', { addSpecialTokens: false })).toEqual([id('fox</w>'), id('!</w>')])
    expect(second.encodePadded('fox').at(-1)).toBe(id('!'))
    expect(second.decode(second.encodePadded('fox'), { skipSpecialTokens: true })).toBe('fox')
  })

  test('lower-cases character by character, composes, and splits into words', () => {
    expect(words("FOX'S  cat\n2fox")).toBe("fox 's cat 2 fox")
    expect(tokenizer.encode('cafe\u0301')).toEqual(tokenizer.encode('café'))
    expect(tokenizer.decode(tokenizer.encode('ΟΔΟΣ', { addSpecialTokens: false }))).toBe('οδοσ')
    expect(words('a\u0085b')).toBe('a b')
  })

  test('cuts at special tokens as they are written only', () => {
    expect(tokenizer.encode('fox<|endoftext|>cat', { addSpecialTokens: false })).toEqual([
      id('fox</w>'),
      tokenizer.eosTokenId,
      id('cat</w>'),
    ])
    expect(tokenizer.encode('<|ENDOFTEXT|>')).not.toContain(undefined)
    expect(tokenizer.encode('<|ENDOFTEXT|>').filter((one) => one === tokenizer.eosTokenId)).toHaveLength(1)
  })

  test('turns any text into ids of the vocabulary and decodes what it wrote', () => {
    for (const text of ['日本語 😀', '\0', '\uD800 fox', '👩‍🚀', '<b>&amp;</b>', '½ ٣', 'ab'.repeat(50_000)]) {
      const ids = tokenizer.encode(text)
      expect(ids.every((one) => Number.isInteger(one) && one >= 0 && one < tokenizer.vocabSize)).toBe(true)
    }
    expect(tokenizer.decode(tokenizer.encode('日本語 😀'), { skipSpecialTokens: true })).toBe('日本語 😀')
  })

  test('reads a tokenizer.json where there is no vocab.json', () => {
    const other = loadClipTokenizer(folderWith(clipTokenizerJson()))
    for (const text of ["A fox's cat!", 'ÀÉ 12', '']) expect(other.encode(text)).toEqual(tokenizer.encode(text))
  })
})

describe('a damaged CLIP tokenizer', () => {
  const load = (changes: Record<string, unknown>) => () => {
    const files = { ...clipFiles(), ...changes }
    return loadClipTokenizer(
      folderWith(Object.fromEntries(Object.entries(files).filter(([, value]) => value !== null))),
    )
  }
  test.each([
    ['no merges.txt', { 'merges.txt': null }, 'weights/missing'],
    ['no vocabulary', { 'vocab.json': null }, 'weights/missing'],
    ['a cut off vocabulary', { 'vocab.json': '{"a": 1, "b' }, 'weights/corrupt'],
    ['a vocabulary of words', { 'vocab.json': { a: 'b' } }, 'weights/corrupt'],
    ['a vocabulary without special tokens', { 'vocab.json': { a: 0 } }, 'weights/corrupt'],
    ['merges that are not pairs', { 'merges.txt': 'a b c\n' }, 'weights/corrupt'],
    ['a config that is not one', { 'tokenizer_config.json': '[1]' }, 'weights/corrupt'],
    ['an unknown pad token', { 'tokenizer_config.json': { pad_token: 'nope' } }, 'weights/corrupt'],
  ])('with %s is refused by name', (_, changes, code) => {
    expect(load(changes)).toThrow(expect.objectContaining({ code, hint: expect.any(String) as string }) as Error)
  })
})
