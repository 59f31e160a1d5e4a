import { createSplitter, type AddedToken } from './added-tokens.ts'
import { readBpeVocabulary, type BpeVocabulary } from './bpe-vocabulary.ts'
import { byteToCharacter, characterToByte } from './byte-alphabet.ts'
import { mergePairs } from './merge-pairs.ts'
import { vocabSizeOf, type DecodeOptions, type EncodeOptions } from './tokenizer.ts'
import { corruptTokenizer, readTokenizerSettings, type TokenizerSettings } from './tokenizer-settings.ts'
import { readUtf8, replacementOf, utf8Bytes, wellFormed } from './utf8.ts'

/** The tokenizer of CLIP's text encoders. */
export interface ClipTokenizer {
  readonly vocabSize: number
  readonly bosTokenId: number
  readonly eosTokenId: number
  readonly padTokenId: number
  /** Length of what encodePadded returns (77). */
  readonly modelMaxLength: number
  /** [BOS, ..., EOS], not truncated; without `addSpecialTokens` only what lies between. */
  encode(text: string, options?: EncodeOptions): number[]
  /** encode, cut to modelMaxLength with EOS last, or filled up with the pad token. */
  encodePadded(text: string): number[]
  /** Lower-cased text of ids, words separated by one space. */
  decode(ids: readonly number[], options?: DecodeOptions): string
  tokenId(token: string): number | undefined
}

const space = '\\p{White_Space}'
const whiteSpaceRun = new RegExp(`${space}+`, 'gu')
const wordPattern = new RegExp(`'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^${space}\\p{L}\\p{N}]+`, 'gu')
/** Python's str.strip(). */
const strippable = new RegExp(`^[${space}\\x1c-\\x1f]+|[${space}\\x1c-\\x1f]+$`, 'gu')
const endOfWord = '</w>'
const maxCachedWords = 20_000
const maxCachedLength = 64
const defaultLength = 77
/** tokenizer_config.json says 1e30 where it means no limit. */
const largestLength = 10_000

/**
 * Reads vocab.json + merges.txt (or tokenizer.json, in a folder that has only that) and the special tokens beside them.
 * The text is treated as by transformers' fast CLIP tokenizer: cut at special tokens, NFC, white space to one space,
 * lower case character by character, words, bytes, BPE. `padToken` replaces the folder's own: SDXL's tokenizer_2 pads
 * with "!", which thereby is a special token wherever it stands in a text.
 * Throws AppError `weights/missing` or `weights/corrupt`.
 */
export function loadClipTokenizer(folder: string, options: { readonly padToken?: string } = {}): ClipTokenizer {
  const vocabulary = readBpeVocabulary(folder)
  const settings = readTokenizerSettings(folder)
  const { bos, eos, unknown, pad } = clipRoles(vocabulary, settings, options.padToken)
  const special = clipSpecialTokens(vocabulary, settings, [bos, eos, unknown, pad])
  const specialIds = new Set(special.map((token) => token.id))
  const split = createSplitter(special)
  const wordIds = createWordEncoder(vocabulary, unknown.id)
  const tokens = new Map([...vocabulary.ids].map(([token, id]) => [id, token]))
  const length = settings.modelMaxLength ?? defaultLength
  const modelMaxLength = length <= largestLength ? length : defaultLength

  const encode = (text: string, { addSpecialTokens = true }: EncodeOptions = {}): number[] => {
    const ids = split(wellFormed(text)).flatMap((section) =>
      typeof section === 'string' ? wordsOf(section).flatMap(wordIds) : [section.id],
    )
    return addSpecialTokens ? [bos.id, ...ids, eos.id] : ids
  }
  return {
    vocabSize: vocabSizeOf(tokens.keys()),
    bosTokenId: bos.id,
    eosTokenId: eos.id,
    padTokenId: pad.id,
    modelMaxLength,
    encode,
    encodePadded(text) {
      const ids = encode(text)
      if (ids.length > modelMaxLength) return [...ids.slice(0, modelMaxLength - 1), eos.id]
      return [...ids, ...new Array<number>(modelMaxLength - ids.length).fill(pad.id)]
    },
    decode(ids, { skipSpecialTokens = false } = {}) {
      const kept = skipSpecialTokens ? ids.filter((id) => !specialIds.has(id)) : ids
      return textOf(kept.map((id) => tokens.get(id) ?? ''))
    },
    tokenId: (token) => vocabulary.ids.get(token),
  }
}

interface Role {
  readonly content: string
  readonly id: number
}

function clipRoles({ file, ids }: BpeVocabulary, { tokens }: TokenizerSettings, padToken: string | undefined) {
  const role = (name: string, content: string): Role => {
    const id = ids.get(content)
    if (id === undefined) throw corruptTokenizer(file, `the ${name} token ${content} is not in the vocabulary`)
    return { content, id }
  }
  const eos = role('end', tokens.eos_token ?? '<|endoftext|>')
  return {
    bos: role('start', tokens.bos_token ?? '<|startoftext|>'),
    eos,
    unknown: role('unknown', tokens.unk_token ?? eos.content),
    pad: role('pad', padToken ?? tokens.pad_token ?? eos.content),
  }
}

/** The tokens that are cut out of a text; all of them are looked for in the raw text, case and all. */
function clipSpecialTokens({ ids }: BpeVocabulary, settings: TokenizerSettings, roles: readonly Role[]): AddedToken[] {
  const described = new Map([...settings.special, ...settings.added].map((token) => [token.content, token]))
  const known = [...described.keys()].flatMap((content) => {
    const id = ids.get(content)
    return id === undefined ? [] : [{ content, id }]
  })
  const byContent = new Map([...roles, ...known].map((role) => [role.content, role]))
  return [...byContent.values()].map(({ content, id }) => {
    const { lstrip = false, rstrip = false, singleWord = false } = described.get(content) ?? {}
    return { content, id, lstrip, rstrip, singleWord, special: true, normalized: false }
  })
}

/** NFC, white space to one space, lower case character by character (so that no final sigma appears), then words. */
function wordsOf(text: string): string[] {
  const spaced = text.normalize('NFC').replace(whiteSpaceRun, ' ')
  const lower = Array.from(spaced, (character) => character.toLowerCase()).join('')
  return lower.match(wordPattern) ?? []
}

function createWordEncoder({ ids, ranks }: BpeVocabulary, unknownId: number): (word: string) => readonly number[] {
  const cache = new Map<string, readonly number[]>()
  const encodeWord = (word: string): readonly number[] => {
    const symbols = Array.from(utf8Bytes(word), (byte) => byteToCharacter[byte]!)
    symbols.push(symbols.pop()! + endOfWord)
    return mergePairs(symbols, (left, right) => ranks.get(`${left} ${right}`)).map(
      (token) => ids.get(token) ?? unknownId,
    )
  }
  return (word) => {
    const cached = cache.get(word)
    if (cached) return cached
    const encoded = encodeWord(word)
    if (cache.size >= maxCachedWords) cache.clear()
    if (word.length <= maxCachedLength) cache.set(word, encoded)
    return encoded
  }
}

function textOf(tokens: readonly string[]): string {
  const bytes = Array.from(tokens.join(''), (character) => characterToByte.get(character) ?? 0x20)
  const { text, unfinished } = readUtf8(bytes, 'per-sequence')
  return (text + replacementOf(unfinished.length, 'per-sequence')).replaceAll(endOfWord, ' ').replace(strippable, '')
}
