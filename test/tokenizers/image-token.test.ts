import { describe, expect, test } from 'vitest'
import { imageTokenIndex, tokenizeWithImages } from '../../src/tokenizers/image-token.ts'
import { loadTokenizer } from '../../src/tokenizers/load-tokenizer.ts'
import { byteLevelTokenizerJson, folderWith, llamaTokenizerJson } from './tiny-tokenizers.ts'

const llama = loadTokenizer(folderWith(llamaTokenizerJson()))
const withoutBos = loadTokenizer(folderWith(byteLevelTokenizerJson()))

describe('tokenizeWithImages', () => {
  test('keeps one BOS and tokenises the texts around an image separately', () => {
    expect(tokenizeWithImages(llama, 'ab<image>abc')).toEqual([1, 265, imageTokenIndex, 265, 262])
    expect(tokenizeWithImages(llama, 'ab')).toEqual([1, 265])
  })

  test('takes images at the ends and beside one another', () => {
    expect(tokenizeWithImages(llama, '<image>')).toEqual([1, -200])
    expect(tokenizeWithImages(llama, '<image><image>ab')).toEqual([1, -200, -200, 265])
  })

  test('drops nothing where the tokenizer adds no BOS', () => {
    expect(tokenizeWithImages(withoutBos, 'ab<image>ab')).toEqual([257, -200, 257])
  })
})
