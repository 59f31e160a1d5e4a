import { didYouMean } from '../../config/did-you-mean.ts'
import type { AppError } from '../contract/errors.ts'
import { commandNames, type CommandName } from '../contract/incoming.ts'
import { refuse } from '../language/refuse.ts'
import { switches, textOptions, type OptionValues } from './options.ts'

/** `/imagine a red fox --seed 7` taken apart; options are not checked yet. */
export interface TextCommand {
  readonly name: CommandName
  readonly words: string
  readonly options: OptionValues
}

/**
 * A command written as text, or undefined when the text is none. Throws AppError `input/unknown-option` for a word
 * after the slash that is not a command.
 */
export function parseCommandText(text: string): TextCommand | undefined {
  const found = /^\s*\/([a-z]+)(?:\s+([^]*))?$/i.exec(text)
  if (!found) return undefined
  const word = found[1]!.toLowerCase()
  const name = commandNames.find((command) => command === word)
  if (!name) throw unknownCommand(word)
  return { name, ...splitOptions(found[2] ?? '') }
}

/**
 * Takes `--name value` and `--name=value` out of a text. A value may be quoted; that of a text option goes on until the
 * next option, that of a switch may be left out. What is left are the words, with their line ends.
 */
export function splitOptions(text: string): { readonly words: string; readonly options: OptionValues } {
  const [words = '', ...rest] = text.split(/(?:^|\s)--(?=[a-z])/i)
  const parts = rest.map(splitOption)
  return {
    words: [words, ...parts.map(({ left }) => left)].join(' ').trim(),
    options: Object.fromEntries(parts.map(({ name, value }) => [name, value])),
  }
}

function splitOption(part: string) {
  const found = /^([a-z][a-z0-9-]*)(=|\s+|$)([^]*)$/i.exec(part)
  const name = (found?.[1] ?? part.trim()).toLowerCase()
  const rest = (found?.[3] ?? '').trim()
  const quoted = /^(["'])(.*?)\1(?:\s+([^]*))?$/s.exec(rest)
  if (quoted) return { name, value: quoted[2]!, left: quoted[3] ?? '' }
  if (switches.includes(name) && !(found?.[2] === '=') && !/^(true|false)\b|^(yes|no|on|off)$/i.test(rest))
    return { name, value: true, left: rest }
  if (rest === '') return { name, value: true, left: '' } // refused by every option that is not a switch
  if (textOptions.includes(name)) return { name, value: rest, left: '' }
  const [, value = '', left = ''] = /^(\S+)\s*([^]*)$/.exec(rest) ?? []
  return { name, value, left }
}

function unknownCommand(word: string): AppError {
  const names = commandNames.map((name) => `/${name}`).join(', ')
  const values = { name: word.slice(0, 40), names, meant: didYouMean(word, commandNames) }
  return refuse('input/unknown-option', 'unknownCommand', values, {
    details: { command: word, allowed: commandNames },
  })
}
