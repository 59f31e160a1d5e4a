import { describe, expect, test } from 'vitest'
import { loadTokenizerJson } from '../../src/tokenizers/tokenizer-json.ts'
import { byteLevelTokenizerJson, folderWith, llamaTokenizerJson } from './tiny-tokenizers.ts'

const llama = loadTokenizerJson(folderWith(llamaTokenizerJson()))
const bytes = loadTokenizerJson(folderWith(byteLevelTokenizerJson()))

// Expected values: huggingface tokenizers 0.23 (the Rust library) over the same files.
describe('a tokenizer.json in the manner of Llama', () => {
  test.each([
    ['', [1], '<s>', ''],
    ['abc', [1, 265, 262], '<s> abc', 'abc'],
    [' ab', [1, 259, 265], '<s>  ab', ' ab'],
    ['<|user|> \n\u0085ab', [1, 270, 265], '<s><|user|> ab', 'ab'],
    ['<|user|>\uFEFFa', [1, 270, 259, 242, 190, 194, 260], '<s><|user|> \uFEFFa', '\uFEFFa'],
    ['ab<note> ab</s>', [1, 265, 271, 259, 265, 2], '<s> ab<note>  ab</s>', 'ab<note>  ab'],
    ['a  b', [1, 263, 266, 261], '<s> a  b', 'a  b'],
    ["ab'ſ", [1, 265, 42, 200, 194], "<s> ab'ſ", "ab'ſ"],
  ])('reads %j', (text, ids, decoded, shown) => {
    expect(llama.encode(text)).toEqual(ids)
    expect(llama.encode(text, { addSpecialTokens: false })).toEqual(ids.slice(1))
    expect(llama.decode(ids)).toBe(decoded)
    expect(llama.decode(ids, { skipSpecialTokens: true })).toBe(shown)
  })

  test('takes a single word only where no word touches it', () => {
    const words = [1, 272, 266, 118, 122, 114, 117, 103, 118, 259, 272, 259, 269]
    expect(llama.encode('word swords word.')).toEqual(words)
  })

  test('knows its special tokens', () => {
    expect([llama.bosTokenId, llama.eosTokenId, llama.vocabSize]).toEqual([1, 2, 273])
    expect(llama.tokenId('<|user|>')).toBe(270)
    expect(llama.token(265)).toBe('▁ab')
    expect(llama.tokenId('nothing')).toBeUndefined()
  })

  test('makes text of a run of bytes only if all of it is text', () => {
    const run = (...values: number[]) => llama.decode(values.map((value) => value + 3))
    expect(run(0xe3, 0x81, 0x82)).toBe('あ')
    expect(run(0xe3, 0x81, 0x82, 0xe3)).toBe('����')
    expect(run(0xef, 0xbb, 0xbf)).toBe('\uFEFF')
  })

  test('leaves out ids that do not exist', () => {
    expect(llama.decode([-200, 265, 4000])).toBe('ab')
    expect(llama.decode([])).toBe('')
  })
})

describe('a byte-level tokenizer.json', () => {
  test.each([
    ['', []],
    [' ab', [258]],
    ['abc<|im_end|>', [257, 99, 259]],
    ['cafe\u0301', [99, 97, 102, 195, 169]],
    ['a\u0085\u0085b', [97, 194, 133, 194, 133, 98]],
    ['a\uFEFF b', [97, 239, 187, 191, 32, 98]],
  ])('reads %j and adds nothing', (text, ids) => {
    expect(bytes.encode(text)).toEqual(ids)
    expect(bytes.decode(ids)).toBe(text.normalize('NFC'))
    expect(bytes.bosTokenId).toBeUndefined()
  })

  test('writes broken bytes as U+FFFD', () => {
    expect(bytes.decode([0xe3, 0x81, 97, 0xff])).toBe('�a�')
  })

  const split = (text: string, behavior: string, pattern: object) => {
    const pretokenizers = [
      { type: 'Split', pattern, behavior, invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ]
    const description = byteLevelTokenizerJson({ type: 'Sequence', pretokenizers })
    return loadTokenizerJson(folderWith(description)).encode(text)
  }
  const [space, a, b, ab, spaceA, spaceAb] = [32, 97, 98, 257, 256, 258]

  // "ab" and " ab" are one token only where no cut goes through them.
  test.each([
    ['Isolated', { String: ' ' }, [a, space, ab, space, space, ab]],
    ['Removed', { String: ' ' }, [a, ab, ab]],
    ['MergedWithPrevious', { String: 'a' }, [a, spaceA, b, space, spaceA, b]],
    ['MergedWithNext', { String: ' ' }, [a, spaceAb, space, spaceAb]],
    ['Contiguous', { String: ' ' }, [a, space, ab, space, space, ab]],
    ['Isolated', { Regex: '(?i:ſ|B)' }, [a, spaceA, b, space, spaceA, b]],
  ])('cuts %s by %j as the Rust library does', (behavior, pattern, ids) => {
    expect(split('a ab  ab', behavior, pattern)).toEqual(ids)
  })

  test('takes the long s for an s where case does not matter', () => {
    const cut = { Regex: "(?i:'s)" }
    expect(split("ab'ſb", 'Removed', cut)).toEqual([ab, b])
    expect(split("ab'Sb", 'Removed', cut)).toEqual([ab, b])
  })
})

describe('a damaged tokenizer.json', () => {
  const description = byteLevelTokenizerJson()['tokenizer.json'] as Record<string, unknown>
  test.each([
    ['that is no JSON', '{"model"', 'weights/corrupt'],
    ['that is something else', { model_type: 'llama' }, 'weights/corrupt'],
    ['with an unknown part', { ...description, normalizer: { type: 'Rot13' } }, 'weights/corrupt'],
    ['with a decoder of its own', { ...description, decoder: { type: 'CTC' } }, 'model/unsupported'],
  ])('%s is refused by name', (_, content, code) => {
    expect(() => loadTokenizerJson(folderWith({ 'tokenizer.json': content }))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('tokenizer.json') as string }) as Error,
    )
  })
})
