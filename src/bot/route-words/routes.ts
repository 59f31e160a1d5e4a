import type { DesignKind, Growth } from '../../contract/job.ts'

/** What is known of a thread when a message comes. */
export interface RouteSituation {
  /** There is a picture to work on: the message brings one, answers one, or the thread has a current one. */
  readonly hasPicture: boolean
  /** A mask was drawn or sent along. */
  readonly hasMask: boolean
  /** The message itself brings a picture. */
  readonly hasAttachment: boolean
}

/** "stronger" is 1, "a bit stronger" 0.5, "weaker" -1, "a bit less" -0.5: steps on the strength of the last edit. */
export type StrengthChange = number

/** What was read out of the words, by route. Texts keep the person's own spelling. */
export interface ParsedWords {
  /** A question, praise, small talk: answered in words. */
  readonly chat: object
  readonly imagine: { readonly wish: string; readonly ratio?: number; readonly count?: number }
  /** `strength` without words to change: the last edit once more, stronger or weaker. */
  readonly edit: { readonly instruction: string; readonly strength?: StrengthChange }
  /** '' when a mask came without words. */
  readonly inpaint: { readonly instruction: string }
  readonly outpaint: { readonly growth: Growth }
  readonly restore: { readonly scale?: 1 | 2 | 4 }
  readonly variations: { readonly count?: number; readonly words: string }
  /** `words`: what is to differ; often ''. */
  readonly similar: { readonly words: string }
  readonly describe: object
  /** `redrawPage` (from 1): only this page of the last story is drawn again. */
  readonly story: { readonly topic: string; readonly pages?: number; readonly redrawPage?: number }
  readonly illustrate: { readonly text: string }
  readonly design: { readonly kind: DesignKind; readonly brief: string }
  /** A wish with the subject of the picture. */
  readonly subject: { readonly wish: string }
  /** A wish along the outlines of the picture. */
  readonly control: { readonly wish: string }
  /** The wish once more with a new seed; with `change`, another one that differs in this ("a second one, warmer"). */
  readonly again: { readonly change: string }
  readonly undo: { readonly steps: number | 'all' }
  readonly redo: { readonly steps: number }
  readonly branch: object
  readonly compare: object
  readonly cancel: object
  readonly recipe: object
  readonly help: object
}

export type RouteName = keyof ParsedWords

/** Where a message leads. */
export type Classified = {
  readonly [Name in RouteName]: {
    readonly route: Name
    readonly parsed: ParsedWords[Name]
    /** False: the rules only guess; a RouteScorer may know better, and `others` are offered as buttons. */
    readonly sure: boolean
    /** The rule that decided, for logs and tests. */
    readonly rule: string
    /** What else it may have meant, likeliest first. */
    readonly others: readonly RouteName[]
  }
}[RouteName]

/**
 * Says how likely each of `routes` is for a message, where the rules are not sure: the language model asked with the
 * thread's last turns. Scores are compared with each other only; all equal means "cannot say".
 */
export type RouteScorer = (question: {
  readonly text: string
  readonly situation: RouteSituation
  readonly routes: readonly RouteName[]
}) => Promise<Readonly<Partial<Record<RouteName, number>>>>
