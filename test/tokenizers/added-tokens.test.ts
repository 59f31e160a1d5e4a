import { describe, expect, test } from 'vitest'
import { createSplitter, type AddedToken } from '../../src/tokenizers/added-tokens.ts'

const token = (content: string, flags: Partial<AddedToken> = {}): AddedToken => ({
  id: content.length,
  content,
  special: true,
  lstrip: false,
  rstrip: false,
  singleWord: false,
  normalized: false,
  ...flags,
})
const split = (text: string, ...tokens: AddedToken[]) =>
  createSplitter(tokens)(text).map((section) => (typeof section === 'string' ? section : [section.content]))

describe('createSplitter', () => {
  test('cuts at the leftmost token and takes the longest that begins there', () => {
    expect(split('x<a><a>b', token('<a>'), token('<a><a>'), token('>'))).toEqual(['x', ['<a><a>'], 'b'])
  })

  test('reads tokens literally', () => {
    expect(split('a|b.c', token('|'), token('.'))).toEqual(['a', ['|'], 'b', ['.'], 'c'])
  })

  test('lets a token swallow the white space of Unicode beside it, no more', () => {
    const both = token('<t>', { lstrip: true, rstrip: true })
    expect(split('a \u0085<t>\u3000\n b', both)).toEqual(['a', ['<t>'], 'b'])
    expect(split('a\uFEFF<t>\u200Bb', both)).toEqual(['a\uFEFF', ['<t>'], '\u200Bb'])
    expect(split(' <t> <t> ', both)).toEqual([['<t>'], ['<t>']])
  })

  test('finds a single word only where no word touches it', () => {
    const word = token('fox', { singleWord: true })
    expect(split('foxes fox, xfox', word)).toEqual(['foxes ', ['fox'], ', xfox'])
  })

  test('leaves a text without tokens whole and an empty one empty', () => {
    expect(split('abc')).toEqual(['abc'])
    expect(split('', token('x'))).toEqual([])
  })
})
