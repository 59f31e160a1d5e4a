import * as untyped from '@huggingface/tokenizers'

/** The parts of @huggingface/tokenizers' Tokenizer that this program uses. */
export interface LibraryTokenizer {
  readonly normalizer: { normalize(text: string): string } | null
  readonly pre_tokenizer: { pre_tokenize(text: string, options: { section_index: number }): string[] } | null
  readonly post_processor: {
    post_process(tokens: string[], pair: null, addSpecialTokens: boolean): { tokens: string[] }
  } | null
  readonly model: LibraryModel
}

export interface LibraryModel {
  /** Words to tokens. */
  (words: string[]): string[]
  /** Ids by token, the added ones too. */
  readonly tokens_to_ids: ReadonlyMap<string, number>
  /** Tokens by id, the added ones too. */
  readonly vocab: readonly (string | undefined)[]
  readonly unk_token_id: number | undefined
}

interface Library {
  readonly Tokenizer: new (description: object, config: object) => LibraryTokenizer
}

// The package's own types cannot be resolved under nodenext: their imports lack file extensions.
const { Tokenizer } = untyped as unknown as Library

/** Reads the description of a tokenizer.json. Throws what the library throws when it does not understand it. */
export const createLibraryTokenizer = (description: object): LibraryTokenizer => new Tokenizer(description, {})
