import { is, opens, says } from '../vocabulary.ts'
import { question, talk, wordCount, type Rule } from './rule.ts'

/** "Don't change anything": an order that forbids; what is asked beside it decides. */
const handsOff: Rule = {
  name: 'hands off',
  judge: ({ words, raw }) => (opens('handsOff', words) || opens('handsOff', raw) ? talk : undefined),
}

/** "How would it look in blue?", "what if it rained": supposing is no order, also where the form is polite. */
const supposing: Rule = {
  name: 'supposing',
  judge: ({ words, raw }) =>
    opens('suppose', raw) || opens('suppose', words) || chineseSupposing(raw) ? question : undefined,
}

/** "What is this?", "did you remove the tree", "is it bigger now": begins as a question, and not as a polite order. */
const asked: Rule = {
  name: 'question',
  judge: ({ words, raw, polite }) =>
    opens('question', words) && (!polite || !opens('polite', raw)) ? question : undefined,
}

/** "Tell me what breed it is", "can you see the bird?": asks for words, whatever its form. */
const telling: Rule = { name: 'asks for words', judge: ({ words }) => (opens('telling', words) ? question : undefined) }

/** "树是什么颜色的", "do you think a hat would suit it": a question word inside, in a clause that orders nothing. */
const asking: Rule = {
  name: 'asks within',
  judge: ({ raw, words, polite, asked: mark }) => {
    if (polite || (suggests.test(raw) && opens('change', words))) return undefined
    return says('asking', mark ? `${raw}?` : raw) ? question : undefined
  },
}

/** 加一道彩虹怎么样: proposes, where 会怎么样 supposes. */
const suggests = /(?<!会|觉得)怎么?样$|好不好$|如何$/u

/** A bare "can you draw?": an ability without an object. */
const ability: Rule = {
  name: 'asks about an ability',
  judge: ({ words, polite, asked: mark }) =>
    polite && mark && (is('draw', words) || is('change', words)) ? question : undefined,
}

/** "Hi", "thanks", "good night, see you". */
const greeting: Rule = {
  name: 'greeting',
  judge: ({ raw, words }) => (is('talk', raw) || is('talk', words) ? talk : undefined),
}

/** "Wow", "I love it", "good job, the hat looks great", and their contrary. */
const praise: Rule = {
  name: 'praise',
  judge: ({ raw, words }) =>
    opens('praise', raw) || opens('praise', words) || (says('praise', raw) && wordCount(raw) <= 10) ? talk : undefined,
}

/** Signs without letters: an emoji, "!!!". */
const signs: Rule = { name: 'signs', judge: ({ raw }) => (/\p{L}|\p{N}/u.test(raw) ? undefined : talk) }

/** "I had pasta for lunch", "my sister has a dog like that". */
const statement: Rule = {
  name: 'statement',
  judge: ({ raw, words }) =>
    (opens('statement', words) || opens('statement', raw)) && !ownThing.test(words) ? talk : undefined,
}

/** "My dog as a pirate" tells nothing. */
const ownThing = /^(?:my|our) \p{L}+ (?:as|in|on|at|with|wearing|riding|\p{L}+ing)\b/iu

/** A question mark at the end of what is no polite order. */
const marked: Rule = {
  name: 'question mark',
  judge: ({ asked: mark, polite }) => (mark && !polite ? question : undefined),
}

/** Before orders. */
export const questionRules: readonly Rule[] = [signs, greeting, handsOff, supposing, asked, telling, ability, asking]
/** After orders. */
export const talkRules: readonly Rule[] = [praise, marked, statement]

/** 变成蓝色会怎么样 */
const chineseSupposing = (text: string) => /会(?:怎么?样|是什么样|不会|好看|更好)|好看吗|合适吗/u.test(text)
