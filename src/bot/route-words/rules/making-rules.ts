import type { DesignKind } from '../../../contract/job.ts'
import { numberOf, numberPattern, ratioOf } from '../numbers.ts'
import type { ParsedWords, RouteSituation } from '../routes.ts'
import type { Unit } from '../units.ts'
import { found, is, opens, restAfter, says, type WordList } from '../vocabulary.ts'
import { guess, order, wordCount, type Rule, type Verdict } from './rule.ts'

/** "Illustrate this text: …", "add pictures to my story: …". */
const illustrate: Rule = {
  name: 'illustrate',
  judge: ({ words, rest, message }) =>
    says('illustrate', words) && says('pastedText', rest) && !/^(?:创作|编|写一)/u.test(words)
      ? order('illustrate', { text: pastedOf(message) })
      : undefined,
}

/** "Redraw page 2", "page 3 again, with more snow". */
const storyPage: Rule = {
  name: 'page of a story',
  judge: ({ words, rest }) => {
    const page = says('redrawPage', words) ? pageIn(words) : undefined
    const again = /\b(?:re-?draw|re-?do|again|draw|re-?paint|change|new|fix)\b|[重再]|换/iu.test(words)
    return page !== undefined && again ? order('story', { topic: rest, redrawPage: page }) : undefined
  },
}

/** "Write a short story about a fox in 3 pictures", "四格漫画". */
const story: Rule = {
  name: 'story',
  judge: ({ words, rest }) => {
    if (!says('story', words) || /\b(?:the|this|that) (?:\p{L}+ )?(?:story|book|comic)\b/iu.test(words))
      return undefined
    if (opens('statement', words) && !opens('want', words)) return undefined
    const pages = pagesIn(rest)
    return order('story', { topic: topicOf(rest), ...(pages === undefined ? {} : { pages }) })
  },
}

/** "Design a logo for a flower shop", "I need a poster", "T-shirt print with a sloth". */
const design: Rule = {
  name: 'design',
  judge: ({ words, message }) => {
    const kind = designKindOf(words)
    return kind ? order('design', { kind, brief: message }) : undefined
  },
}

/** "Keep the outlines and draw a robot". */
const control: Rule = {
  name: 'along the outlines',
  judge: ({ words, rest }, { hasPicture, hasAttachment }) =>
    (hasPicture || hasAttachment) && says('control', words) ? order('control', { wish: rest }) : undefined,
}

/** "Draw the same cat on the beach", and with a picture in the message "draw this dog as an astronaut". */
const subject: Rule = {
  name: 'subject',
  judge: ({ words, rest }, { hasPicture, hasAttachment }) => {
    if (!hasPicture) return undefined
    if (says('subject', words)) return order('subject', { wish: rest })
    return (hasAttachment ? drawsThis : drawsThisThing).test(words) ? order('subject', { wish: rest }) : undefined
  },
}

const drawsThis =
  /^(?:(?:draw|paint|sketch|generate|create|imagine|render|show me)(?: me)?|(?:(?:draw|paint|generate|create|render|make|give me|show me|i want)(?: me)? )?an? (?:new )?(?:picture|image|photo|painting|drawing|portrait) (?:of|with)) (?:\p{L}+ )?(?:this|that|these|my|our|him|her|them|it)\b|画(?:这|我)/iu
/** In a thread "my dog" is not yet the one that was drawn, and "draw it" no new picture. */
const drawsThisThing =
  /^(?:draw|sketch|generate|create|imagine|render)(?: me)? (?:an? (?:new )?(?:picture|image|portrait) of )?(?:this|that) \p{L}+|画这/iu

/** "Draw a cat", "imagine a city in the clouds", "now I'd like a picture of a boat". */
const drawing: Rule = {
  name: 'draw',
  judge: (unit, situation) => {
    const drawn = restAfter('draw', unit.words)
    if (drawn !== undefined && drawn !== '') return drawVerdict(unit, drawn, situation)
    const wanted = restAfter('want', unit.words)
    return wanted === undefined || wanted === '' ? undefined : wantVerdict(unit, wanted, situation)
  },
}

/** "Something completely different: a castle of cheese", "next one: a rocket". */
const anew: Rule = {
  name: 'another picture',
  judge: ({ words, raw, rest }) =>
    opens('anew', raw) || opens('anew', words) ? order('imagine', wishOf(stripAnew(rest))) : undefined,
}

/** Some sentences say what is wanted in the middle: "…, so could you do a unicorn". */
export const makingRules: readonly Rule[] = [illustrate, storyPage, story, design]
export const newPictureRules: readonly Rule[] = [control, subject, drawing, anew]

const describes =
  /^(?:a|an|the|one|two|three|four|five|some|several|\d+|portrait|picture|painting|photo|illustration)\b|^(?:一|两|三|几)[\p{Script=Han}]/iu

/** A finite verb: somebody tells something. */
const tells =
  /^(?:the|a|an) (?:\p{L}+ ){1,3}?(?:is|are|was|were|looks?|has|have|reminds?|seems?|makes?|feels?|turned|came|got|did)\b/iu

const states = /^(?!.*\b(?:who|that|which|where)\b)(?:\p{L}+ ){1,2}(?:is|are|was|were|am)\b/iu

/** A bare description: without a picture it is a wish; with one it is a new wish when it names a thing of its own. */
const description: Rule = {
  name: 'description',
  judge: ({ words, rest, first, polite }, { hasPicture }) => {
    if (!first) return undefined
    if (!hasPicture && polite && !describes.test(words)) return undefined // "can you speak Chinese"
    if (!hasPicture)
      return tells.test(words) || states.test(words) ? undefined : guess('imagine', wishOf(rest), 'hint', ['chat'])
    return describes.test(words) && !tells.test(words) && wordCount(words) > 2
      ? guess('imagine', wishOf(rest), 'hint', ['edit', 'chat'])
      : undefined
  },
}
export const descriptionRules: readonly Rule[] = [description]

function drawVerdict(unit: Unit, object: string, { hasPicture }: RouteSituation): Verdict {
  const wish = order('imagine', wishOf(unit.rest))
  if (!hasPicture || says('anew', unit.rest)) return wish
  if (says('onto', unit.words) && !/^\S+ (?:me )?an? (?:picture|image)/i.test(unit.words))
    return order('edit', { instruction: unit.rest })
  if (/^(?:it|him|her|them|his|its|their)\b/i.test(object)) return order('edit', { instruction: unit.rest })
  if (!opens('definite', object)) return wish
  if (/^(?:re)?paint\b|^do\b/i.test(unit.words)) return order('edit', { instruction: unit.rest })
  return guess('imagine', wishOf(unit.rest), 'order', ['edit'])
}

function wantVerdict(unit: Unit, object: string, { hasPicture }: RouteSituation): Verdict | undefined {
  if (hasPicture && /^(?:have|try) /i.test(unit.words) && !says('anew', unit.words))
    return order('edit', { instruction: unit.rest })
  if (opens('indefinite', object))
    return hasPicture && says('onto', unit.words)
      ? order('edit', { instruction: unit.rest })
      : order('imagine', wishOf(unit.rest))
  if (hasPicture || opens('definite', object)) return undefined
  return opens('change', unit.words) ? undefined : guess('imagine', wishOf(unit.rest), 'order', ['chat'])
}

function wishOf(wish: string): ParsedWords['imagine'] {
  const ratio = ratioOf(wish)
  const count = new RegExp(
    `(${numberPattern}) (?:different )?(?:pictures|images|versions|drawings)\\b|(${numberPattern})张`,
    'iu',
  ).exec(wish)
  const pictures = numberOf(count?.[1] ?? count?.[2])
  return {
    wish,
    ...(ratio === undefined ? {} : { ratio }),
    ...(pictures !== undefined && pictures > 1 ? { count: Math.min(4, pictures) } : {}),
  }
}

const stripAnew = (text: string) => {
  const rest = restAfter('anew', text)
  return rest === undefined || rest === '' ? text : rest
}

/** What follows the first colon or line end; the whole message where there is neither. */
const pastedOf = (message: string): string => /^[^:\n]*[:\n]\s*(\S[^]*)$/.exec(message)?.[1] ?? message

const pageCount = new RegExp(
  `(?!an? )(${numberPattern})[- ]?(?:\\p{L}+ )?(?:pages?|pictures?|panels?|images?|illustrations?|chapters?|parts?|scenes?|页|张图|张|幅|格|章|段)`,
  'iu',
)

const pagesIn = (text: string): number | undefined => {
  const pages = numberOf(pageCount.exec(text)?.[1])
  return pages !== undefined && pages > 0 && pages <= 100 ? Math.round(pages) : undefined
}

const topicOf = (text: string): string =>
  (/(?:\babout\b|\bof how\b|关于|讲述|讲)\s*(.+)$/isu.exec(text)?.[1] ?? text)
    .replace(new RegExp(`[\\s,]*(?:\\b(?:in|with|on|over|,)\\s+)?${pageCount.source}.*$`, 'iu'), '')
    .replace(/的(?:故事|绘本|漫画|童话)$/u, '')
    .trim() || text

const pageNumber = new RegExp(
  `(?:page|panel|chapter|picture|illustration) (?:no\\.? ?|number ?|#)?(${numberPattern})|(?:the )?(${numberPattern}) (?:page|panel|picture|illustration)|第(${numberPattern})`,
  'iu',
)

function pageIn(text: string): number | undefined {
  const at = pageNumber.exec(text)
  return numberOf(at?.[1] ?? at?.[2] ?? at?.[3])
}

const designLists: readonly (readonly [DesignKind, WordList])[] = [
  ['infographic', 'infographic'],
  ['logo', 'logo'],
  ['poster', 'poster'],
  ['t-shirt', 'shirt'],
  ['game-character', 'gameCharacter'],
  ['fashion', 'fashion'],
]

/** Kinds that are designs by their name alone; a dress may just be worn by somebody who is drawn. */
const alwaysDesign: readonly DesignKind[] = ['infographic', 'logo', 'poster', 'game-character']

/** The kind of design that a clause asks for: named as what is made, not as a thing in a picture that is there. */
function designKindOf(words: string): DesignKind | undefined {
  if (opens('change', words) && !opens('design', words)) return undefined
  const named = designLists.flatMap(([kind, list]) => {
    const phrase = found(list, words)
    return phrase === undefined ? [] : [{ kind, before: words.slice(0, words.indexOf(phrase)) }]
  })
  const first = named.sort((a, b) => a.before.length - b.before.length)[0]
  if (
    !first ||
    (!is('design', first.before.replace(/ (?:an?|the|my|our|your|some)? ?(?:\p{L}+ )?$/u, '')) &&
      partOfSomething.test(restAfter('design', first.before) ?? first.before))
  )
    return undefined
  if (says('design', words) || /\bfashion\b/i.test(words)) return first.kind
  if (first.kind === 't-shirt' && /print|印/iu.test(words)) return first.kind
  return alwaysDesign.includes(first.kind) && asksFor(words, first.before) ? first.kind : undefined
}

const partOfSomething =
  /\b(?:with|wearing|on|onto|in|into|the|its|holding|this|that|his|her)(?: an?)?(?: \p{L}+)? $|[穿戴拿把]/iu

const asksFor = (words: string, before: string) =>
  opens('draw', words) ||
  opens('want', words) ||
  /\b(?:need|want|no|without|looking for|have no)\b/i.test(before) ||
  wordCount(before) <= 3 ||
  /[做画要没]/u.test(before)
