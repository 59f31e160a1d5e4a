const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * A text as pieces of at most `limit` UTF-16 units (as the platforms count), in order: cut at the end of a paragraph, a
 * line, a sentence or a word where there is one in the second half of a piece, and never inside a character. Blanks at the cuts are
 * dropped; a text of blanks has no pieces.
 */
export function splitText(text: string, limit: number): readonly string[] {
  const pieces: string[] = []
  let rest = text.trim()
  while (rest.length > limit) {
    const at = cutOf(rest, limit)
    pieces.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  return rest === '' ? pieces : [...pieces, rest]
}

/** Ends of something, the best first; each matches up to where the cut may be. */
const ends = [/\n\s*\n/g, /\n/g, /[.!?…]\s|[。！？]/g, /\s/g] as const

function cutOf(text: string, limit: number): number {
  const head = text.slice(0, limit + 1)
  for (const end of ends) {
    const cuts = [...head.matchAll(end)].map(({ index, 0: found }) => index + found.trimEnd().length)
    const cut = cuts.findLast((at) => at > limit / 2 && at <= limit)
    if (cut !== undefined) return cut
  }
  return characterCut(text, limit)
}

/** The last end of a whole character within `limit`; one that is longer than that is cut between code points. */
function characterCut(text: string, limit: number): number {
  let cut = 0
  for (const { index, segment } of segmenter.segment(text.slice(0, limit + 64))) {
    if (index + segment.length > limit) break
    cut = index + segment.length
  }
  if (cut > 0) return cut
  return isHighSurrogate(text.charCodeAt(limit - 1)) && limit > 1 ? limit - 1 : limit
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
