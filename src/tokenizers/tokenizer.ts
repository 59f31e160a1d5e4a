export interface EncodeOptions {
  /** Whether to add the tokens that this tokenizer puts around a text (BOS and the like). Default true. */
  readonly addSpecialTokens?: boolean
}

export interface DecodeOptions {
  /** Whether special tokens leave no text. Default false. */
  readonly skipSpecialTokens?: boolean
}

/** Text <-> ids, as the checkpoint's own tokenizer does it. */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number
  readonly bosTokenId: number | undefined
  readonly eosTokenId: number | undefined
  /** Ids of any text; characters that the vocabulary lacks become bytes or the unknown token. Never truncates. */
  encode(text: string, options?: EncodeOptions): number[]
  /** Text of ids; ids outside the vocabulary are left out, broken UTF-8 becomes U+FFFD. */
  decode(ids: readonly number[], options?: DecodeOptions): string
  /** The same, id by id. */
  createDecoder(options?: DecodeOptions): TokenDecoder
  /** Id of a token as it is written in the vocabulary. */
  tokenId(token: string): number | undefined
  /** The inverse of tokenId. */
  token(id: number): string | undefined
}

/** Turns ids into text one at a time: the text of all ids so far = everything that push returned + rest(). */
export interface TokenDecoder {
  /** Takes the next id and returns the text that has become final. */
  push(id: number): string
  /** Text that follows if no more ids come; a later id may change it (an unfinished character, a run of bytes). */
  rest(): string
}

/** Text of ids by a decoder. */
export function decodeAll(decoder: TokenDecoder, ids: readonly number[]): string {
  return ids.map((id) => decoder.push(id)).join('') + decoder.rest()
}

/** One more than the largest of the ids of a vocabulary, which may be too many for the arguments of one call. */
export function vocabSizeOf(ids: Iterable<number>): number {
  let size = 0
  for (const id of ids) size = Math.max(size, id + 1)
  return size
}
