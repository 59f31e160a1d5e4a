import { AppError } from '../../src/contract/errors.ts'
import { commandNames, type Command, type CommandName } from '../../src/contract/incoming.ts'

/** What a typed line asks for. */
export type Line =
  | { readonly type: 'nothing' }
  | { readonly type: 'quit' }
  /** Attach this file to the next message. */
  | { readonly type: 'attach'; readonly file: string }
  /** Use the control with this number (from 1) of the newest reply; `value` fills its form. */
  | { readonly type: 'press'; readonly number: number; readonly value?: string }
  | { readonly type: 'say'; readonly text: string; readonly command?: Command }

/** What can be typed beside words, for the start of a chat and for /help. */
export const lineHelp = [
  '/image PATH     attach a picture to the next message',
  '/imagine WISH   draw a wish; options such as --seed 7 --steps 25 --size 128x128 may follow',
  '/describe       describe the attached or current picture; /similar draws one like it',
  '/1 /2 ...       use a control of the last reply; words after it fill its form',
  '/undo /recipe /settings /cancel /help, and /quit to leave; Ctrl-C cancels what runs',
].join('\n')

const isCommand = (name: string): name is CommandName => (commandNames as readonly string[]).includes(name)

/** Reads one typed line. Throws AppError `input/unknown-option` for an unknown /command. */
export function parseLine(line: string): Line {
  const text = line.trim()
  const [, name, rest = ''] = /^\/(\w+)(?:\s+(.*))?$/s.exec(text) ?? []
  if (text === '') return { type: 'nothing' }
  if (name === undefined) return { type: 'say', text }
  if (name === 'quit' || name === 'exit') return { type: 'quit' }
  if (name === 'image') return { type: 'attach', file: unquote(rest) }
  if (/^\d+$/.test(name)) return { type: 'press', number: Number(name), ...(rest === '' ? {} : { value: rest }) }
  if (isCommand(name)) {
    const { words, options } = splitOptions(rest)
    return { type: 'say', text: words, command: { name, options } }
  }
  throw new AppError('input/unknown-option', {
    message: `There is no command /${name}.`,
    hint: '/help says what there is; a line without a slash is said to the assistant.',
  })
}

const unquote = (text: string) => text.replace(/^(["'])(.*)\1$/, '$2')

/** Takes `--name value` and `--flag` off the words: "a fox --steps 25 --raw". Values may be quoted. */
export function splitOptions(text: string): { words: string; options: Record<string, string | boolean> } {
  const options: Record<string, string | boolean> = {}
  const option = /(?:^|\s)--([a-z][a-z-]*)(?:[= ]\s*("[^"]*"|'[^']*'|(?!--)\S+))?/g
  const words = text.replace(option, (_, name: string, value: string | undefined) => {
    options[name] = value === undefined ? true : unquote(value)
    return ''
  })
  return { words: words.trim(), options }
}
