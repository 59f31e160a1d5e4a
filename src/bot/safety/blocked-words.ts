import { folded, isUnspaced, plainWords, spaced, type PlainWords } from './plain-words.ts'

/** One line of the list: a text is blocked where every part has one of its words or phrases in it. */
interface Entry {
  /** The line as it was written. */
  readonly line: string
  readonly parts: readonly (readonly Phrase[])[]
}

type Phrase = (text: PlainWords) => boolean

/** A list of blocked words: the first line that a text breaks, or undefined. */
export type BlockedWords = (text: string) => string | undefined

/**
 * Reads a list, one entry a line: a word or phrase; with `*` at its end, every word that begins so; several with `|`
 * between them, one of which is enough; with ` + ` between such groups, one of each anywhere in the text. `#` begins a
 * remark. Case, accents, disguises ("p0rn") and spelled-out words do not matter; words in scripts without spaces
 * (Chinese) are found inside others.
 */
export function parseBlockedWords(list: string): BlockedWords {
  const entries = list
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map(parseEntry)
  return (text) => {
    if (entries.length === 0) return undefined
    const words = plainWords(text)
    return entries.find(({ parts }) => parts.every((phrases) => phrases.some((phrase) => phrase(words))))?.line
  }
}

const parseEntry = (line: string): Entry => ({
  line,
  parts: line.split(/\s\+\s/).map((part) =>
    part
      .split('|')
      .map((phrase) => folded(phrase).trim())
      .filter((phrase) => /[\p{L}\p{N}]/u.test(phrase))
      .map(phraseOf),
  ),
})

function phraseOf(phrase: string): Phrase {
  if (isUnspaced(phrase)) {
    const searched = phrase.replaceAll(/[^\p{L}\p{N}]/gu, '')
    return ({ unspaced }) => unspaced.includes(searched)
  }
  const words = spaced(phrase)
  const searched = phrase.endsWith('*') ? words.slice(0, -1) : words
  return ({ readings }) => readings.some((reading) => reading.includes(searched))
}
