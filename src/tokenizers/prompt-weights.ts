/** A piece of a prompt and how much it counts. */
export type WeightedText = readonly [text: string, weight: number]

const roundFactor = 1.1
const squareFactor = 1 / 1.1

/** Lexer of A1111's attention syntax: escapes, brackets, `:number)`, plain text. */
const lexeme = /\\\(|\\\)|\\\[|\\\]|\\\\|\\|\(|\[|:([+-]?[.\d]+)\)|\)|\]|[^\\()[\]:]+|:/g

/**
 * Parses A1111's prompt weights: `(a)` counts 1.1 times, `(a:1.4)` 1.4 times, `[a]` 1/1.1 times, nested ones multiply;
 * `\(` is a literal bracket. Unmatched closing brackets are text; brackets that stay open count to the end.
 * Neighbours of equal weight are joined; nothing at all gives [['', 1]].
 */
export function parsePromptWeights(prompt: string): WeightedText[] {
  const pieces: [string, number][] = []
  const open = { '(': [] as number[], '[': [] as number[] }
  const multiplyFrom = (start: number, factor: number) => {
    for (const piece of pieces.slice(start)) piece[1] *= factor
  }
  for (const match of prompt.matchAll(lexeme)) {
    const [text, number] = match
    // A lone backslash escapes nothing and is dropped, as in A1111.
    if (text.startsWith('\\')) pieces.push([text.slice(1), 1])
    else if (text === '(' || text === '[') open[text].push(pieces.length)
    else if (number !== undefined && open['('].length > 0 && Number.isFinite(Number(number)))
      multiplyFrom(open['('].pop()!, Number(number))
    else if (text === ')' && open['('].length > 0) multiplyFrom(open['('].pop()!, roundFactor)
    else if (text === ']' && open['['].length > 0) multiplyFrom(open['['].pop()!, squareFactor)
    else pieces.push([text, 1])
  }
  for (const start of open['(']) multiplyFrom(start, roundFactor)
  for (const start of open['[']) multiplyFrom(start, squareFactor)
  return joinEqual(pieces)
}

function joinEqual(pieces: readonly [string, number][]): WeightedText[] {
  const joined: [string, number][] = []
  for (const [text, weight] of pieces) {
    const last = joined.at(-1)
    if (last?.[1] === weight) last[0] += text
    else joined.push([text, weight])
  }
  return joined.length > 0 ? joined : [['', 1]]
}
