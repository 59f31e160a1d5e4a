import { numberOf, numberPattern } from '../numbers.ts'
import { is, says } from '../vocabulary.ts'
import type { Unit } from '../units.ts'
import { order, wordCount, type Rule } from './rule.ts'

/** "Undo that", "go back two steps", "back to the original", "I liked the previous one better". */
const undo: Rule = {
  name: 'undo',
  judge: (unit) => (isSaying('undo', unit) ? order('undo', { steps: stepsBack(unit.words) }) : undefined),
}

/** "Redo the last change": what was undone comes back. */
const redo: Rule = {
  name: 'redo',
  judge: (unit) =>
    isSaying('redo', unit) && !/\b(?:page|panel)\b|页/i.test(unit.words)
      ? order('redo', { steps: stepsIn(unit.words) ?? 1 })
      : undefined,
}

/** "Stop", "cancel that". */
const cancel: Rule = {
  name: 'cancel',
  judge: (unit) => (isSaying('cancel', unit) ? order('cancel', {}) : undefined),
}

/** "Compare with the original", "before and after". */
const compare: Rule = {
  name: 'compare',
  judge: (unit, { hasPicture }) => (hasPicture && isSaying('compare', unit) ? order('compare', {}) : undefined),
}

/** "What prompt did you use?", "show me the seed". */
const recipe: Rule = {
  name: 'recipe',
  judge: (unit, { hasPicture }) => (hasPicture && isSaying('recipe', unit) ? order('recipe', {}) : undefined),
}

/** "Help", "what can you do?" */
const help: Rule = { name: 'help', judge: (unit) => (isSaying('help', unit) ? order('help', {}) : undefined) }

/** "Keep this version and try something else from here". */
const branch: Rule = {
  name: 'branch',
  judge: (unit) => (is('branch', unit.words) || is('branch', unit.rest) ? order('branch', {}) : undefined),
}

/** Before questions: some of these have their form. */
export const threadRules: readonly Rule[] = [branch, compare, recipe, help, redo, undo, cancel]

const longest = 14

/** A saying is the whole of a short clause, with or without what is taken off as filler. */
const isSaying = (list: Parameters<typeof is>[0], { words, raw }: Unit) =>
  wordCount(raw) <= longest && (is(list, words) || is(list, raw))

const steps = new RegExp(
  `(${numberPattern})(?: last)? ?(?:steps?|times?|changes?|edits?|versions?|步|次)|(?:last|back|undo|redo) (${numberPattern})\\b`,
  'iu',
)

function stepsIn(text: string): number | undefined {
  const found = steps.exec(text)
  return found ? numberOf(found[1] ?? found[2]) : undefined
}

const stepsBack = (text: string): number | 'all' => (says('original', text) ? 'all' : (stepsIn(text) ?? 1))
