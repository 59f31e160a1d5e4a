import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitText } from '../../../adapters/chat/split-text.ts'

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

describe('splitting a text for a platform', () => {
  it('leaves a short text as it is, and nothing of blanks', () => {
    expect(splitText(' a fox ', 10)).toEqual(['a fox'])
    expect(splitText(' \n ', 10)).toEqual([])
  })

  it('cuts at the end of a paragraph, a line, a sentence or a word', () => {
    expect(splitText('one two\n\nthree four', 12)).toEqual(['one two', 'three four'])
    expect(splitText('one two three\nfour', 15)).toEqual(['one two three', 'four'])
    expect(splitText('It is red. It is a fox', 14)).toEqual(['It is red.', 'It is a fox'])
    expect(splitText('它是红色的。它是一只狐狸', 8)).toEqual(['它是红色的。', '它是一只狐狸'])
    expect(splitText('one two three', 8)).toEqual(['one two', 'three'])
  })

  it('never cuts inside a character', () => {
    const family = '👩‍👩‍👧'
    expect(splitText(family.repeat(3), family.length * 2 + 3)).toEqual([family.repeat(2), family])
    expect(splitText('🦊🦊', 3)).toEqual(['🦊', '🦊'])
  })

  it('keeps every letter of any text, in pieces that fit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 20, max: 60 }), (text, limit) => {
        const pieces = splitText(text, limit)
        expect(pieces.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
        for (const piece of pieces) {
          expect(piece.length).toBeGreaterThan(0)
          expect(piece.length).toBeLessThanOrEqual(limit)
          expect(piece).not.toMatch(loneSurrogate)
        }
      }),
    )
  })
})
