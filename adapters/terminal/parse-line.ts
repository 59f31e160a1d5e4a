/** What a typed line asks for. Commands such as /imagine are the bot's own words and are said to it. */
export type Line =
  | { readonly type: 'nothing' }
  | { readonly type: 'quit' }
  /** Attach this file to the next message. */
  | { readonly type: 'attach'; readonly file: string }
  /** Use the control with this number (from 1) of the newest reply; `value` fills its form. */
  | { readonly type: 'press'; readonly number: number; readonly value?: string }
  | { readonly type: 'say'; readonly text: string }

/** What can be typed here beside words. */
export const lineHelp = [
  '/image PATH   attach a picture to the next message',
  '/1 /2 ...     use a control of the last reply; words after it fill its form',
  '/imagine a red car --seed 7 --steps 25   draw with options',
  '/edit make it blue, /outpaint right, /story a fox --pages 3 …   work with pictures',
  '/commands     all commands (also /help); /quit leaves; Ctrl-C cancels what runs',
].join('\n')

/** Reads one typed line. */
export function parseLine(line: string): Line {
  const text = line.trim()
  const [, name, rest = ''] = /^\/(\w+)(?:\s+(.*))?$/s.exec(text) ?? []
  if (text === '') return { type: 'nothing' }
  if (name === 'quit' || name === 'exit') return { type: 'quit' }
  if (name === 'commands') return { type: 'say', text: '/help' }
  if (name === 'image') return { type: 'attach', file: rest.replace(/^(["'])(.*)\1$/, '$2') }
  if (name !== undefined && /^\d+$/.test(name))
    return { type: 'press', number: Number(name), ...(rest === '' ? {} : { value: rest }) }
  return { type: 'say', text }
}
