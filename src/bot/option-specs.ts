import type { ThreadSettings } from '../contract/conversation.ts'
import { editEngines, samplerNames, type ControlUse } from '../contract/inference.ts'
import {
  designKinds,
  type DesignKind,
  type GrowthAmount,
  type StoredMask,
  type StoredMaskShape,
} from '../contract/job.ts'
import type { AllowedValues } from '../language/allowed-values.ts'
import { namesOfSampler, samplerOf } from '../schedulers/samplers.ts'
import { parseBoxes, parseCells, parseMaskJson } from './stored-mask.ts'
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
}

export type OptionPart = ThreadSettings & OwnOptions

export interface OptionSpec {
  /** Its values; the catalogues say them in words. */
  readonly allowed: (context: OptionContext) => AllowedValues
  /** The option's part of the settings; undefined when the value is not allowed. */
  readonly read: (value: OptionValue, context: OptionContext) => OptionPart | undefined
  /** What people call the values, in lower case: to guess what was meant. */
  readonly names?: readonly string[]
}

const maxSide = 2048
const minSide = 64

const engineAliases: Readonly<Record<string, (typeof editEngines)[number]>> = { p2p: 'direct-inversion-p2p' }

/** Every option: its values in words, and how it is read. */
export const optionSpecs: Readonly<Record<string, OptionSpec>> = {
  seed: number(0, 2 ** 32 - 1, true, (seed) => ({ seed })),
  steps: number(1, 150, true, (steps) => ({ steps })),
  guidance: number(0, 30, false, (guidanceScale) => ({ guidanceScale })),
  negative: words('avoided-words', (negativePrompt) => ({ negativePrompt })),
  count: number(1, 4, true, (count) => ({ count })),
  size: {
    allowed: () => ({ type: 'size', min: minSide, max: maxSide }),
    read: (value) => readSize(String(value)),
  },
  ratio: {
    allowed: () => ({ type: 'ratio', most: 4 }),
    read: (value, context) => readRatio(String(value), context),
  },
  sampler: {
    allowed: () => named(samplerNames),
    names: samplerNames.flatMap(namesOfSampler).map((name) => name.toLowerCase()),
    read(value) {
      const sampler = samplerOf(String(value))
      return sampler && { sampler }
    },
  },
  style: choice(
    ({ styles }) => ['none', ...styles],
    (style) => ({ style }),
  ),
  raw: yesOrNo((raw) => ({ raw })),
  strength: number(0, 1, false, (strength) => ({ strength })),
  engine: {
    allowed: () => named([...editEngines, ...Object.keys(engineAliases)]),
    read(value) {
      const name = String(value).toLowerCase()
      const engine = editEngines.find((one) => one === name) ?? aliasOf(name)
      return engine && { engine }
    },
  },
  confirm: yesOrNo((confirm) => ({ confirm })),
  restore: yesOrNo((restore) => ({ restore })),
  lora: {
    allowed: () => ({ type: 'loras' }),
    read: (value) => readLoras(String(value)),
  },
  mllm: model('mllm', (mllm) => ({ mllm })),
  t2i: model('t2i', (t2i) => ({ t2i })),
  'inpaint-model': model('inpaint', (inpaint) => ({ inpaint })),
  scale: number(0, 4, false, (scale) => ({ scale })),
  preprocess: choice(
    () => ['canny', 'as-is'] as const,
    (preprocess) => ({ preprocess }),
  ),
  start: number(0, 1, false, (start) => ({ start })),
  end: number(0, 1, false, (end) => ({ end })),
  pages: number(1, 12, true, (pages) => ({ pages })),
  pictures: number(1, 12, true, (pictures) => ({ pictures })),
  kind: choice(
    () => designKinds,
    (design) => ({ design }),
  ),
  source: words('source-words', (source) => ({ source })),
  weights: {
    allowed: () => ({ type: 'weights' }),
    read(value) {
      const wordWeights = readWeights(String(value), 4)
      return wordWeights && { wordWeights }
    },
  },
  left: amount((left) => ({ left })),
  top: amount((top) => ({ top })),
  right: amount((right) => ({ right })),
  bottom: amount((bottom) => ({ bottom })),
  all: amount((each) => ({ left: each, top: each, right: each, bottom: each })),
  mask: {
    allowed: () => ({ type: 'mask' }),
    read: (value) => ({ mask: parseMaskJson(String(value)) }),
  },
  boxes: {
    allowed: () => ({ type: 'boxes' }),
    read: (value) => shaped(parseBoxes(String(value))),
  },
  cells: {
    allowed: () => ({ type: 'cells' }),
    read: (value) => shaped(parseCells(String(value))),
  },
  alpha: yesOrNo((isAlpha) => (isAlpha ? { shape: { type: 'alpha' } } : {})),
  grow: number(0, 512, true, (grow) => ({ grow })),
  feather: number(0, 512, true, (feather) => ({ feather })),
  invert: yesOrNo((invert) => ({ invert })),
}

/** Options of every drawing. */
export const drawingOptions: readonly string[] = [
  ...['seed', 'steps', 'guidance', 'negative', 'count', 'size', 'ratio', 'sampler', 'style', 'raw'],
  ...['lora', 'mllm', 't2i'],
]
/** Those of work on a picture, which has its size already. */
export const workOptions: readonly string[] = drawingOptions.filter((name) => name !== 'size' && name !== 'ratio')
export const settingOptions: readonly string[] = [
  ...drawingOptions.filter((name) => name !== 'seed'),
  ...['inpaint-model', 'confirm', 'engine', 'strength', 'restore'],
]
export const maskOptions: readonly string[] = ['mask', 'boxes', 'cells', 'alpha', 'grow', 'feather', 'invert']
/** Options that mean "yes" when no value follows. */
export const switches: readonly string[] = ['raw', 'confirm', 'restore', 'alpha', 'invert']
/** Options whose value goes on until the next option. */
export const textOptions: readonly string[] = ['negative', 'source']

const named = (names: readonly string[]): AllowedValues => ({ type: 'names', names: names.join(', ') })

function number(min: number, max: number, whole: boolean, part: (value: number) => OptionPart): OptionSpec {
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

function words(meaning: 'avoided-words' | 'source-words', part: (text: string) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: meaning }),
    read(value, { textLimit }) {
      if (typeof value === 'boolean') return undefined
      checkText(String(value), textLimit)
      return part(String(value).trim())
    },
  }
}

function choice<T extends string>(
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

function model(role: string, part: (name: string) => OptionPart): OptionSpec {
  return choice(({ models }) => models?.[role] ?? [], part)
}

function yesOrNo(part: (value: boolean) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: 'yes-or-no' }),
    read(value) {
      const text = String(value).toLowerCase()
      return text === 'true' ? part(true) : text === 'false' ? part(false) : undefined
    },
  }
}

/** `64` or `64px`: pixels; `25%`: a share of the picture's own side. */
function amount(part: (amount: GrowthAmount) => OptionPart): OptionSpec {
  return {
    allowed: () => ({ type: 'amount' }),
    read(value) {
      const found = /^(\d+)(px)?$|^(\d+(?:\.\d+)?)%$/.exec(String(value).trim())
      if (!found) return undefined
      return part(found[3] === undefined ? { pixels: Number(found[1]) } : { share: Number(found[3]) / 100 })
    },
  }
}

const shaped = (shape: StoredMaskShape | undefined): OptionPart | undefined => shape && { shape }

const aliasOf = (name: string) => (Object.hasOwn(engineAliases, name) ? engineAliases[name] : undefined)

function readLoras(text: string): OptionPart | undefined {
  if (text === 'none') return { loras: [] }
  const weights = readWeights(text, 2)
  return weights && { loras: Object.entries(weights).map(([name, weight]) => ({ name, weight })) }
}

/** `a:0.5, b`: what has no weight has 1. */
function readWeights(text: string, max: number): Readonly<Record<string, number>> | undefined {
  const entries = text.split(',').map((part) => /^\s*([^:\s]+)\s*(?::\s*(\d+(?:\.\d+)?))?\s*$/.exec(part))
  if (entries.some((found) => !found || Number(found[2] ?? 1) > max)) return undefined
  return Object.fromEntries(entries.map((found) => [found![1]!, Number(found![2] ?? 1)]))
}

function readSize(text: string): ThreadSettings | undefined {
  const sides = /^\s*(\d+)\s*[x×*]\s*(\d+)\s*$/i.exec(text)
  if (!sides) return undefined
  const width = Number(sides[1])
  const height = Number(sides[2])
  const fits = [width, height].every((side) => side % 8 === 0 && side >= minSide && side <= maxSide)
  return fits ? { width, height } : undefined
}

function readRatio(text: string, context: OptionContext): ThreadSettings | undefined {
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
