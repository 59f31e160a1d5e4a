/**
 * tokenizer.json by @huggingface/tokenizers 0.2.0, with the parts in which that library departs from the Rust one (and
 * from the goldens) done here:
 * - Decoding. It replaces broken byte runs sequence by sequence instead of byte by byte, drops a byte order mark, and
 *   breaks on ids outside the vocabulary; nor can it decode id by id. See tokenizer-json-decoder.ts.
 * - Cutting at added tokens. It strips white space by JavaScript's notion (U+FEFF but not U+0085) and ignores
 *   single_word. See added-tokens.ts.
 * - Descriptions that it misreads are rewritten before it sees them. See tokenizer-json-rewrite.ts.
 * Its normalisers, pre-tokenisers, models and post-processors are used as they are.
 */
import path from 'node:path'
import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { createSplitter, type AddedToken } from './added-tokens.ts'
import { readDecoder, type DecoderFactory } from './tokenizer-json-decoder.ts'
import { createLibraryTokenizer, type LibraryTokenizer } from './tokenizer-json-library.ts'
import { rewritePreTokenizer } from './tokenizer-json-rewrite.ts'
import { corruptTokenizer, readTokenizerFile, readTokenizerSettings } from './tokenizer-settings.ts'
import { decodeAll, type Tokenizer } from './tokenizer.ts'
import { wellFormed } from './utf8.ts'

const partSchema = z.looseObject({ type: z.string() }).nullable().default(null)
const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
  normalized: z.boolean().default(false),
})
const descriptionSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: partSchema,
  pre_tokenizer: partSchema,
  post_processor: partSchema,
  decoder: z.looseObject({ type: z.string() }),
  // The library checks the rest; a check of every token would take a second.
  model: z.looseObject({ vocab: z.custom<object>((vocab) => typeof vocab === 'object' && vocab !== null) }),
})
type Description = z.infer<typeof descriptionSchema>

/**
 * The tokenizer that a folder's tokenizer.json describes; BOS and EOS by tokenizer_config.json and
 * special_tokens_map.json. Throws AppError `weights/missing`, `weights/corrupt`, or `model/unsupported` for a decoder
 * that this program cannot follow.
 */
export function loadTokenizerJson(folder: string): Tokenizer {
  const file = path.join(folder, 'tokenizer.json')
  const description = readTokenizerFile(file, descriptionSchema)
  const library = libraryTokenizerOf(file, description)
  const createDecoder = decoderOf(file, description)
  const settings = readTokenizerSettings(folder)
  const added = addedTokensOf(description)
  const specialIds = new Set(added.filter((token) => token.special).map((token) => token.id))
  const { tokens_to_ids: ids, vocab: tokens } = library.model
  const encodeText = createEncoder(library, added)
  const [before, after] = specialTokensAround(library, ids)
  const roleId = (content: string | undefined) => (content === undefined ? undefined : ids.get(content))

  const tokenizer: Tokenizer = {
    vocabSize: tokens.length,
    bosTokenId: roleId(settings.tokens.bos_token),
    eosTokenId: roleId(settings.tokens.eos_token),
    encode(text, { addSpecialTokens = true } = {}) {
      const encoded = encodeText(wellFormed(text))
      return addSpecialTokens ? [...before, ...encoded, ...after] : encoded
    },
    decode: (all, options) => decodeAll(tokenizer.createDecoder(options), all),
    createDecoder: ({ skipSpecialTokens = false } = {}) =>
      createDecoder((id) => (skipSpecialTokens && specialIds.has(id) ? undefined : tokens[id])),
    tokenId: (token) => ids.get(token),
    token: (id) => tokens[id],
  }
  return tokenizer
}

function libraryTokenizerOf(file: string, description: Description): LibraryTokenizer {
  try {
    return createLibraryTokenizer({
      ...description,
      pre_tokenizer: rewritePreTokenizer(description.pre_tokenizer),
    })
  } catch (cause) {
    throw corruptTokenizer(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function decoderOf(file: string, { decoder }: Description): DecoderFactory {
  const factory = readDecoder(decoder)
  if (factory) return factory
  throw new AppError('model/unsupported', {
    message: `${file}: this version cannot follow its decoder (${decoder.type})`,
    hint: 'Use a checkpoint whose tokenizer decodes by ByteLevel or by Replace, ByteFallback, Fuse and Strip.',
    details: { file, decoder },
  })
}

const addedTokensOf = (description: Description): AddedToken[] =>
  description.added_tokens.map(({ single_word: singleWord, ...token }) => ({ ...token, singleWord }))

/** As AddedVocabulary::extract_and_normalize and Tokenizer::encode of huggingface's tokenizers. */
function createEncoder(library: LibraryTokenizer, added: readonly AddedToken[]): (text: string) => number[] {
  const { normalizer, pre_tokenizer: preTokenizer, model } = library
  const normalize = (text: string): string => (normalizer ? normalizer.normalize(text) : text)
  const splitRaw = createSplitter(added.filter((token) => !token.normalized))
  const splitNormalized = createSplitter(
    added.filter((token) => token.normalized),
    (token) => normalize(token.content),
  )
  const encodePlain = (text: string, isFirst: boolean): number[] => {
    const words = preTokenizer ? preTokenizer.pre_tokenize(text, { section_index: isFirst ? 0 : 1 }) : [text]
    return model(words).flatMap((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? [])
  }
  return (text) =>
    splitRaw(text).flatMap((section, i) => {
      if (typeof section !== 'string') return [section.id]
      return splitNormalized(normalize(section)).flatMap((part, j) =>
        typeof part === 'string' ? encodePlain(part, i === 0 && j === 0) : [part.id],
      )
    })
}

/** Ids that the post-processor puts before and after a text. */
function specialTokensAround({ post_processor: postProcessor }: LibraryTokenizer, ids: ReadonlyMap<string, number>) {
  const text = '\0text'
  const tokens = postProcessor ? postProcessor.post_process([text], null, true).tokens : [text]
  const idsOf = (part: readonly string[]) => part.flatMap((token) => ids.get(token) ?? [])
  const at = tokens.indexOf(text)
  return [idsOf(tokens.slice(0, at)), idsOf(tokens.slice(at + 1))] as const
}
