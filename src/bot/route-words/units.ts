import { is, opens, restAfter } from './vocabulary.ts'

/** A clause of a message: what rules look at. */
export interface Unit {
  /** Without leading fillers and politeness, in the person's own spelling. */
  readonly words: string
  /** As written. */
  readonly raw: string
  /** From the stripped clause to the end of the message, without courtesies: the bare instruction. */
  readonly rest: string
  readonly message: string
  /** The sentence ends in a question mark (or a Chinese question particle before it). */
  readonly asked: boolean
  /** Something like "could you please" was taken away: a question in form only. */
  readonly polite: boolean
  /** The first clause of its sentence; fragments such as "at night" only mean something there. */
  readonly first: boolean
}

/** Full-width signs become plain ones, one for one, so that positions stay. */
export const plain = (text: string): string =>
  text
    .replaceAll(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replaceAll('。', '.')
    .replaceAll('、', ',')
    .replaceAll(/[’‘]/g, "'")
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim()

/** Clauses of a message (already `plain`), sentence by sentence. A pasted page is looked at near its two ends only. */
export function unitsOf(message: string): readonly Unit[] {
  const sentences = sentencesOf(message)
  return ends(sentences.map((sentence, i) => ({ sentence, after: i + 1 }))).flatMap(({ sentence, after }) => {
    const tail = sentences.slice(after).filter((later) => !saysNothing(withoutEnd(later)))
    return unitsOfSentence(sentence, tail.join(' '), message)
  })
}

/** Bounds on the time that a message can take. */
const mostPieces = 32
const longestClause = 300

const ends = <T>(pieces: readonly T[]): readonly T[] =>
  pieces.length <= mostPieces ? pieces : [...pieces.slice(0, mostPieces / 2), ...pieces.slice(-mostPieces / 2)]

const sentencesOf = (text: string): readonly string[] =>
  text
    .split(/(?<=[!?])\s*|(?<=\.)\s+|(?<=[^\x00-\x7f]\.)|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(sentence))

const clauseEnd = /\s*[,;]\s*/

function unitsOfSentence(sentence: string, tail: string, message: string): readonly Unit[] {
  const asked = /\?[!?]*$/.test(sentence)
  const clauses = sentence.split(clauseEnd).filter((clause) => clause !== '')
  return ends(clauses.map((clause, i) => ({ clause, i }))).map(({ clause, i }) => {
    const raw = withoutEnd(clause.slice(0, longestClause))
    const { words, polite } = stripPoliteness(raw)
    const cut = clause.slice(longestClause)
    const sentenceRest = [`${words}${cut}`, ...clauses.slice(i + 1)].join(', ')
    const first = clauses.slice(0, i).every(saysNothing)
    return {
      words,
      raw,
      rest: withoutEnd(tail === '' ? sentenceRest : `${sentenceRest} ${tail}`),
      message,
      asked,
      polite,
      first,
    }
  })
}

/** "No," and "ok," before the matter. */
const saysNothing = (clause: string): boolean =>
  clause.length < 40 && (is('filler', clause) || is('talk', clause) || is('praise', clause))

/** Without marks and closing courtesies at the end. */
export function withoutEnd(text: string): string {
  const bare = text.replace(/[\s.!?~]+$/u, '')
  const shorter = bare.replace(closing, '').replace(/[\s.!?~,]+$/u, '')
  return shorter === '' ? bare : shorter
}

const closing =
  /[\s,]*(?:\b(?:please|pls|plz|thanks(?: a lot| so much)?|thank you(?: very much)?|thx|ty|lol|haha)|谢谢你?|可以吗|好吗|行吗|吧)$/iu

/** Takes fillers ("ok, now") and politeness ("could you please") off the beginning, as long as something is left. */
function stripPoliteness(text: string): { readonly words: string; readonly polite: boolean } {
  let words = text
  let polite = false
  for (;;) {
    const asking = restAfter('polite', words)
    const rest = asking ?? restAfter('filler', words)
    if (rest === undefined || rest === '') return { words, polite }
    polite ||= asking !== undefined
    words = /mind$|about$/i.test(words.slice(0, words.length - rest.length).trim()) ? imperative(rest) : rest
  }
}

/** "giving her a hat" after "would you mind": "give her a hat". */
function imperative(text: string): string {
  const found = /^(\p{L}+?)(\p{L})?ing\b/u.exec(text)
  if (!found) return text
  const stem = `${found[1]}${found[2] ?? ''}`
  const orders = [stem, `${stem}e`, found[1]!].map((verb) => verb + text.slice(found[0].length))
  return orders.find((candidate) => opens('change', candidate) || opens('draw', candidate)) ?? text
}
