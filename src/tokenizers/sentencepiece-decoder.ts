import type { TokenDecoder } from './tokenizer.ts'
import { escapedSpace } from './sentencepiece-bpe.ts'
import { readUtf8, replacementOf } from './utf8.ts'

/** What an id stands for when it is decoded. */
export type DecodedPiece =
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'byte'; readonly byte: number }
  /** `text`: with escaped spaces. */
  | { readonly kind: 'piece'; readonly text: string }

export interface SentencePieceDecoding {
  /** undefined for an id outside the vocabulary and for one to be left out. */
  readonly pieceOf: (id: number) => DecodedPiece | undefined
  /** Whether the vocabulary holds a piece: spaces stay escaped in what it lacks. */
  readonly isPiece: (piece: string) => boolean
  /** Spaces that sentencepiece drops at the start of a segment: the dummy prefix, or all with remove_extra_whitespaces. */
  readonly dropsSpaces: 'none' | 'one' | 'all'
  /** Whether a segment that a special token ends gets a space before it (LlamaTokenizer with legacy). */
  readonly spacesSegments: boolean
}

/**
 * The decoder of transformers' slow LlamaTokenizer (4.37, convert_tokens_to_string): of the very first piece one
 * escaped space goes; the segments between special tokens are decoded by sentencepiece.
 */
export function createSentencePieceDecoder(decoding: SentencePieceDecoding): TokenDecoder {
  let isFirst = true
  let afterSpecial = false
  let segment = createSegment(decoding)
  // With spacesSegments a segment is not final before its end: the space comes before it.
  let held = ''

  const pushSpecial = (text: string, spaced: boolean): string => {
    const done = (spaced ? ' ' : '') + held + segment.rest() + text
    held = ''
    segment = createSegment(decoding)
    return done
  }
  return {
    push(id) {
      const piece = decoding.pieceOf(id)
      if (!piece) return ''
      const [wasFirst, wasAfterSpecial] = [isFirst, afterSpecial]
      isFirst = false
      afterSpecial = piece.kind === 'special'
      if (piece.kind === 'special')
        return pushSpecial(piece.text, decoding.spacesSegments && !wasFirst && !wasAfterSpecial)
      const text = segment.push(wasFirst ? withoutFirstSpace(piece) : piece)
      if (!decoding.spacesSegments) return text
      held += text
      return ''
    },
    rest: () => held + segment.rest(),
  }
}

type TextPiece = Exclude<DecodedPiece, { kind: 'special' }>

const withoutFirstSpace = (piece: TextPiece): TextPiece =>
  piece.kind === 'piece' && piece.text.startsWith(escapedSpace) ? { ...piece, text: piece.text.slice(1) } : piece

/** SentencePieceProcessor::Decode (google/sentencepiece src/sentencepiece_processor.cc). */
function createSegment({ isPiece, dropsSpaces }: SentencePieceDecoding) {
  let bytes: readonly number[] = []
  let atStart = dropsSpaces !== 'none'

  const decodePiece = (piece: string): string => {
    if (!isPiece(piece)) return piece
    const drops = atStart && piece.startsWith(escapedSpace)
    if (drops && dropsSpaces === 'one') atStart = false
    return (drops ? piece.slice(1) : piece).replaceAll(escapedSpace, ' ')
  }
  return {
    push(piece: TextPiece): string {
      let text: string
      if (piece.kind === 'byte') {
        const read = readUtf8([...bytes, piece.byte], 'per-byte')
        bytes = read.unfinished
        text = read.text
      } else {
        const before = replacementOf(bytes.length, 'per-byte')
        bytes = []
        if (before !== '') atStart = false
        text = before + decodePiece(piece.text)
      }
      if (text !== '') atStart = false
      return text
    },
    rest: () => replacementOf(bytes.length, 'per-byte'),
  }
}
