/** What an edit's request means: which words change, how, and for how many of the steps the source holds. */
import { AppError } from '../contract/errors.ts'
import type { EditRequest } from '../contract/inference.ts'
import {
  changedWords,
  changeKind,
  contentPlaces,
  findWords,
  type ChangeKind,
} from '../families/prompt-to-prompt/changed-words.ts'
import type { EditMode } from '../families/prompt-to-prompt/edit-plan.ts'
import { weightedWords, type PromptWords } from '../families/prompt-to-prompt/prompt-words.ts'
import type { ClipTokenizer } from '../tokenizers/clip-bpe.ts'
import { checkShare, invalidOption } from './drawing-plan.ts'

/** Words of both prompts, as they stand there. */
export interface WordPair {
  readonly source: readonly string[]
  readonly target: readonly string[]
}

/** Shares of the steps for which the source's attention maps hold. */
export interface ReplaceShares {
  readonly crossReplace: number
  readonly selfReplace: number
}

export interface EditSettings extends ReplaceShares {
  readonly source: PromptWords
  readonly target: PromptWords
  readonly mode: EditMode
  readonly kind: ChangeKind
  readonly changed: WordPair
  /** Words whose maps say where the picture may change; none: everywhere. */
  readonly blendWords: WordPair
  readonly blendThreshold: number
  readonly wordWeights: Readonly<Record<string, number>>
}

/** The reference's shares for Stable Diffusion 1.x; a preset may have its own. */
export const referenceShares: ReplaceShares = { crossReplace: 0.4, selfReplace: 0.6 }

/** What a kind of change does with a model's shares, and whether it is held to the places of its words. */
interface KindSettings {
  readonly shares: (model: ReplaceShares) => ReplaceShares
  /** Share of the words' largest value above which a place may change; undefined: everything may. */
  readonly blendThreshold?: number
}

/**
 * Colours keep the form, so self-attention is held longer; what is added needs less room than what is replaced. A
 * place is drawn with half of the source's maps. What moves or grows must not be held where it was: only the first
 * steps, which settle the rest, are the source's. Tried in docs/abilities/edit.md.
 */
const kinds: Readonly<Record<ChangeKind, KindSettings>> = {
  object: { shares: (model) => model, blendThreshold: 0.3 },
  addition: { shares: (model) => model, blendThreshold: 0.5 },
  colour: {
    shares: ({ crossReplace, selfReplace }) => ({ crossReplace, selfReplace: 1 - (1 - selfReplace) / 3 }),
    blendThreshold: 0.4,
  },
  surroundings: {
    shares: ({ crossReplace, selfReplace }) => ({ crossReplace: crossReplace / 2, selfReplace: selfReplace / 2 }),
  },
  layout: { shares: ({ crossReplace }) => ({ crossReplace: crossReplace / 4, selfReplace: 0 }) },
}
/** For words that a request names itself. */
const referenceThreshold = 0.3

/**
 * The settings of an edit; `shares` are the model's. Throws AppError `input/empty` for prompts that say nothing and
 * `input/invalid-option` for prompts that say the same, words that are not in their prompt, and shares beyond 0 and 1.
 */
export function editSettings(request: EditRequest, tokenizer: ClipTokenizer, shares: ReplaceShares): EditSettings {
  checkPrompts(request)
  const [source, target] = [request.sourcePrompt, request.prompt].map((prompt) => weightedWords(tokenizer, prompt)) as [
    PromptWords,
    PromptWords,
  ]
  const changes = changedWords(source.words, target.words)
  const wordWeights = resolveWeights(target, request.wordWeights ?? {})
  const weighted = Object.keys(wordWeights)
  if (changes.source.length + changes.target.length + weighted.length === 0 && !isReweighted(request))
    throw invalidOption(
      'the source prompt and the target prompt say the same',
      'Say in other words what is to change, or give words of the prompt another weight.',
    )
  const kind = changeKind(source.words, target.words, changes)
  const { blendThreshold } = kinds[kind]
  const content = (prompt: PromptWords, places: readonly number[]) =>
    unique(contentPlaces(prompt.words, places).map((place) => prompt.words[place]!))
  const changed = { source: content(source, changes.source), target: content(target, changes.target) }
  const blended = changes.source.length + changes.target.length > 0 ? changed : { source: [], target: weighted }
  return {
    source,
    target,
    mode: changes.oneForOne ? 'replace' : 'refine',
    kind,
    changed,
    blendWords: request.blendWords
      ? resolvePair(source, target, request.blendWords)
      : blendThreshold === undefined
        ? { source: [], target: [] }
        : blended,
    blendThreshold: blendThreshold ?? referenceThreshold,
    wordWeights,
    ...sharesOf(request, kind, shares),
  }
}

function checkPrompts({ sourcePrompt, prompt }: EditRequest): void {
  if (sourcePrompt.trim() === '')
    throw new AppError('input/empty', {
      message: 'there is no source prompt: nothing says what the picture shows',
      hint: 'Describe the picture as it is, or let the language model describe it.',
    })
  if (prompt.trim() === '')
    throw new AppError('input/empty', {
      message: 'there is no target prompt: nothing says what the picture is to show',
      hint: 'Describe the picture as it is to be.',
    })
}

/** Prompts that differ in their weights alone. */
const isReweighted = ({ sourcePrompt, prompt }: EditRequest): boolean => sourcePrompt.trim() !== prompt.trim()

function sharesOf({ strength = 0.5, ...request }: EditRequest, kind: ChangeKind, shares: ReplaceShares): ReplaceShares {
  checkShare('strength', strength)
  const usual = kinds[kind].shares(shares)
  const { crossReplace = shareAt(strength, usual.crossReplace) } = request
  const { selfReplace = shareAt(strength, usual.selfReplace) } = request
  checkShare('crossReplace', crossReplace)
  checkShare('selfReplace', selfReplace)
  return { crossReplace, selfReplace }
}

/** At strength 0 all steps, at 0.5 the usual share, at 1 none; straight lines between. */
function shareAt(strength: number, usual: number): number {
  const share = strength <= 0.5 ? usual + (1 - usual) * (1 - 2 * strength) : usual * 2 * (1 - strength)
  return Math.round(share * 1e4) / 1e4 // a step is not to depend on the last bit
}

const unique = (words: readonly string[]): string[] => [...new Set(words)]

const resolvePair = (source: PromptWords, target: PromptWords, pair: WordPair): WordPair => ({
  source: unique(pair.source.flatMap((word) => resolve(source, word, 'source'))),
  target: unique(pair.target.flatMap((word) => resolve(target, word, 'target'))),
})

function resolveWeights(target: PromptWords, weights: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(weights)
  for (const [word, weight] of entries)
    if (!Number.isFinite(weight) || weight < 0 || weight > 10)
      throw invalidOption(`the weight ${weight} of "${word}" is not within 0 and 10`, 'Choose a weight from 0 to 10.')
  return Object.fromEntries(
    entries.flatMap(([wanted, weight]) => resolve(target, wanted, 'target').map((word) => [word, weight])),
  )
}

function resolve(prompt: PromptWords, word: string, name: string): string[] {
  const found = findWords(prompt.words, word)
  if (found) return found
  throw invalidOption(
    `the word "${word}" is not in the ${name} prompt "${prompt.words.join(' ')}"`,
    `Choose words of the ${name} prompt.`,
  )
}
