/**
 * Which tokens of the source prompt stand where in the target prompt: prompt-to-prompt's mappers (Hertz et al., arXiv
 * 2208.01626, sections 3.2-3.3), in one form for word swaps and for refinements.
 */
import { AppError } from '../../contract/errors.ts'
import { placesOfWords, type PromptWords } from './prompt-words.ts'

export interface TokenMap {
  readonly size: number
  /** [size, size], row = source, column = target: how much of a source token's map a target token's map takes. */
  readonly share: Float32Array
  /** [size]: 1 where the target token has a source at all, 0 where it is new and keeps its own map. */
  readonly known: Float32Array
}

/**
 * Word for word: words that differ are put in each other's places, also where they have different numbers of tokens;
 * what follows moves along. Throws AppError `input/invalid-option` for prompts of different numbers of words.
 */
export function replaceMap(source: PromptWords, target: PromptWords, size: number): TokenMap {
  if (source.words.length !== target.words.length)
    throw new AppError('input/invalid-option', {
      message: `words cannot be replaced one by one: the source prompt has ${source.words.length}, the target prompt ${target.words.length}`,
      hint: 'Use as many words in both prompts, or let the edit refine the prompt.',
    })
  const swaps = swapsOf(source, target)
  const share = new Float32Array(size * size)
  const put = (from: number, to: number, value: number) => {
    if (from < size && to < size) share[from * size + to] = value
  }
  let swap = 0
  for (let i = 0, j = 0; i < size && j < size;) {
    const { from = [], to = [] } = swaps[swap] ?? {}
    if (from[0] === i) {
      if (from.length === to.length) from.forEach((place, n) => put(place, to[n]!, 1))
      else for (const a of from) for (const b of to) put(a, b, 1 / to.length)
      swap++
      i += from.length
      j += to.length
    } else {
      put(swap < swaps.length ? i : j, j, 1)
      i++
      j++
    }
  }
  return { size, share, known: new Float32Array(size).fill(1) }
}

/** The tokens of the words that differ; a word that became no token on either side is left as it is. */
const swapsOf = (source: PromptWords, target: PromptWords) => {
  const [from, to] = [placesOfWords(source), placesOfWords(target)]
  return source.words.flatMap((word, i) =>
    word !== target.words[i] && from[i]!.length > 0 && to[i]!.length > 0 ? [{ from: from[i]!, to: to[i]! }] : [],
  )
}

/** The token map of prompts of any lengths: tokens that both have, in order, keep the source's maps. */
export function refineMap(source: PromptWords, target: PromptWords, size: number): TokenMap {
  const aligned = align(source.ids, target.ids)
  const share = new Float32Array(size * size)
  const known = new Float32Array(size)
  for (let to = 0; to < size; to++) {
    const from = to < aligned.length ? aligned[to]! : to
    if (from < 0 || from >= size) continue
    share[from * size + to] = 1
    known[to] = 1
  }
  return { size, share, known }
}

/**
 * Global alignment (Needleman and Wunsch, 1970) with gap 0, match 1, mismatch -1; of equal ways a gap in `x` is taken
 * first, then one in `y`. For each place of `y` its place in `x`, or -1.
 */
export function align(x: readonly number[], y: readonly number[]): number[] {
  const width = y.length + 1
  const score = new Int32Array((x.length + 1) * width)
  const at = (i: number, j: number) => score[i * width + j]!
  for (let i = 1; i <= x.length; i++)
    for (let j = 1; j <= y.length; j++) {
      const both = at(i - 1, j - 1) + (x[i - 1] === y[j - 1] ? 1 : -1)
      score[i * width + j] = Math.max(at(i, j - 1), at(i - 1, j), both)
    }
  const places = new Array<number>(y.length).fill(-1)
  for (let i = x.length, j = y.length; j > 0;) {
    if (i === 0 || at(i, j) === at(i, j - 1)) j--
    else if (at(i, j) === at(i - 1, j)) i--
    else places[--j] = --i
  }
  return places
}

/**
 * Where the places BOS, tokens, EOS of a prompt stand among the `total` rows of its embeddings: each chunk of 75 tokens
 * has its own BOS and EOS, of which only the first and the last belong to the prompt.
 */
export function rowsOfPlaces(total: number, chunkTokens = 75): number[] {
  const chunks = Math.ceil(total / (chunkTokens + 2))
  const tokens = total - 2 * chunks
  const inner = Array.from({ length: tokens }, (_, i) => 1 + i + 2 * Math.floor(i / chunkTokens))
  return [0, ...inner, total - 1]
}

/** A map over the places of a prompt as one over the rows of its chunks; the inner BOS and EOS map to themselves. */
export function mapOverRows({ size, share, known }: TokenMap, rows: readonly number[]): TokenMap {
  const total = rows.at(-1)! + 1
  const moved = new Float32Array(total * total)
  const movedKnown = new Float32Array(total).fill(1)
  for (let row = 0; row < total; row++) moved[row * total + row] = 1
  for (let to = 0; to < size; to++) {
    movedKnown[rows[to]!] = known[to]!
    for (let from = 0; from < size; from++) moved[rows[from]! * total + rows[to]!] = share[from * size + to]!
  }
  return { size: total, share: moved, known: movedKnown }
}
