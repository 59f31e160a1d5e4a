import type { DesignKind } from '../contract/job.ts'

/** A kind of design: what it is called with its article, and its shape (width over height). */
interface Design {
  readonly named: string
  readonly ratio: number
  /** How people call it. */
  readonly words: RegExp
}

export const designs: Readonly<Record<DesignKind, Design>> = {
  logo: { named: 'a logo', ratio: 1, words: /^logos?\b/i },
  fashion: { named: 'a fashion outfit', ratio: 2 / 3, words: /^(?:fashion|outfits?|clothes|dress(?:es)?)\b/i },
  infographic: { named: 'an infographic', ratio: 1 / 2, words: /^infographics?\b/i },
  poster: { named: 'a poster', ratio: 2 / 3, words: /^posters?\b/i },
  't-shirt': { named: 'a T-shirt', ratio: 1, words: /^(?:t-? ?shirts?|tee)\b/i },
  'game-character': { named: 'a game character', ratio: 3 / 4, words: /^(?:game[- ]characters?|characters?)\b/i },
}

/** The kind that words begin with ("logo for a flower shop"), or the given one; and what is left of the words. */
export function designWords(words: string, given?: DesignKind) {
  const bare = words.trim().replace(/^(?:an?|the)\s+/i, '')
  const entries = Object.entries(designs) as [DesignKind, Design][]
  const found = entries.find(([, { words: pattern }]) => pattern.test(bare))
  const kind = given ?? found?.[0]
  const rest = found ? bare.replace(found[1].words, '').trim() : words.trim()
  const topic = rest === '' || /^(?:for|with|of|about|that|to|in|on)\b/i.test(rest) ? rest : `for ${rest}`
  return { design: kind && { kind, named: designs[kind].named }, topic }
}
