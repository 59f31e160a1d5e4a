import { parseGrowth } from '../growth.ts'
import { numberOf, numberPattern } from '../numbers.ts'
import { is, opens, restAfter, says } from '../vocabulary.ts'
import { guess, order, wordCount, type Rule } from './rule.ts'

/** "Stronger", "a bit less", "too much, dial it back": the last edit once more. */
const strength: Rule = {
  name: 'strength',
  judge: ({ words, raw }, { hasPicture }) => {
    if (!hasPicture) return undefined
    const by = says('slightly', words) ? 0.5 : 1
    if (is('stronger', words) || is('stronger', raw)) return order('edit', { instruction: '', strength: by })
    return is('weaker', words) || is('weaker', raw) ? order('edit', { instruction: '', strength: -by }) : undefined
  },
}

/** "Variations", "four versions of this". */
const variations: Rule = {
  name: 'variations',
  judge: ({ words, rest }, { hasPicture }) => {
    if (!hasPicture || !says('variations', words) || opens('statement', withoutWish(words))) return undefined
    const count = numberOf(new RegExp(`(?<![\\p{L}])${numberPattern}`, 'iu').exec(words)?.[0])
    const pictures = count === undefined || count < 1 ? {} : { count: Math.min(4, Math.round(count)) }
    return order('variations', { words: rest, ...pictures })
  },
}

/** "Generate a similar image", "make one like this". */
const similar: Rule = {
  name: 'similar',
  judge: ({ words, rest }, { hasPicture, hasAttachment }) =>
    (hasPicture || hasAttachment) && says('similar', words) && !opens('statement', withoutWish(words))
      ? order('similar', { words: rest })
      : undefined,
}

/** "Again", "another one", "a second one, warmer". */
const again: Rule = {
  name: 'again',
  judge: (unit, { hasPicture }) => {
    if (!hasPicture) return undefined
    const anotherThing = /^(?:a |the )?(?:new|next|different) one,? an? \p{L}+/iu.test(
      unit.rest.replace(/ please/i, ''),
    )
    if (anotherThing) return undefined
    const bare = [unit.words, unit.raw].some((text) => is('again', text))
    if (bare)
      return order('again', {
        change: unit.rest === unit.words ? '' : unit.rest.slice(unit.words.length).replace(/^[,\s]+/, ''),
      })
    const change = /^same/i.test(unit.words) ? undefined : restAfter('again', unit.words)
    return change !== undefined && /^(?:but|with|in|and|only|,)\b/i.test(change)
      ? order('again', { change })
      : undefined
  },
}

/** "Describe the image", "caption this". */
export const describe: Rule = {
  name: 'describe',
  judge: ({ words, raw }, { hasPicture }) =>
    hasPicture && (is('describe', words) || is('describe', raw)) ? order('describe', {}) : undefined,
}

/** "Upscale x2", "it's blurry, can you fix that", "hide the seam". */
const restore: Rule = {
  name: 'restore',
  judge: ({ words, raw, first }, { hasPicture }) => {
    const asked = (first && is('restoreWhole', words)) || (says('restore', words) && !aboutAPart.test(words))
    if (!asked || (!hasPicture && !opens('restore', words))) return undefined
    const scale = scaleIn(raw)
    return order('restore', scale === undefined ? {} : { scale })
  },
}

/** "Extend it to the right", "wider", "16:9", "zoom out", "more sky above". */
const outpaint: Rule = {
  name: 'direction',
  judge: ({ words, raw, rest }, { hasPicture }) => {
    const shaped = (hasPicture && (is('shape', words) || is('shape', raw))) || opens('grow', words)
    return shaped || extends_(words) ? order('outpaint', { growth: parseGrowth(rest) }) : undefined
  },
}

/** "Inpaint the hat", "let me mark the area": a mask is wanted, and none was given. */
const mask: Rule = {
  name: 'mask',
  judge: ({ words, rest }, { hasPicture }) =>
    hasPicture && says('mask', words) ? order('inpaint', { instruction: rest }) : undefined,
}

/** "Make it blue", "remove the tree", "the sky should be darker", "blue instead of red". */
const change: Rule = {
  name: 'edit',
  judge: ({ words, raw, rest, first }) =>
    opens('change', words) || says('changeWithin', words) || (first && says('changeWithin', raw))
      ? order('edit', { instruction: rest })
      : undefined,
}

/** "Too dark", "the eyes are weird": what is wrong is to be put right. */
const flaw: Rule = {
  name: 'flaw',
  judge: ({ words, rest }, { hasPicture }) =>
    hasPicture && says('flaw', words) && wordCount(words) <= 12
      ? guess('edit', { instruction: rest }, 'hint', ['chat'])
      : undefined,
}

/** "With sunglasses", "at night", "bluer", "blue": a piece of what it should be. */
const fragment: Rule = {
  name: 'fragment',
  judge: ({ words, raw, rest, first }, { hasPicture }) => {
    if (!hasPicture || !first || wordCount(words) > 12) return undefined
    const piece = is('colour', words) || opens('fragment', words) || opens('fragment', raw)
    return piece
      ? { ...guess('edit', { instruction: rest }, 'hint', ['imagine', 'chat']), sure: wordCount(words) <= 6 }
      : undefined
  },
}

/** Asked before new pictures: they name what is done to a picture in so many words. */
export const pictureRules: readonly Rule[] = [strength, variations, again, similar, mask, restore, outpaint]
export const changeRules: readonly Rule[] = [change]
/** "Cartoon style please", "and a hat": said as an order of what is there, in no words that are known. */
const courtesy: Rule = {
  name: 'courtesy',
  judge: ({ words, raw, rest, polite }, { hasPicture }) => {
    if (!hasPicture || wordCount(words) > 14) return undefined
    const ordered =
      polite ||
      /\b(?:please|pls|plz)\b|^(?:and|plus|also|now|then) |\b(?:style|colou?red|version)$|请|麻烦|吧$/iu.test(raw)
    return ordered ? guess('edit', { instruction: rest }, 'hint', ['imagine', 'chat']) : undefined
  },
}

/** "Sprinkle some stars", "furnish the room": an unknown verb with its object. */
const unknownVerb: Rule = {
  name: 'unknown verb',
  judge: ({ words, rest }, { hasPicture }) =>
    hasPicture && verbAndObject.test(words) && wordCount(words) <= 14
      ? guess('edit', { instruction: rest }, 'hint', ['chat', 'imagine'])
      : undefined,
}

const verbAndObject =
  /^(?!(?:what|who|where|why|how|which|when|if|because|since|while|all|both|not|never|always|almost|quite|such|of|from|after|before|than|about|love|like|hate|enjoy|thank|miss|hope|wish)\b)\p{L}{3,}(?: (?:up|out|in|down|on))? (?:the|his|her|its|their|my|some|all|it|them|him|everything|a few|a|an)\b/iu

/** After talk: guesses. */
export const lastRules: readonly Rule[] = [courtesy, unknownVerb]
export const hintRules: readonly Rule[] = [fragment, flaw]

const withoutWish = (text: string) => restAfter('want', text) ?? text

/** Words of restoring that speak of a part: "make the background blurry", "enhance the colours". */
const aboutAPart =
  /\b(?:make|turn) (?:the|his|her|its) (?!picture|image|photo|whole|drawing)\p{L}+ (?:blurry|soft|noisy|fuzzy|sharper|clearer)\b|background .*\b(?:soft|blurry)\b/iu

const scale =
  /(?:x ?|by )?\b([24])(?: ?x\b| ?times\b|-?fold\b)|\bx ?([24])\b|(?:by )?\b(two|four|twice|double)\b|([两二四24]) ?倍/iu

function scaleIn(text: string): 2 | 4 | undefined {
  const at = scale.exec(text)
  const value = numberOf(at?.[1] ?? at?.[2] ?? at?.[3] ?? at?.[4])
  return value === 2 || value === 4 ? value : undefined
}

/** A verb of extending whose object is the picture, or with a direction. */
function extends_(words: string): boolean {
  const object = restAfter('extend', words)
  if (object === undefined) return false
  return (
    object === '' ||
    opens('canvas', object) ||
    opens('side', object) ||
    (says('side', object) && /^(?:by|out|\d)/i.test(object))
  )
}
