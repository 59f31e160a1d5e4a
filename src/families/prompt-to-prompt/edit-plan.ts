import { AppError } from '../../contract/errors.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { placesOfWord, type PromptWords } from './prompt-words.ts'
import { mapOverRows, refineMap, replaceMap, rowsOfPlaces, type TokenMap } from './token-map.ts'

/** Shares of the steps, 0 to 1; a number is [0, number]. */
export type StepShare = number | readonly [from: number, to: number]

/** `replace` swaps words one by one, `refine` keeps what both prompts have and adds or drops the rest. */
export type EditMode = 'replace' | 'refine'

export interface EditPlanOptions {
  readonly mode: EditMode
  readonly source: PromptWords
  readonly target: PromptWords
  /** Rows of the embeddings: 77 for each chunk of a prompt. */
  readonly rows: number
  /** Tokens of a chunk without BOS and EOS; default 75. */
  readonly chunkTokens?: number
  readonly steps: number
  /** For how many of the steps the target's cross-attention is the source's, and the same for single target words. */
  readonly crossReplace: StepShare
  readonly crossReplaceWords?: Readonly<Record<string, StepShare>>
  readonly selfReplace: StepShare
  /** Factors of target words' maps (reweighting, section 3.4). */
  readonly wordWeights?: Readonly<Record<string, number>>
  /** Words whose maps are summed for the local blend. */
  readonly blendWords?: { readonly source: readonly string[]; readonly target: readonly string[] }
}

/** What an edit does to the attention maps, as numbers. n = rows of the embeddings. */
export interface EditPlan {
  readonly map: TokenMap
  /** [n] */
  readonly equalizer: Float32Array
  /** [steps + 1][n]: 1 where the mapped value holds, 0 where the target keeps its own. */
  readonly gates: readonly Float32Array[]
  /** Steps from which and up to which self-attention is the source's. */
  readonly selfReplace: readonly [from: number, to: number]
  /** [2, n]: 1 at the tokens of the blend's words, source then target; undefined: no blend. */
  readonly blendColumns?: Float32Array
}

/** The plan of an edit. Throws AppError `input/invalid-option` for a word that is not in its prompt. */
export function planEdit(options: EditPlanOptions): EditPlan {
  const { source, target, rows: total, steps, blendWords } = options
  const rows = rowsOfPlaces(total, options.chunkTokens)
  const cut = (prompt: PromptWords) => withinPlaces(prompt, rows.length)
  const mapper = options.mode === 'replace' ? replaceMap : refineMap
  const rowsOf = (prompt: PromptWords, words: readonly string[], name: string) =>
    words.flatMap((word) => placesOrThrow(prompt, word, name).flatMap((place) => rows[place] ?? []))
  const columns = new Float32Array(2 * total)
  for (const row of rowsOf(source, blendWords?.source ?? [], 'source')) columns[row] = 1
  for (const row of rowsOf(target, blendWords?.target ?? [], 'target')) columns[total + row] = 1
  return {
    map: mapOverRows(mapper(cut(source), cut(target), rows.length), rows),
    equalizer: equalizerOf(total, options.wordWeights ?? {}, (word) => rowsOf(target, [word], 'target')),
    gates: gatesOf(total, steps, options.crossReplace, options.crossReplaceWords ?? {}, (word) =>
      placesOfWord(target, word).flatMap((place) => rows[place] ?? []),
    ),
    selfReplace: stepRange(options.selfReplace, steps),
    ...(blendWords ? { blendColumns: columns } : {}),
  }
}

/** A prompt of more tokens than the embeddings have places for, cut to them. */
function withinPlaces(prompt: PromptWords, places: number): PromptWords {
  if (prompt.ids.length <= places) return prompt
  return { ...prompt, ids: [...prompt.ids.slice(0, places - 1), prompt.ids.at(-1)!] }
}

function placesOrThrow(prompt: PromptWords, word: string, name: string): number[] {
  const places = placesOfWord(prompt, word)
  if (places.length > 0) return places
  throw new AppError('input/invalid-option', {
    message: `the word "${word}" is not in the ${name} prompt "${prompt.words.join(' ')}"`,
    hint: 'Name words as they stand in the prompt, with the punctuation that touches them.',
  })
}

/** [size], 1 but for the tokens of the given words. */
export function equalizerOf(
  size: number,
  weights: Readonly<Record<string, number>>,
  rowsOf: (word: string) => readonly number[],
): Float32Array {
  const equalizer = new Float32Array(size).fill(1)
  for (const [word, weight] of Object.entries(weights)) for (const row of rowsOf(word)) equalizer[row] = weight
  return equalizer
}

/** [steps + 1][size]; there is one row more than steps, and shares count over all of them, as in the reference. */
export function gatesOf(
  size: number,
  steps: number,
  share: StepShare,
  words: Readonly<Record<string, StepShare>>,
  rowsOf: (word: string) => readonly number[],
): Float32Array[] {
  const gates = Array.from({ length: steps + 1 }, () => new Float32Array(size))
  const open = (bounds: StepShare, rows: readonly number[]) => {
    const [from, to] = stepRange(bounds, steps + 1)
    gates.forEach((gate, step) => rows.forEach((row) => (gate[row] = step >= from && step < to ? 1 : 0)))
  }
  open(share, [...new Array(size).keys()])
  for (const [word, bounds] of Object.entries(words)) open(bounds, rowsOf(word))
  return gates
}

/** Whole steps of a share, rounded down: from, and up to (not including). */
export function stepRange(share: StepShare, steps: number): [from: number, to: number] {
  const [from, to] = typeof share === 'number' ? [0, share] : share
  return [Math.trunc(from * steps), Math.trunc(to * steps)]
}

/**
 * The plan at one step, as the inputs of the graph (`attentionControl`). With source and target maps s, t [.., n], map
 * M, known a, equalizer e and gate g the edited map is ((s M a + t (1 - a)) e) g + t (1 - g), which is linear in s and
 * t: s @ sourceShare + t * targetShare. `selfLimit` is the most queries a self-attention may have to be replaced.
 */
export function controlInputs(plan: EditPlan, step: number, selfLimit: number): Record<string, FloatTensor> {
  const { size, share, known } = plan.map
  const gate = plan.gates[step]!
  const fromSource = known.map((a, i) => a * plan.equalizer[i]! * gate[i]!)
  const fromTarget = known.map((a, i) => (1 - a) * plan.equalizer[i]! * gate[i]! + 1 - gate[i]!)
  const replaces = step >= plan.selfReplace[0] && step < plan.selfReplace[1]
  return {
    p2p_source_share: float32(
      share.map((value, i) => value * fromSource[i % size]!),
      [size, size],
    ),
    p2p_target_share: float32(fromTarget, [size]),
    p2p_self_limit: float32(new Float32Array([replaces ? selfLimit : 0]), [1]),
    p2p_words: float32(plan.blendColumns ?? new Float32Array(2 * size), [2, size]),
  }
}
