import type { AppErrorData } from '../../src/contract/errors.ts'
import type { ReplyChange } from './reply-changes.ts'

type Saved = Extract<ReplyChange, { type: 'image' }>
type Made = Extract<ReplyChange, { type: 'file' }>

/** A change as a view is told it: a picture or file comes with the place where it was saved. */
export type ShownChange =
  | Exclude<ReplyChange, { type: 'image' | 'file' }>
  | (Saved & { readonly file: string })
  | { readonly type: 'file'; readonly file: string; readonly made: Made['file'] }

/** How replies look: words for a person, or JSON lines for a program. */
export interface View {
  show(change: ShownChange, jobId: string): void
  /** What was refused before it became a job. */
  refused(error: AppErrorData): void
}

/** Where a view writes; process.stdout and process.stderr fit. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** A message as a sentence, with what to do unless it says so itself. */
export function withHint(message: string, hint: string | undefined): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return hint === undefined || text.includes(hint) ? text : `${text.replace(/[^.!?…]$/, '$&.')} ${hint}`
}
