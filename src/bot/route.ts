import type { ThreadSettings } from '../contract/conversation.ts'
import type { IncomingMessage } from '../contract/incoming.ts'
import type { DesignKind, Growth, RouteName } from '../contract/job.ts'
import type { Wordings } from '../conversation/wordings.ts'
import { refuse } from '../language/refuse.ts'
import { commandRoute } from './command-routes.ts'
import { parseCommandText, splitOptions, type TextCommand } from './command-text.ts'
import type { DrawingOptions, OptionContext } from './options.ts'
import type { AdminCommand } from './policy/admin-command.ts'
import type { SettingScope } from './policy/scopes.ts'
import { isBlank } from './text-checks.ts'
import { wordRoute } from './word-routes.ts'

/** How words were understood, when no command said it, and what else they may have meant. */
export interface Routed {
  readonly chosen: RouteName
  readonly others: readonly RouteName[]
}

interface Answered {
  readonly drawing: DrawingOptions
  readonly routed?: Routed
}

interface Worked extends Answered {
  readonly words: string
}

/** What a message asks for that a model answers. */
export type ModelRoute =
  /** Show the words to the language model, which decides whether to draw. `change`: the picture once more, but so. */
  | (Answered & { readonly kind: 'chat'; readonly text: string; readonly change?: string })
  | (Answered & { readonly kind: 'imagine'; readonly wish: string; readonly bare?: boolean })
  | (Worked & { readonly kind: 'edit'; readonly strengthSteps?: number })
  | (Worked & { readonly kind: 'restyle' | 'inpaint' | 'restore' | 'variations' | 'subject' | 'control' })
  | (Worked & { readonly kind: 'outpaint'; readonly growth: Growth })
  /** The picture once more with a new seed. */
  | (Answered & { readonly kind: 'again' })
  /** `words` is what the language model is asked. */
  | (Worked & { readonly kind: 'story'; readonly title: string; readonly pages?: number })
  /** A page (from 0) of the newest book. */
  | (Answered & { readonly kind: 'page'; readonly page: number })
  | (Answered & { readonly kind: 'illustrate'; readonly text: string; readonly pictures: number })
  | (Worked & { readonly kind: 'design'; readonly design: DesignKind })

/** What a message asks for. */
export type Route =
  | ModelRoute
  /** Without a change: show them. */
  | { readonly kind: 'settings'; readonly change?: ThreadSettings | 'reset'; readonly scope: SettingScope }
  | { readonly kind: 'admin'; readonly command: AdminCommand }
  | { readonly kind: 'forget'; readonly confirmed: boolean }
  /** `steps` exchanges; Infinity goes back to the beginning. */
  | { readonly kind: 'undo' | 'redo'; readonly steps: number }
  | { readonly kind: 'recipe' | 'help' | 'cancel' | 'branch' | 'compare' | 'export' }

export interface RouteContext {
  readonly wordings: Wordings
  readonly options: OptionContext
  /** The message brings a picture, or the thread has a current one. */
  readonly hasPicture: boolean
  /** A mask came with the message. */
  readonly hasMask: boolean
}

type Told = Pick<IncomingMessage, 'text' | 'attachments' | 'command'>

/**
 * An explicit command wins; then words are understood by rules (src/bot/route-words): a mask means inpainting, a
 * direction outpainting, an instruction an edit, a question chat; where they are not sure it is chat, with buttons for
 * the others. Throws AppError `input/empty`, `input/unknown-option`, `input/invalid-option`, `input/not-found`.
 */
export function route(message: Told, context: RouteContext): Route {
  const command = commandOf(message)
  if (command) return commandRoute(command, context)
  if (isBlank(message.text) && message.attachments.length === 0) throw refuse('input/empty', 'emptyMessage')
  return wordRoute(message.text.trim(), message.attachments.length > 0, context)
}

function commandOf({ text, command }: Told): TextCommand | undefined {
  if (!command) return parseCommandText(text)
  const { words, options } = splitOptions(text)
  return { name: command.name, words, options: { ...options, ...command.options } }
}
