import { editDistance } from '../../../config/did-you-mean.ts'
import { chinese } from './chinese.ts'
import { english } from './english.ts'

/**
 * What the rules know of a language: lists of phrases by what they do. A phrase is the source of a regular expression,
 * mostly plain words; `'` stands for an apostrophe or none.
 */
export interface RouteWords {
  /** Before the matter: "ok", "now". */
  readonly filler: readonly string[]
  /** Makes an order of a question: "could you please". */
  readonly polite: readonly string[]
  /** Begins a question. */
  readonly question: readonly string[]
  /** Means a question wherever it stands. */
  readonly asking: readonly string[]
  /** Asks about, in the form of an order: "tell me", "explain". */
  readonly telling: readonly string[]
  /** Asks for an opinion or a supposition: "how would it look". */
  readonly suppose: readonly string[]
  /** Forbids a change. */
  readonly handsOff: readonly string[]
  readonly praise: readonly string[]
  readonly talk: readonly string[]
  /** Begins a statement about people: "I had", "my". */
  readonly statement: readonly string[]

  /** Verbs that make a picture. */
  readonly draw: readonly string[]
  /** Verbs that make a picture of an indefinite object and change a definite one. */
  readonly want: readonly string[]
  readonly indefinite: readonly string[]
  readonly definite: readonly string[]
  /** Says that another picture is wanted, not a change of this one. */
  readonly anew: readonly string[]
  /** Puts what is drawn onto what is there. */
  readonly onto: readonly string[]

  /** Verbs that change a picture. */
  readonly change: readonly string[]
  /** Orders for a change, wherever they stand. */
  readonly changeWithin: readonly string[]
  /** Beginnings of what should be otherwise: "without", "more". */
  readonly fragment: readonly string[]
  /** What is wrong with a thing: "too dark". */
  readonly flaw: readonly string[]
  /** Whole sayings that move the strength of the last edit up or down. */
  readonly stronger: readonly string[]
  readonly weaker: readonly string[]
  readonly slightly: readonly string[]
  readonly colour: readonly string[]

  readonly extend: readonly string[]
  readonly side: readonly string[]
  readonly canvas: readonly string[]
  /** Orders to grow the canvas, at the beginning. */
  readonly grow: readonly string[]
  /** Orders to grow the canvas that say nothing else. */
  readonly shape: readonly string[]
  readonly mask: readonly string[]

  readonly restore: readonly string[]
  readonly restoreWhole: readonly string[]
  readonly variations: readonly string[]
  readonly similar: readonly string[]
  readonly again: readonly string[]
  readonly describe: readonly string[]
  readonly subject: readonly string[]
  readonly control: readonly string[]

  readonly story: readonly string[]
  readonly redrawPage: readonly string[]
  readonly illustrate: readonly string[]
  /** "this text", "my article": what is illustrated. */
  readonly pastedText: readonly string[]
  readonly design: readonly string[]
  readonly logo: readonly string[]
  readonly poster: readonly string[]
  readonly shirt: readonly string[]
  readonly infographic: readonly string[]
  readonly fashion: readonly string[]
  readonly gameCharacter: readonly string[]

  readonly undo: readonly string[]
  readonly original: readonly string[]
  readonly redo: readonly string[]
  readonly cancel: readonly string[]
  readonly compare: readonly string[]
  readonly recipe: readonly string[]
  readonly help: readonly string[]
  readonly branch: readonly string[]
}

export type WordList = keyof RouteWords

interface Patterns {
  readonly anywhere: RegExp
  readonly opening: RegExp
  readonly whole: RegExp
}

const lists = Object.keys(english) as readonly WordList[]
const patterns = Object.fromEntries(lists.map((list) => [list, patternsOf(list)])) as Record<WordList, Patterns>

function patternsOf(list: WordList): Patterns {
  const latin = english[list]
    .map((phrase) => phrase.replaceAll("'", "'?").replaceAll(/ (\??)/g, (_, optional) => (optional ? '\\s*' : '\\s+')))
    .join('|')
  const either = `(?:(?<![\\p{L}\\p{N}])(?:${latin || '(?!)'})(?![\\p{L}\\p{N}])|(?:${chinese[list].join('|') || '(?!)'}))`
  return {
    anywhere: new RegExp(either, 'iu'),
    opening: new RegExp(`^${either}[\\s:,-]*`, 'iu'),
    whole: new RegExp(`^${either}$`, 'iu'),
  }
}

/** Whether a phrase of the list stands anywhere in the text. */
export const says = (list: WordList, text: string): boolean => patterns[list].anywhere.test(text)

/** The phrase of the list that the text holds. */
export const found = (list: WordList, text: string): string | undefined => patterns[list].anywhere.exec(text)?.[0]

/** Whether the text begins with a phrase of the list. */
export const opens = (list: WordList, text: string): boolean => patterns[list].opening.test(text)

/** What follows a phrase of the list at the beginning; undefined when the text begins otherwise. */
export function restAfter(list: WordList, text: string): string | undefined {
  const at = patterns[list].opening.exec(text)
  return at ? text.slice(at[0].length) : undefined
}

/** Whether the text is a phrase of the list and nothing more. */
export const is = (list: WordList, text: string): boolean => patterns[list].whole.test(text)

/** Verbs at the beginning that are put right when one letter slipped. */
const verbs = ['make', 'draw', 'change', 'remove', 'replace', 'paint', 'create', 'generate', 'turn', 'extend', 'expand']
/** Words that are one letter away from a verb and right as they are. */
const noSlips = new Set(['take', 'fake', 'lake', 'cake', 'wake', 'mage', 'male', 'straw', 'drawn', 'paints', 'plant', 'burn', 'torn', 'tune', 'faint', 'point', 'maker', 'makes', 'made', 'turns', 'draws', 'tern', 'prawn', 'brawn', 'saint', 'print', 'painted', 'drawing', 'created']) // prettier-ignore

/** "mkae it blue" -> "make it blue": one slip in a verb at the beginning. */
export function withoutSlip(text: string): string {
  const [first = ''] = /^[a-z]+/i.exec(text) ?? []
  const word = first.toLowerCase()
  if (word.length < 4 || noSlips.has(word) || verbs.includes(word)) return text
  const verb = verbs.find((candidate) => editDistance(word, candidate) === 1)
  return verb === undefined ? text : verb + text.slice(first.length)
}
