import type { ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { CommandName, IncomingMessage } from '../contract/incoming.ts'
import type { Wordings } from '../conversation/wordings.ts'
import { parseCommandText, splitOptions, type TextCommand } from './command-text.ts'
import { drawingOptions, readOptions, settingOptions, type DrawingOptions, type OptionContext } from './options.ts'
import { isBlank } from './text-checks.ts'

/** What a message asks for. */
export type Route =
  /** Show the words to the language model, which decides whether to draw. */
  | { readonly kind: 'chat'; readonly text: string; readonly drawing: DrawingOptions }
  | { readonly kind: 'imagine'; readonly wish: string; readonly drawing: DrawingOptions }
  /** Without a change: show them. */
  | { readonly kind: 'settings'; readonly change?: ThreadSettings | 'reset' }
  | { readonly kind: 'recipe' | 'help' | 'cancel' | 'undo' }

export interface RouteContext {
  readonly wordings: Wordings
  readonly options: OptionContext
  /** The message brings a picture, or the thread has a current one. */
  readonly hasPicture: boolean
}

type Routed = Pick<IncomingMessage, 'text' | 'attachments' | 'command'>
type Words = Omit<TextCommand, 'name'>

/**
 * The rule table: an explicit command wins; a picture alone asks for its description; everything else is chat.
 * Throws AppError `input/empty`, `input/unknown-option`, `input/invalid-option`, `input/not-found`.
 */
export function route(message: Routed, context: RouteContext): Route {
  const command = commandOf(message)
  if (command) return commandRoutes[command.name](command, context)
  if (!isBlank(message.text)) return { kind: 'chat', text: message.text.trim(), drawing: { settings: {} } }
  if (message.attachments.length > 0)
    return { kind: 'chat', text: context.wordings.describe, drawing: { settings: {} } }
  throw empty('the message is empty', 'Write what you would like to see, or send a picture.')
}

function commandOf({ text, command }: Routed): TextCommand | undefined {
  if (!command) return parseCommandText(text)
  const { words, options } = splitOptions(text)
  return { name: command.name, words, options: { ...options, ...command.options } }
}

const plain = (kind: 'recipe' | 'help' | 'cancel' | 'undo') => (command: Words, context: RouteContext) => {
  readOptions(command.options, [], context.options)
  return { kind } as const
}

const commandRoutes: Readonly<Record<CommandName, (command: Words, context: RouteContext) => Route>> = {
  imagine({ words, options }, context) {
    const drawing = readOptions(options, drawingOptions, context.options)
    if (isBlank(words))
      throw empty('there is no wish after /imagine', 'Say what to draw: /imagine a red fox in the snow.')
    return { kind: 'imagine', wish: words, drawing }
  },
  describe({ words, options }, context) {
    readOptions(options, [], context.options)
    needPicture(context, '/describe')
    return { kind: 'chat', text: isBlank(words) ? context.wordings.describe : words, drawing: { settings: {} } }
  },
  similar({ words, options }, context) {
    const drawing = readOptions(options, drawingOptions, context.options)
    needPicture(context, '/similar')
    const text = isBlank(words) ? context.wordings.similar : `${context.wordings.similar} ${words}`
    return { kind: 'chat', text, drawing }
  },
  settings({ words, options }, context) {
    if (words === 'reset') return { kind: 'settings', change: 'reset' }
    const { settings: change } = readOptions(options, settingOptions, context.options)
    return Object.keys(change).length > 0 ? { kind: 'settings', change } : { kind: 'settings' }
  },
  cancel: plain('cancel'),
  undo: plain('undo'),
  recipe: plain('recipe'),
  help: plain('help'),
}

const empty = (message: string, hint: string) => new AppError('input/empty', { message, hint })

function needPicture({ hasPicture }: RouteContext, command: string): void {
  if (hasPicture) return
  throw new AppError('input/not-found', {
    message: `${command} needs a picture, and this thread has none`,
    hint: 'Send one, or have one drawn first.',
  })
}
