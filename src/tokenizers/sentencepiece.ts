import path from 'node:path'
import { createSplitter, type AddedToken } from './added-tokens.ts'
import { createSentencePieceBpe, escapedSpace } from './sentencepiece-bpe.ts'
import { createSentencePieceDecoder, type DecodedPiece } from './sentencepiece-decoder.ts'
import { pieceTypes, readSentencePieceModel, type SentencePieceModel } from './sentencepiece-model.ts'
import { decodeAll, vocabSizeOf, type Tokenizer } from './tokenizer.ts'
import { readTokenizerSettings, type TokenizerSettings } from './tokenizer-settings.ts'
import { wellFormed } from './utf8.ts'

/**
 * The slow LlamaTokenizer of transformers 4.37 over a folder's `tokenizer.model` (sentencepiece BPE with byte fallback).
 * tokenizer_config.json's `legacy` (default true) decides whether every stretch of text after a special token gets
 * sentencepiece's dummy space (legacy) or only the text as a whole.
 * Throws AppError `weights/missing`, `weights/corrupt` or `model/unsupported`.
 */
export function loadSentencePieceTokenizer(folder: string): Tokenizer {
  const model = readSentencePieceModel(path.join(folder, 'tokenizer.model'))
  const settings = readTokenizerSettings(folder)
  const legacy = settings.legacy ?? true
  const vocabulary = createVocabulary(model, settings)
  const { bpe, tokens, ids, specialIds } = vocabulary
  const bosTokenId = ids.get(vocabulary.bos)
  const eosTokenId = ids.get(vocabulary.eos)
  const encodeText = legacy ? legacyEncoder(vocabulary, model) : encoder(vocabulary)
  const before = (settings.addBosToken ?? true) && bosTokenId !== undefined ? [bosTokenId] : []
  const after = settings.addEosToken && eosTokenId !== undefined ? [eosTokenId] : []

  const tokenizer: Tokenizer = {
    vocabSize: vocabSizeOf(tokens.keys()),
    bosTokenId,
    eosTokenId,
    encode(text, { addSpecialTokens = true } = {}) {
      const encoded = encodeText(wellFormed(text))
      return addSpecialTokens ? [...before, ...encoded, ...after] : encoded
    },
    decode: (all, options) => decodeAll(tokenizer.createDecoder(options), all),
    createDecoder: ({ skipSpecialTokens = false } = {}) =>
      createSentencePieceDecoder({
        pieceOf: (id) => (skipSpecialTokens && specialIds.has(id) ? undefined : decodedPiece(vocabulary, model, id)),
        isPiece: (piece) => bpe.ids.has(piece),
        dropsSpaces: model.removeExtraWhitespaces ? 'all' : legacy && model.addDummyPrefix ? 'one' : 'none',
        spacesSegments: legacy && !skipSpecialTokens,
      }),
    tokenId: (token) => ids.get(token),
    token: (id) => tokens.get(id),
  }
  return tokenizer
}

interface Vocabulary {
  readonly bpe: ReturnType<typeof createSentencePieceBpe>
  readonly ids: ReadonlyMap<string, number>
  readonly tokens: ReadonlyMap<number, string>
  readonly specialIds: ReadonlySet<number>
  /** Everything that is cut out of a text. */
  readonly added: readonly AddedToken[]
  readonly bos: string
  readonly eos: string
  readonly unknown: string
}

function createVocabulary(model: SentencePieceModel, settings: TokenizerSettings): Vocabulary {
  const bpe = createSentencePieceBpe(model)
  const ids = new Map([...bpe.ids, ...settings.added.map(({ content, id }) => [content, id] as const)])
  const { bos_token = '<s>', eos_token = '</s>', unk_token = '<unk>' } = settings.tokens
  const defaults = [bos_token, eos_token, unk_token].map((content) => ({ ...plainSpecial, content }))
  const byContent = new Map<string, AddedToken>()
  for (const token of [...defaults, ...settings.special, ...settings.added]) {
    const id = ids.get(token.content)
    const special = token.special || byContent.get(token.content)?.special === true
    if (id !== undefined) byContent.set(token.content, { ...token, id, special })
  }
  const added = [...byContent.values()]
  return {
    bpe,
    ids,
    tokens: new Map([...ids].map(([token, id]) => [id, token])),
    specialIds: new Set(added.filter((token) => token.special).map((token) => token.id)),
    added,
    bos: bos_token,
    eos: eos_token,
    unknown: unk_token,
  }
}

const plainSpecial = { special: true, lstrip: false, rstrip: false, singleWord: false, normalized: false }

/** Every stretch between added tokens goes to sentencepiece on its own. */
function legacyEncoder({ added, bpe }: Vocabulary, model: SentencePieceModel): (text: string) => number[] {
  const split = createSplitter(added)
  return (text) =>
    split(text).flatMap((section) =>
      typeof section === 'string' ? bpe.encode(section, { dummyPrefix: model.addDummyPrefix }) : [section.id],
    )
}

/**
 * Only the text as a whole gets a space before it. A stretch that begins with a space is encoded behind the unknown
 * token's letters, which are dropped again, because sentencepiece might strip that space at the start of a text.
 */
function encoder({ added, bpe, ids, specialIds, unknown }: Vocabulary): (text: string) => number[] {
  const split = createSplitter(added)
  const encodePlain = (text: string) => bpe.encode(text, { dummyPrefix: false })
  const markLength = encodePlain(unknown).length
  const encodeSection = (text: string): number[] =>
    text.startsWith(escapedSpace) || text.startsWith(' ')
      ? encodePlain(unknown + text).slice(markLength)
      : encodePlain(text)
  return (text) => {
    if (text === '') return []
    const sections = split(escapedSpace + text.replaceAll(escapedSpace, ' '))
    const encoded = sections.flatMap((section) => (typeof section === 'string' ? encodeSection(section) : [section.id]))
    const startsWithLoneSpace =
      encoded.length > 1 && encoded[0] === ids.get(escapedSpace) && specialIds.has(encoded[1]!)
    return startsWithLoneSpace ? encoded.slice(1) : encoded
  }
}

function decodedPiece(
  { bpe, tokens, specialIds }: Vocabulary,
  model: SentencePieceModel,
  id: number,
): DecodedPiece | undefined {
  const text = tokens.get(id)
  if (text === undefined) return undefined
  if (specialIds.has(id)) return { kind: 'special', text }
  const type = bpe.ids.has(text) ? model.pieces[id]?.type : undefined
  if (type === pieceTypes.control) return { kind: 'piece', text: '' }
  if (type === pieceTypes.byte) return { kind: 'byte', byte: Number.parseInt(text.slice(3, 5), 16) }
  return { kind: 'piece', text }
}
