import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/tokenizers/load-tokenizer.ts'
import { folderWith, llamaTokenizerJson, sentencePieceModel } from './tiny-tokenizers.ts'

describe('loadTokenizer', () => {
  const model = { 'tokenizer.model': sentencePieceModel() }

  test('prefers tokenizer.json', () => {
    const tokenizer = loadTokenizer(folderWith({ ...model, ...llamaTokenizerJson() }))
    expect(tokenizer.tokenId('<|user|>')).toBe(270)
  })

  test('takes tokenizer.model where it stands alone', () => {
    const tokenizer = loadTokenizer(folderWith(model))
    expect(tokenizer.tokenId('<|user|>')).toBeUndefined()
    expect(tokenizer.encode('ab')).toEqual([1, 265])
  })

  test('takes a vocabulary of 300,000 tokens', () => {
    const description = llamaTokenizerJson()['tokenizer.json'] as { model: { vocab: Record<string, number> } }
    for (let id = 273; id < 300_000; id++) description.model.vocab[`token ${id}`] = id
    const tokenizer = loadTokenizer(folderWith({ 'tokenizer.json': description }))
    expect(tokenizer.vocabSize).toBe(300_000)
    expect(tokenizer.encode('ab')).toEqual([1, 265])
  })

  test('names what is missing', () => {
    expect(() => loadTokenizer(folderWith({}))).toThrow(expect.objectContaining({ code: 'weights/missing' }) as Error)
  })
})
