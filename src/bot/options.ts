import { didYouMean } from '../../config/did-you-mean.ts'
import type { ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import { samplerNames } from '../contract/inference.ts'
import { checkText } from './text-checks.ts'

export type OptionValue = string | number | boolean
export type OptionValues = Readonly<Record<string, OptionValue>>

/** What options are checked against. */
export interface OptionContext {
  readonly styles: readonly string[]
  /** Size of a picture when nothing is said, in pixels; an aspect ratio keeps its area. */
  readonly defaultWidth: number
  readonly defaultHeight: number
  /** Longest text of an option, in characters. */
  readonly textLimit: number
}

/** Options of a drawing: a seed is for one job only, the rest can also be settings of a thread. */
export interface DrawingOptions {
  readonly seed?: number
  readonly settings: ThreadSettings
}

type OptionPart = ThreadSettings & { readonly seed?: number }

type Changeable<T> = { -readonly [K in keyof T]: T[K] }

interface OptionSpec {
  /** In words, for messages. */
  readonly allowed: (context: OptionContext) => string
  /** The option's part of the settings; undefined when the value is not allowed. */
  readonly read: (value: OptionValue, context: OptionContext) => OptionPart | undefined
}

const maxSide = 2048
const minSide = 64

/** Every option of a drawing: its values in words, and how it is read. */
const specs: Readonly<Record<string, OptionSpec>> = {
  seed: number(0, 2 ** 32 - 1, true, (seed) => ({ seed })),
  steps: number(1, 150, true, (steps) => ({ steps })),
  guidance: number(0, 30, false, (guidanceScale) => ({ guidanceScale })),
  negative: {
    allowed: () => 'words for what to avoid',
    read(value, { textLimit }) {
      if (typeof value === 'boolean') return undefined
      checkText(String(value), textLimit)
      return { negativePrompt: String(value).trim() }
    },
  },
  count: number(1, 4, true, (count) => ({ count })),
  size: {
    allowed: () => `WIDTHxHEIGHT in pixels, each a multiple of 8 from ${minSide} to ${maxSide}, such as 512x768`,
    read: (value) => readSize(String(value)),
  },
  ratio: {
    allowed: () => 'WIDTH:HEIGHT from 1:4 to 4:1, such as 16:9',
    read: (value, context) => readRatio(String(value), context),
  },
  sampler: {
    allowed: () => samplerNames.join(', '),
    read(value) {
      const sampler = samplerNames.find((name) => name === String(value).toLowerCase())
      return sampler && { sampler }
    },
  },
  style: {
    allowed: ({ styles }) => ['none', ...styles].join(', '),
    read: (value, { styles }) => (['none', ...styles].includes(String(value)) ? { style: String(value) } : undefined),
  },
  raw: {
    allowed: () => 'true or false',
    read(value) {
      const text = String(value).toLowerCase()
      return text === 'true' ? { raw: true } : text === 'false' ? { raw: false } : undefined
    },
  },
}

export const drawingOptions: readonly string[] = Object.keys(specs)
export const settingOptions: readonly string[] = drawingOptions.filter((name) => name !== 'seed')
/** Options that mean "yes" when no value follows. */
export const switches: readonly string[] = ['raw']
/** Options whose value goes on until the next option. */
export const textOptions: readonly string[] = ['negative']

/**
 * Checks options against those that a command takes. An empty text counts as not given. Throws AppError
 * `input/unknown-option` (with what was probably meant) or `input/invalid-option` (with what is allowed).
 */
export function readOptions(values: OptionValues, allowed: readonly string[], context: OptionContext): DrawingOptions {
  const given = Object.entries(values).filter(([, value]) => value !== '')
  const parts = given.map(([name, value]) => readOption(name, value, allowed, context))
  const read: Changeable<OptionPart> = parts.reduce((all, part) => ({ ...all, ...part }), {})
  const { seed } = read
  delete read.seed
  return { ...(seed === undefined ? {} : { seed }), settings: read }
}

function readOption(name: string, value: OptionValue, allowed: readonly string[], context: OptionContext) {
  const spec = allowed.includes(name) ? specs[name] : undefined
  if (!spec) throw unknownOption(name, allowed)
  const read = spec.read(value, context)
  if (read) return read
  throw new AppError('input/invalid-option', {
    message: `${name} cannot be "${String(value).slice(0, 80)}"`,
    hint: `Allowed: ${spec.allowed(context)}.`,
    details: { option: name, allowed: spec.allowed(context) },
  })
}

function unknownOption(name: string, allowed: readonly string[]): AppError {
  const meant = didYouMean(name.slice(0, 40), allowed)
  const list = allowed.length > 0 ? `The options are ${allowed.join(', ')}.` : 'This command takes no options.'
  return new AppError('input/unknown-option', {
    message: `there is no option "${name.slice(0, 40)}"`,
    hint: meant === undefined ? list : `Did you mean "${meant}"? ${list}`,
    details: { option: name, allowed, ...(meant === undefined ? {} : { meant }) },
  })
}

function number(min: number, max: number, whole: boolean, part: (value: number) => OptionPart): OptionSpec {
  return {
    allowed: () => `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
    read(given) {
      const text = String(given).trim()
      const value = /^-?\d+(\.\d+)?(e\d+)?$/i.test(text) ? Number(text) : Number.NaN
      const fits = value >= min && value <= max && (!whole || Number.isInteger(value))
      return fits ? part(value) : undefined
    },
  }
}

function readSize(text: string): ThreadSettings | undefined {
  const sides = /^\s*(\d+)\s*[x×*]\s*(\d+)\s*$/i.exec(text)
  if (!sides) return undefined
  const width = Number(sides[1])
  const height = Number(sides[2])
  const fits = [width, height].every((side) => side % 8 === 0 && side >= minSide && side <= maxSide)
  return fits ? { width, height } : undefined
}

/** The default area in another shape. Sides are multiples of 64 (32 for small models), which every UNet can halve. */
function readRatio(text: string, { defaultWidth, defaultHeight }: OptionContext): ThreadSettings | undefined {
  const sides = /^\s*(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)\s*$/.exec(text)
  const ratio = sides ? Number(sides[1]) / Number(sides[2]) : Number.NaN
  if (!(ratio >= 1 / 4 && ratio <= 4)) return undefined
  const multiple = Math.min(defaultWidth, defaultHeight) >= 512 ? 64 : 32
  const side = (length: number) => Math.max(minSide, Math.round(length / multiple) * multiple)
  const area = defaultWidth * defaultHeight
  return { width: side(Math.sqrt(area * ratio)), height: side(Math.sqrt(area / ratio)) }
}
