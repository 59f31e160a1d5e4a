import type { Variables } from '../acceptance/program.ts'

/** One thread of one person. */
export interface SoakConversation {
  say(text: string): void
  /** Uses a button or an entry of a menu, of the newest reply that has it. Resolves to whether there was one. */
  use(label: string): Promise<boolean>
  /** Replies of the bot that have ended, and those that have not. */
  replies(): { readonly ended: number; readonly open: number }
  /** What of it was said to this person alone. */
  told(): readonly string[]
}

/** A platform under load. */
export interface SoakPlatform {
  readonly name: string
  /** What the bot is told to connect there. */
  readonly variables: Variables
  readonly people: number
  connected(): boolean
  /** Person `index` begins a thread. */
  open(index: number, text: string): SoakConversation
  /** Lets something go wrong; says what. `random` is 0 to 1. */
  disturb(random: () => number): string
  /** What the bot did against the platform's rules, and replies that stand there twice. */
  complaints(): readonly string[]
  close(): Promise<void>
}

export const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!
