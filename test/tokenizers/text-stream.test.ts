import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/tokenizers/load-tokenizer.ts'
import { createTextStream } from '../../src/tokenizers/text-stream.ts'
import type { Tokenizer } from '../../src/tokenizers/tokenizer.ts'
import { byteLevelTokenizerJson, folderWith, llamaTokenizerJson, sentencePieceModel } from './tiny-tokenizers.ts'

/** The rule, word for word: decodes everything again for every id. */
function piecesByRule(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  let sent = ''
  return ids.map((_, n) => {
    const whole = tokenizer.decode(ids.slice(0, n + 1), { skipSpecialTokens: true })
    const text = n === ids.length - 1 ? whole : whole.replace(/�+$/, '')
    if (!text.startsWith(sent)) return ''
    const piece = text.slice(sent.length)
    sent = text
    return piece
  })
}

function streamed(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const stream = createTextStream(tokenizer)
  return ids.map((id, n) => stream.push(id) + (n === ids.length - 1 ? stream.end() : ''))
}

const tokenizers: [string, Tokenizer][] = [
  ['byte-level tokenizer.json', loadTokenizer(folderWith(byteLevelTokenizerJson()))],
  ['Llama tokenizer.json', loadTokenizer(folderWith(llamaTokenizerJson()))],
  ['sentencepiece, legacy', loadTokenizer(folderWith({ 'tokenizer.model': sentencePieceModel() }))],
  [
    'sentencepiece, not legacy',
    loadTokenizer(folderWith({ 'tokenizer.model': sentencePieceModel(), 'tokenizer_config.json': { legacy: false } })),
  ],
]

describe.each(tokenizers)('the stream of a %s', (_, tokenizer) => {
  test('emits what the rule says for any ids', () => {
    const bytes = [0x20, 0x41, 0x81, 0x82, 0x98, 0x9f, 0xbd, 0xbf, 0xe3, 0xef, 0xf0]
    const byteIds = bytes.map((byte) => tokenizer.tokenId(`<0x${byte.toString(16).toUpperCase()}>`) ?? byte)
    const id = fc.oneof(fc.constantFrom(...byteIds), fc.nat(tokenizer.vocabSize + 1))
    fc.assert(
      fc.property(fc.array(id, { maxLength: 14 }), (ids) => {
        expect(streamed(tokenizer, ids)).toEqual(piecesByRule(tokenizer, ids))
      }),
      { numRuns: 1000 },
    )
  })

  test('gives the whole text of anything that can be written, never half a character', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('a', ' ', '🦊', '日', 'é') }),
    )
    fc.assert(
      fc.property(text, (written) => {
        const ids = tokenizer.encode(written)
        const pieces = streamed(tokenizer, ids)
        expect(pieces.join('')).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }))
        if (!written.includes('�')) expect(pieces.join('')).not.toContain('�')
      }),
      { numRuns: 300 },
    )
  })

  test('costs no more at the end of a long reply than at its start', () => {
    const ids = Array.from({ length: 20 }, () => tokenizer.encode('ab c 🦊 日本 '.repeat(200))).flat()
    const stream = createTextStream(tokenizer)
    const start = performance.now()
    for (const id of ids) stream.push(id)
    expect(ids.length).toBeGreaterThan(50_000)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
