import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createGenImageParser, parseGenImage, type GenImageEvent } from '../../src/tokenizers/gen-image.ts'

function parseChunks(chunks: readonly string[]): GenImageEvent[] {
  const parser = createGenImageParser()
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()]
}

/** Replies full of tags, halves of tags, blanks and words. */
const reply = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<gen_image>',
        '</gen_image>',
        '<',
        '</',
        '<gen_',
        '</gen_im',
        'image>',
        '<gen_image',
        '</gen_image',
      ),
      fc.constantFrom(' ', '\n', '\u00A0', '\u3000', '\t\r', '\u2003'),
      fc.constantFrom('fox', 'a', '🦊', '>', '\uD83E'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(120), { maxLength: 20 })

function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length]
  return sorted.slice(1).map((end, i) => text.slice(sorted[i], end))
}

describe('parseGenImage', () => {
  test.each([
    ['one <gen_image> fox </gen_image> two <gen_image>cat</gen_image> three', 'one\ntwo\nthree', ['fox', 'cat']],
    ['<gen_image> never closed', '', ['never closed']],
    ['<gen_image> cut off </gen_im', '', ['cut off']],
    ['<gen_image> cut off <', '', ['cut off <']],
    ['<gen_image> cut off <gen_im', '', ['cut off <gen_im']],
    ['text </gen_im', 'text </gen_im', []],
    ['<gen_image> a <gen_image> b </gen_image></gen_image>', '', ['a', 'b']],
    ['stray </gen_image> end', 'stray\nend', []],
    ['<gen_image> \u3000\u00A0\n</gen_image>nothing', 'nothing', []],
    ['<GEN_IMAGE> a </GEN_IMAGE>', '<GEN_IMAGE> a </GEN_IMAGE>', []],
  ])('takes %j apart', (text, shown, prompts) => {
    expect(parseGenImage(text)).toEqual({ text: shown, prompts })
  })
})

describe('the streaming parser', () => {
  test('finds the same text and prompts however the reply is cut', () => {
    fc.assert(
      fc.property(reply, cuts, (text, places) => {
        const events = parseChunks(cutAt(text, places))
        const shown = events.map((event) => (event.type === 'text' ? event.text : '')).join('')
        const prompts = events.flatMap((event) => (event.type === 'prompt-close' ? [event.prompt] : []))
        expect({ text: shown, prompts }).toEqual(parseGenImage(text))
      }),
      { numRuns: 3000 },
    )
  })

  test('opens, fills and closes each block in turn and numbers the blocks from 0', () => {
    fc.assert(
      fc.property(reply, cuts, (text, places) => {
        let open: { block: number; text: string } | undefined
        let next = 0
        for (const event of parseChunks(cutAt(text, places))) {
          if (event.type === 'text') expect(open).toBeUndefined()
          else if (event.type === 'prompt-open') {
            expect([open, event.block]).toEqual([undefined, next++])
            open = { block: event.block, text: '' }
          } else {
            expect(event.block).toBe(open?.block)
            if (event.type === 'prompt') open!.text += event.text
            else {
              expect(event.prompt).toBe(open!.text)
              open = undefined
            }
          }
        }
        expect(open).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  test('keeps the order of a storybook', () => {
    const story = 'Once <gen_image> a fox </gen_image> Then <gen_image> a cat </gen_image> End.'
    expect(parseChunks([story])).toEqual([
      { type: 'text', text: 'Once' },
      { type: 'prompt-open', block: 0 },
      { type: 'prompt', block: 0, text: 'a fox' },
      { type: 'prompt-close', block: 0, prompt: 'a fox' },
      { type: 'text', text: '\nThen' },
      { type: 'prompt-open', block: 1 },
      { type: 'prompt', block: 1, text: 'a cat' },
      { type: 'prompt-close', block: 1, prompt: 'a cat' },
      { type: 'text', text: '\nEnd.' },
    ])
  })

  test('shows text at once but never the beginning of a tag', () => {
    const parser = createGenImageParser()
    expect(parser.push('Sure, a fox')).toEqual([{ type: 'text', text: 'Sure, a fox' }])
    expect(parser.push(' <gen_im')).toEqual([])
    expect(parser.push('possible')).toEqual([{ type: 'text', text: ' <gen_impossible' }])
    expect(parser.push(' <gen_image>')).toEqual([])
    expect(parser.push(' a')).toEqual([
      { type: 'prompt-open', block: 0 },
      { type: 'prompt', block: 0, text: 'a' },
    ])
    expect(parser.push(' fox </gen_ima')).toEqual([{ type: 'prompt', block: 0, text: ' fox' }])
    expect(parser.end()).toEqual([{ type: 'prompt-close', block: 0, prompt: 'a fox' }])
  })
})
