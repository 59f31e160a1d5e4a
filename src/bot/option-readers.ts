import type { ThreadSettings } from '../contract/conversation.ts'
import type { ControlUse, editEngines } from '../contract/inference.ts'
import type { DesignKind, GrowthAmount, StoredMask, StoredMaskShape } from '../contract/job.ts'
import type { AllowedValues } from '../language/allowed-values.ts'
import { adminActions, type AdminAction } from './policy/admin-actions.ts'
import { settingScopes, type SettingScope } from './policy/scopes.ts'
import { checkText } from './text-checks.ts'

export type OptionValue = string | number | boolean

/** What options are checked against. */
export interface OptionContext {
  readonly styles: readonly string[]
  /** Size of a picture when nothing is said, in pixels; an aspect ratio keeps its area. */
  readonly defaultWidth: number
  readonly defaultHeight: number
  /** Longest text of an option, in characters. */
  readonly textLimit: number
  /** Models that a thread may choose, by role. */
  readonly models?: Readonly<Record<string, readonly string[]>>
}

/** Options that are for one job only, beside those that can also be settings of a thread. */
export interface OwnOptions {
  readonly seed?: number
  /** restore: 1, 2 or 4; subject and control: how strongly the picture counts. */
  readonly scale?: number
  readonly preprocess?: NonNullable<ControlUse['preprocess']>
  readonly start?: number
  readonly end?: number
  readonly pages?: number
  readonly pictures?: number
  readonly design?: DesignKind
  /** What the picture shows, when the language model is not to be asked. */
  readonly source?: string
  readonly wordWeights?: Readonly<Record<string, number>>
  readonly left?: GrowthAmount
  readonly top?: GrowthAmount
  readonly right?: GrowthAmount
  readonly bottom?: GrowthAmount
  readonly mask?: StoredMask
  readonly shape?: StoredMaskShape
  readonly grow?: number
  readonly feather?: number
  readonly invert?: boolean
  /** For whom settings or rules are to hold. */
  readonly scope?: OptionScope
  readonly action?: AdminAction
  /** What an admin's action sets. */
  readonly value?: string
  /** The id of the person whom an admin's action is about. */
  readonly person?: string
  readonly jobsPerPerson?: number
  readonly jobsPerPersonDay?: number
  readonly jobsPerServer?: number
  readonly jobsPerServerDay?: number
}

/** Of `server` speak admins alone, of `thread` and `person` everybody. */
export type OptionScope = SettingScope | 'server'

export type OptionPart = ThreadSettings & OwnOptions

export interface OptionSpec {
  /** Its values; the catalogues say them in words. */
  readonly allowed: (context: OptionContext) => AllowedValues
  /** The option's part of the settings; undefined when the value is not allowed. */
  readonly read: (value: OptionValue, context: OptionContext) => OptionPart | undefined
  /** What people call the values, in lower case: to guess what was meant. */
  readonly names?: readonly string[]
}

export const maxSide = 2048
export const minSide = 64

export const engineAliases: Readonly<Record<string, (typeof editEngines)[number]>> = { p2p: 'direct-inversion-p2p' }

/** Any of these names. */
export const named = (names: readonly string[]): AllowedValues => ({ type: 'names', names: names.join(', ') })

export function number(min: number, max: number, whole: boolean, part: (value: number) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: 'number', min, max, whole }),
    read(given) {
      const text = String(given).trim()
      const value = /^-?\d+(\.\d+)?(e\d+)?$/i.test(text) ? Number(text) : Number.NaN
      const fits = value >= min && value <= max && (!whole || Number.isInteger(value))
      return fits ? part(value) : undefined
    },
  }
}

export function words(meaning: 'avoided-words' | 'source-words', part: (text: string) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: meaning }),
    read(value, { textLimit }) {
      if (typeof value === 'boolean') return undefined
      checkText(String(value), textLimit)
      return part(String(value).trim())
    },
  }
}

export function choice<T extends string>(
  names: (context: OptionContext) => readonly T[],
  part: (name: T) => OptionPart,
): OptionSpec {
  return {
    allowed: (context) => named(names(context)),
    read(value, context) {
      const name = names(context).find((one) => one === String(value).toLowerCase())
      return name && part(name)
    },
  }
}

export function model(role: string, part: (name: string) => OptionPart): OptionSpec {
  return choice(({ models }) => models?.[role] ?? [], part)
}

export function yesOrNo(part: (value: boolean) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: 'yes-or-no' }),
    read(value) {
      const text = String(value).toLowerCase()
      if (['true', 'yes', 'on'].includes(text)) return part(true)
      return ['false', 'no', 'off'].includes(text) ? part(false) : undefined
    },
  }
}

/** `64` or `64px`: pixels; `25%`: a share of the picture's own side. */
export function amount(part: (amount: GrowthAmount) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: 'amount' }),
    read(value) {
      const found = /^(\d+)(px)?$|^(\d+(?:\.\d+)?)%$/.exec(String(value).trim())
      if (!found) return undefined
      return part(found[3] === undefined ? { pixels: Number(found[1]) } : { share: Number(found[3]) / 100 })
    },
  }
}

/** `me` is what people call their own person. */
export function scopeOption(): OptionSpec {
  return {
    allowed: () => named([...settingScopes, 'server']),
    read(value) {
      const name = String(value).toLowerCase()
      const scope = name === 'me' ? 'person' : ([...settingScopes, 'server'] as const).find((one) => one === name)
      return scope && { scope }
    },
  }
}

/** What /admin takes; a mention of a person is their id in angle brackets. */
export function adminOptionSpecs(): Readonly<Record<string, OptionSpec>> {
  const limit = (part: (value: number) => OptionPart) => number(0, 1_000_000, true, part)
  const id = (text: string) => /^<@!?([^|>]+)(?:\|[^>]*)?>$/.exec(text)?.[1] ?? text
  return {
    action: choice(
      () => adminActions,
      (action) => ({ action }),
    ),
    value: words('source-words', (value) => ({ value })),
    person: words('source-words', (person) => ({ person: id(person) })),
    jobs: limit((jobsPerPerson) => ({ jobsPerPerson })),
    'jobs-day': limit((jobsPerPersonDay) => ({ jobsPerPersonDay })),
    'server-jobs': limit((jobsPerServer) => ({ jobsPerServer })),
    'server-jobs-day': limit((jobsPerServerDay) => ({ jobsPerServerDay })),
  }
}

export const shaped = (shape: StoredMaskShape | undefined): OptionPart | undefined => shape && { shape }

export const aliasOf = (name: string) => (Object.hasOwn(engineAliases, name) ? engineAliases[name] : undefined)

export function readLoras(text: string): OptionPart | undefined {
  if (text === 'none') return { loras: [] }
  const weights = readWeights(text, 2)
  return weights && { loras: Object.entries(weights).map(([name, weight]) => ({ name, weight })) }
}

/** `a:0.5, b`: what has no weight has 1. */
export function readWeights(text: string, max: number): Readonly<Record<string, number>> | undefined {
  const entries = text.split(',').map((part) => /^\s*([^:\s]+)\s*(?::\s*(\d+(?:\.\d+)?))?\s*$/.exec(part))
  if (entries.some((found) => !found || Number(found[2] ?? 1) > max)) return undefined
  return Object.fromEntries(entries.map((found) => [found![1]!, Number(found![2] ?? 1)]))
}

export function readSize(text: string): ThreadSettings | undefined {
  const sides = /^\s*(\d+)\s*[x×*]\s*(\d+)\s*$/i.exec(text)
  if (!sides) return undefined
  const width = Number(sides[1])
  const height = Number(sides[2])
  const fits = [width, height].every((side) => side % 8 === 0 && side >= minSide && side <= maxSide)
  return fits ? { width, height } : undefined
}

export function readRatio(text: string, context: OptionContext): ThreadSettings | undefined {
  const sides = /^\s*(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)\s*$/.exec(text)
  const ratio = sides ? Number(sides[1]) / Number(sides[2]) : Number.NaN
  return ratio >= 1 / 4 && ratio <= 4 ? sizeOfRatio(ratio, context) : undefined
}

/** The default area in another shape. Sides are multiples of 64 (32 for small models), which every UNet can halve. */
export function sizeOfRatio(
  ratio: number,
  { defaultWidth, defaultHeight }: Pick<OptionContext, 'defaultWidth' | 'defaultHeight'>,
): { readonly width: number; readonly height: number } {
  const multiple = Math.min(defaultWidth, defaultHeight) >= 512 ? 64 : 32
  const side = (length: number) => Math.max(minSide, Math.round(length / multiple) * multiple)
  const area = defaultWidth * defaultHeight
  return { width: side(Math.sqrt(area * ratio)), height: side(Math.sqrt(area / ratio)) }
}
