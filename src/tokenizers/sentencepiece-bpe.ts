import { mergePairs } from './merge-pairs.ts'
import { pieceTypes, type SentencePieceModel } from './sentencepiece-model.ts'
import { utf8Bytes } from './utf8.ts'

/** sentencepiece's escape of a space, U+2581. */
export const escapedSpace = '\u2581'

export interface SentencePieceBpe {
  /** Ids by piece, of every type. */
  readonly ids: ReadonlyMap<string, number>
  /** Ids of a text without special tokens in it; `dummyPrefix` puts a space before it. */
  encode(text: string, options: { readonly dummyPrefix: boolean }): number[]
}

export const bytePiece = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`

/**
 * sentencepiece's BPE (google/sentencepiece src/bpe_model.cc): the whole text is one sequence of characters and
 * user-defined symbols; the neighbours whose joint piece has the highest score are joined first.
 */
export function createSentencePieceBpe(model: SentencePieceModel): SentencePieceBpe {
  const ids = new Map(model.pieces.map(({ piece }, id) => [piece, id]))
  const unknownId = model.pieces.findIndex(({ type }) => type === pieceTypes.unknown)
  const userDefined = piecesOf(model, pieceTypes.userDefined)
  const unused = piecesOf(model, pieceTypes.unused)
  const scores = mergeableScores(model)
  const toSymbols = createSymbolSplitter(userDefined)

  const merge = (text: string): string[] => {
    const madeOf = new Map<string, readonly [string, string]>()
    const symbols = mergePairs(toSymbols(text), (left, right) => {
      if (userDefined.has(left) || userDefined.has(right)) return undefined
      const piece = left + right
      const score = scores.get(piece)
      if (score !== undefined && unused.has(piece)) madeOf.set(piece, [left, right])
      return score === undefined ? undefined : -score
    })
    const split = (symbol: string): string[] =>
      unused.has(symbol) ? (madeOf.get(symbol)?.flatMap(split) ?? [symbol]) : [symbol]
    return madeOf.size === 0 ? symbols : symbols.flatMap(split)
  }

  return {
    ids,
    encode(text, { dummyPrefix }) {
      const encoded: number[] = []
      let afterUnknown = false
      for (const symbol of merge(normalize(text, model, dummyPrefix))) {
        const id = ids.get(symbol) ?? unknownId
        if (id === unknownId && model.byteFallback)
          for (const byte of utf8Bytes(symbol)) encoded.push(ids.get(bytePiece(byte))!)
        else if (id !== unknownId || !afterUnknown) encoded.push(id)
        afterUnknown = id === unknownId && !model.byteFallback
      }
      return encoded
    },
  }
}

const piecesOf = ({ pieces }: SentencePieceModel, type: number): ReadonlySet<string> =>
  new Set(pieces.flatMap((piece) => (piece.type === type ? [piece.piece] : [])))

/** Control, unknown and byte pieces never come out of a text. */
function mergeableScores({ pieces }: SentencePieceModel): ReadonlyMap<string, number> {
  const mergeable: readonly number[] = [pieceTypes.normal, pieceTypes.userDefined, pieceTypes.unused]
  return new Map(
    pieces.flatMap(({ piece, score, type }) => (mergeable.includes(type) ? [[piece, score] as const] : [])),
  )
}

/** Characters, and the longest user-defined symbol wherever one begins. */
function createSymbolSplitter(userDefined: ReadonlySet<string>): (text: string) => string[] {
  if (userDefined.size === 0) return (text) => Array.from(text)
  const symbols = [...userDefined].sort((a, b) => b.length - a.length)
  const escaped = symbols.map((symbol) => symbol.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  const pattern = new RegExp(`${escaped.join('|')}|[^]`, 'gu')
  return (text) => text.match(pattern) ?? []
}

/** The identity normaliser of sentencepiece: only spaces change. */
function normalize(text: string, model: SentencePieceModel, dummyPrefix: boolean): string {
  const kept = model.removeExtraWhitespaces ? text.replace(/ +/g, ' ').replace(/^ | $/g, '') : text
  if (kept === '') return ''
  return (dummyPrefix ? escapedSpace : '') + kept.replaceAll(' ', escapedSpace)
}
