import type { Classified, RouteName, RouteSituation } from './routes.ts'
import { changeRules, describe, hintRules, lastRules, pictureRules } from './rules/changing-rules.ts'
import { descriptionRules, makingRules, newPictureRules } from './rules/making-rules.ts'
import { ranks, type Rule, type Verdict } from './rules/rule.ts'
import { questionRules, talkRules } from './rules/talking-rules.ts'
import { threadRules } from './rules/thread-rules.ts'
import { plain, unitsOf, withoutEnd, type Unit } from './units.ts'
import { withoutSlip } from './vocabulary.ts'

/** Every rule, in the order in which they are asked about a clause. */
export const rules: readonly Rule[] = [
  ...threadRules,
  describe,
  ...questionRules,
  ...makingRules,
  ...pictureRules,
  ...newPictureRules,
  ...changeRules,
  ...hintRules,
  ...talkRules,
  ...descriptionRules,
  ...lastRules,
]

type Judged = Verdict & { readonly rule: string }

/**
 * Which route a message without an explicit command takes, by rules alone: English and Chinese, typed as people type.
 * Each clause is judged by the first rule that has a word to say; an order counts more than a question, that more than
 * a hint, that more than talk. A mask turns every order into inpainting. Where `sure` is false, a RouteScorer may choose
 * among `route` and `others`. Whether the picture that a route works on is there is not checked: see `needsPicture`.
 */
export function classify(text: string, situation: RouteSituation): Classified {
  const words = plain(text)
  if (words === '') return wordless(situation)
  const judged = unitsOf(words).map((unit) => judge(withVerb(unit), situation))
  const best = judged.reduce<Judged | undefined>((a, b) => (a && (!b || weight(a) >= weight(b)) ? a : b), undefined)
  const verdict = best ?? {
    route: 'chat',
    parsed: {},
    rank: 'talk',
    sure: false,
    rule: 'nothing applies',
    others: elseIf(situation),
  }
  return situation.hasMask ? masked(verdict, words) : classified(verdict)
}

/** Whether a route works on a picture, so that it is refused without one. */
export const needsPicture = (route: RouteName): boolean => pictureRoutes.includes(route)

const pictureRoutes: readonly RouteName[] = ['edit', 'inpaint', 'outpaint', 'restore', 'variations', 'similar', 'describe', 'subject', 'control', 'compare'] // prettier-ignore

/** Rank first; among equals what is certain. */
const weight = ({ rank, sure }: Verdict): number => ranks[rank] + (sure ? 0.5 : 0)

const withVerb = (unit: Unit): Unit => ({ ...unit, words: withoutSlip(unit.words), rest: withoutSlip(unit.rest) })

function judge(unit: Unit, situation: RouteSituation): Judged | undefined {
  for (const { name, judge: ask } of rules) {
    const verdict = ask(unit, situation)
    if (verdict) return { ...verdict, rule: name }
  }
  return undefined
}

/** A picture alone is described; a mask alone is drawn anew. */
const wordless = ({ hasMask }: RouteSituation): Classified =>
  hasMask
    ? { route: 'inpaint', parsed: { instruction: '' }, sure: true, rule: 'a mask', others: [] }
    : { route: 'describe', parsed: {}, sure: true, rule: 'a picture alone', others: [] }

/** With a mask everything but a question and the thread's own commands says what to draw there. */
function masked(verdict: Judged, words: string): Classified {
  const keeps = ['undo', 'redo', 'cancel', 'help', 'recipe', 'compare', 'describe'].includes(verdict.route)
  if (keeps || (verdict.route === 'chat' && verdict.rank === 'question')) return classified(verdict)
  return { route: 'inpaint', parsed: { instruction: withoutEnd(words) }, sure: true, rule: 'a mask', others: [] }
}

const classified = ({ route, parsed, sure, rule, others = [] }: Judged): Classified =>
  ({ route, parsed, sure, rule, others }) as Classified

const elseIf = ({ hasPicture }: RouteSituation): readonly RouteName[] =>
  hasPicture ? ['edit', 'imagine'] : ['imagine']
