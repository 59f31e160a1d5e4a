import { parsePromptWeights } from '../../tokenizers/prompt-weights.ts'
import type { ClipTokenizer } from '../../tokenizers/clip-bpe.ts'
import { weightedTokens } from '../stable-diffusion/prompt-tokens.ts'

/** A prompt as the aligner sees it: its words, and the tokens that they became. */
export interface PromptWords {
  /** Words are what stands between single spaces; punctuation belongs to its word. */
  readonly words: readonly string[]
  /** [BOS, tokens, EOS] */
  readonly ids: readonly number[]
  /** The text of each token between BOS and EOS. */
  readonly pieces: readonly string[]
}

/** A literal text: brackets are words like others. */
export const literalWords = (tokenizer: ClipTokenizer, text: string): PromptWords =>
  promptWords(tokenizer, text, tokenizer.encode(text, { addSpecialTokens: false }))

/** A prompt with A1111's weights (`(blue:1.2)`): the words without brackets, the tokens as they are embedded. */
export function weightedWords(tokenizer: ClipTokenizer, prompt: string): PromptWords {
  const text = parsePromptWeights(prompt)
    .map(([part]) => part)
    .join('')
  return promptWords(tokenizer, text.replace(/\s+/g, ' ').trim(), weightedTokens(tokenizer, prompt).ids)
}

const promptWords = (tokenizer: ClipTokenizer, text: string, ids: readonly number[]): PromptWords => ({
  words: text.split(' '),
  ids: [tokenizer.bosTokenId, ...ids, tokenizer.eosTokenId],
  pieces: ids.map((id) => tokenizer.decode([id])),
})

const length = (text: string): number => Array.from(text).length
/** As the reference does, written for tokenizers that mark the inner pieces of a word with "#". */
const withoutMarks = (piece: string): string => piece.replace(/^#+|#+$/g, '')

/** For each word the places of its tokens in [BOS, tokens, EOS]: pieces are counted off against the words' lengths. */
export function placesOfWords({ words, pieces }: PromptWords): number[][] {
  const places: number[][] = words.map(() => [])
  let word = 0
  let covered = 0
  pieces.forEach((piece, i) => {
    places[word]!.push(i + 1)
    covered += length(withoutMarks(piece))
    if (covered < length(words[word]!)) return
    word = Math.min(word + 1, words.length - 1)
    covered = 0
  })
  return places
}

/** Places of all tokens of a word, wherever it stands in the prompt; [] when it does not. */
export const placesOfWord = (prompt: PromptWords, word: string): number[] =>
  placesOfWords(prompt).flatMap((places, i) => (prompt.words[i] === word ? places : []))
