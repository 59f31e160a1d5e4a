import { didYouMean } from '../../config/did-you-mean.ts'
import type { ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import { optionSpecs, type OptionContext, type OptionPart, type OptionValue, type OwnOptions } from './option-specs.ts'

export {
  drawingOptions,
  maskOptions,
  settingOptions,
  switches,
  textOptions,
  workOptions,
  type OptionContext,
  type OptionValue,
} from './option-specs.ts'

export type OptionValues = Readonly<Record<string, OptionValue>>

/** Options of a job: its own, and those that can also be settings of a thread. */
export interface DrawingOptions extends OwnOptions {
  readonly settings: ThreadSettings
}

const ownKeys: readonly (keyof OwnOptions)[] = [
  ...(['seed', 'scale', 'preprocess', 'start', 'end', 'pages', 'pictures', 'design', 'source', 'wordWeights'] as const),
  ...(['left', 'top', 'right', 'bottom', 'mask', 'shape', 'grow', 'feather', 'invert'] as const),
]

/**
 * Checks options against those that a command takes. An empty text counts as not given. Throws AppError
 * `input/unknown-option` (with what was probably meant) or `input/invalid-option` (with what is allowed).
 */
export function readOptions(values: OptionValues, allowed: readonly string[], context: OptionContext): DrawingOptions {
  const given = Object.entries(values).filter(([, value]) => value !== '')
  const parts = given.map(([name, value]) => readOption(name, value, allowed, context))
  const entries = Object.entries(Object.assign({}, ...parts) as OptionPart)
  const isOwn = ([key]: [string, unknown]) => (ownKeys as readonly string[]).includes(key)
  return {
    ...(Object.fromEntries(entries.filter(isOwn)) as OwnOptions),
    settings: Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
  }
}

function readOption(name: string, value: OptionValue, allowed: readonly string[], context: OptionContext) {
  const spec = allowed.includes(name) ? optionSpecs[name] : undefined
  if (!spec) throw unknownOption(name, allowed)
  const read = spec.read(value, context)
  if (read) return read
  const meant = didYouMean(String(value).slice(0, 40).toLowerCase(), spec.names ?? [])
  throw invalidOption(name, value, spec.allowed(context), meant)
}

/** A value that an option cannot have; `meant` is what it may have been. */
export const invalidOption = (name: string, value: OptionValue, allowed: string, meant?: string): AppError =>
  new AppError('input/invalid-option', {
    message: `${name} cannot be "${String(value).slice(0, 80)}"`,
    hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Allowed: ${allowed}.`,
    details: { option: name, allowed, ...(meant === undefined ? {} : { meant }) },
  })

function unknownOption(name: string, allowed: readonly string[]): AppError {
  const meant = didYouMean(name.slice(0, 40), allowed)
  const list = allowed.length > 0 ? `The options are ${allowed.join(', ')}.` : 'This command takes no options.'
  return new AppError('input/unknown-option', {
    message: `there is no option "${name.slice(0, 40)}"`,
    hint: meant === undefined ? list : `Did you mean "${meant}"? ${list}`,
    details: { option: name, allowed, ...(meant === undefined ? {} : { meant }) },
  })
}
