/** A token that is cut out of the text before anything else happens to it. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Left out by `skipSpecialTokens`. */
  readonly special: boolean
  /** Whether it swallows the white space before it. */
  readonly lstrip: boolean
  /** Whether it swallows the white space after it. */
  readonly rstrip: boolean
  /** Whether it counts only where no letter or digit touches it. */
  readonly singleWord: boolean
  /** Whether it is looked for in the normalised text instead of the raw one. */
  readonly normalized: boolean
}

/** A stretch of plain text, or an added token found in it. */
export type Section = string | AddedToken

const spaceAtEnd = /\p{White_Space}+$/u
const spaceAtStart = /^\p{White_Space}+/u
const wordAtEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/u
const wordAtStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u

/** Cuts texts at `tokens`: the leftmost, and of those that begin at one place the longest. Empty stretches are left out. */
export function createSplitter(
  tokens: readonly AddedToken[],
  contentOf: (token: AddedToken) => string = (token) => token.content,
): (text: string) => Section[] {
  const byContent = new Map(tokens.map((token) => [contentOf(token), token]))
  const contents = [...byContent.keys()].filter((content) => content !== '').sort((a, b) => b.length - a.length)
  if (contents.length === 0) return (text) => (text === '' ? [] : [text])
  const pattern = new RegExp(contents.map(escapePattern).join('|'), 'gu')
  return (text) => {
    const sections: Section[] = []
    let from = 0
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0])!
      const [before, after] = [text.slice(from, match.index), text.slice(match.index + match[0].length)]
      if (token.singleWord && (wordAtEnd.test(text.slice(0, match.index)) || wordAtStart.test(after))) continue
      const plain = token.lstrip ? before.replace(spaceAtEnd, '') : before
      if (plain !== '') sections.push(plain)
      sections.push(token)
      from = text.length - after.length + (token.rstrip ? (spaceAtStart.exec(after)?.[0].length ?? 0) : 0)
    }
    if (from < text.length) sections.push(text.slice(from))
    return sections
  }
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
