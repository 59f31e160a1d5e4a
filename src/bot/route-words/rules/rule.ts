import type { ParsedWords, RouteName, RouteSituation } from '../routes.ts'
import type { Unit } from '../units.ts'

/** How much a verdict counts against those of other clauses: an order before a question before a hint before talk. */
export const ranks = { order: 3, question: 2, hint: 1, talk: 0 } as const
export type Rank = keyof typeof ranks

export type Verdict = {
  readonly [Name in RouteName]: {
    readonly route: Name
    readonly parsed: ParsedWords[Name]
    readonly rank: Rank
    readonly sure: boolean
    readonly others?: readonly RouteName[]
  }
}[RouteName]

/** One reason to choose a route. Rules are asked in order; the first verdict about a clause holds. */
export interface Rule {
  readonly name: string
  readonly judge: (unit: Unit, situation: RouteSituation) => Verdict | undefined
}

/** A certain order. */
export const order = <Name extends RouteName>(route: Name, parsed: ParsedWords[Name]): Verdict =>
  ({ route, parsed, rank: 'order', sure: true }) as unknown as Verdict // the union cannot follow Name

/** A guess, with what else it may be. */
export const guess = <Name extends RouteName>(
  route: Name,
  parsed: ParsedWords[Name],
  rank: Rank,
  others: readonly RouteName[],
): Verdict => ({ route, parsed, rank, sure: false, others }) as unknown as Verdict

export const question: Verdict = { route: 'chat', parsed: {}, rank: 'question', sure: true }
export const talk: Verdict = { route: 'chat', parsed: {}, rank: 'talk', sure: true }

export const wordCount = (text: string): number => text.match(/[\p{Script=Han}]|[^\s\p{Script=Han}]+/gu)?.length ?? 0
