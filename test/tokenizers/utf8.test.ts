import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readUtf8, replacementOf, utf8Bytes, wellFormed } from '../../src/tokenizers/utf8.ts'

/** Bytes that often come near to being characters. */
const nearlyText = fc.array(
  fc.constantFrom(0x20, 0x41, 0x80, 0x82, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc3, 0xe0, 0xe3, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
  { maxLength: 12 },
)
const readAll = (bytes: readonly number[], replacement: 'per-sequence' | 'per-byte') => {
  const { text, unfinished } = readUtf8(bytes, replacement)
  return text + replacementOf(unfinished.length, replacement)
}

describe('readUtf8', () => {
  test('replaces malformed sequences as TextDecoder does', () => {
    fc.assert(
      fc.property(nearlyText, (bytes) => {
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
        expect(readAll(bytes, 'per-sequence')).toBe(decoder.decode(Uint8Array.from(bytes)))
      }),
      { numRuns: 2000 },
    )
  })

  test('can replace byte by byte instead', () => {
    expect(readAll([0xe3, 0x81, 0x41, 0xff], 'per-byte')).toBe('��A�')
    expect(readAll([0xf0, 0x9f, 0x98], 'per-byte')).toBe('���')
  })

  test('keeps back what may become a character and gives the same text however the bytes are cut', () => {
    fc.assert(
      fc.property(nearlyText, fc.nat(12), (bytes, at) => {
        const first = readUtf8(bytes.slice(0, at), 'per-sequence')
        const rest = readAll([...first.unfinished, ...bytes.slice(at)], 'per-sequence')
        expect(first.text + rest).toBe(readAll(bytes, 'per-sequence'))
        expect(first.unfinished.length).toBeLessThan(4)
      }),
      { numRuns: 2000 },
    )
  })

  test('says whether it replaced anything', () => {
    expect(readUtf8([...utf8Bytes('é�')], 'per-byte').malformed).toBe(false)
    expect(readUtf8([0x80], 'per-byte').malformed).toBe(true)
    expect(readUtf8([0xc3], 'per-byte').malformed).toBe(false)
  })
})

test('wellFormed replaces lone surrogates only', () => {
  expect(wellFormed('a\uD800b\uDC00 😀')).toBe('a�b� 😀')
})
