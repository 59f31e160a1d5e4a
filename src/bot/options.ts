import { didYouMean } from '../../config/did-you-mean.ts'
import type { ThreadSettings } from '../contract/conversation.ts'
import type { AppError } from '../contract/errors.ts'
import type { AllowedValues } from '../language/allowed-values.ts'
import { refuse } from '../language/refuse.ts'
import { sentencesIn } from '../language/sentences.ts'
import { optionSpecs, type OptionContext, type OptionPart, type OptionValue, type OwnOptions } from './option-specs.ts'

export {
  adminOptions,
  scopeOptions,
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
  ...(['scope', 'action', 'value', 'person'] as const),
  ...(['jobsPerPerson', 'jobsPerPersonDay', 'jobsPerServer', 'jobsPerServerDay'] as const),
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
export function invalidOption(name: string, value: OptionValue, allowed: AllowedValues, meant?: string): AppError {
  const values = { name, value: String(value).slice(0, 80), allowed, meant }
  const inWords = sentencesIn('en').errors.allowed(allowed)
  const details = { option: name, allowed: inWords, ...(meant === undefined ? {} : { meant }) }
  return refuse('input/invalid-option', 'invalidOption', values, { details })
}

function unknownOption(name: string, allowed: readonly string[]): AppError {
  const meant = didYouMean(name.slice(0, 40), allowed)
  const values = { name: name.slice(0, 40), names: allowed.join(', '), meant }
  const details = { option: name, allowed, ...(meant === undefined ? {} : { meant }) }
  return refuse('input/unknown-option', 'unknownOption', values, { details })
}
