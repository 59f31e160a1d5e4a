/** How many U+FFFD stand for a malformed sequence: one (as TextDecoder does) or one a byte (as sentencepiece does). */
export type Replacement = 'per-sequence' | 'per-byte'

export interface Utf8Text {
  readonly text: string
  /** Bytes at the end that may yet become a character; not part of `text`. */
  readonly unfinished: readonly number[]
  /** Whether `text` holds replaced bytes. */
  readonly malformed: boolean
}

const encoder = new TextEncoder()

/** UTF-8 bytes of `text`; a lone surrogate is written as U+FFFD. */
export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text)

/** `text` with lone surrogates, which have no UTF-8 form, replaced by U+FFFD. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD')

/** Reads as many characters from `bytes` as are certain. */
export function readUtf8(bytes: readonly number[], replacement: Replacement): Utf8Text {
  let text = ''
  let malformed = false
  let at = 0
  while (at < bytes.length) {
    const { length, codePoint } = sequenceAt(bytes, at)
    if (codePoint !== undefined) text += String.fromCodePoint(codePoint)
    else if (at + length === bytes.length && extentOf(bytes[at]!) > length) break
    else {
      text += replacementOf(length, replacement)
      malformed = true
    }
    at += length
  }
  return { text, unfinished: bytes.slice(at), malformed }
}

/** Stands for the bytes of one malformed sequence; '' for none. */
export const replacementOf = (length: number, replacement: Replacement): string =>
  '\uFFFD'.repeat(replacement === 'per-byte' ? length : Math.min(length, 1))

/**
 * The longest beginning of a character at `at` (Unicode 15, 3.9, table 3-7; at least one byte), and its code point when
 * it is a whole one.
 */
function sequenceAt(bytes: readonly number[], at: number): { length: number; codePoint?: number } {
  const lead = bytes[at]!
  if (lead < 0x80) return { length: 1, codePoint: lead }
  const extent = extentOf(lead)
  let codePoint = lead & (0xff >> (extent + 1))
  for (let i = 1; i < extent; i++) {
    const byte = bytes[at + i]
    if (byte === undefined || !continues(lead, i, byte)) return { length: i }
    codePoint = (codePoint << 6) | (byte & 0x3f)
  }
  return extent === 1 ? { length: 1 } : { length: extent, codePoint }
}

/** Bytes of the character that `lead` begins; 1 for a byte that begins none. */
function extentOf(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1
}

/** Whether `byte` may be the i-th after `lead`: no overlong forms, surrogates or code points above U+10FFFF. */
function continues(lead: number, i: number, byte: number): boolean {
  if (i > 1) return byte >= 0x80 && byte <= 0xbf
  const from = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const to = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return byte >= from && byte <= to
}
