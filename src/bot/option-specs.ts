import { editEngines, samplerNames } from '../contract/inference.ts'
import { designKinds } from '../contract/job.ts'
import { languages } from '../contract/language.ts'
import { namesOfSampler, samplerOf } from '../schedulers/samplers.ts'
import {
  adminOptionSpecs,
  aliasOf,
  amount,
  choice,
  engineAliases,
  maxSide,
  minSide,
  model,
  named,
  number,
  readLoras,
  readRatio,
  readSize,
  readWeights,
  scopeOption,
  shaped,
  words,
  yesOrNo,
  type OptionSpec,
} from './option-readers.ts'
import { parseBoxes, parseCells, parseMaskJson } from './stored-mask.ts'

export {
  sizeOfRatio,
  type OptionContext,
  type OptionPart,
  type OptionValue,
  type OwnOptions,
} from './option-readers.ts'

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
  language: choice(
    () => languages,
    (language) => ({ language }),
  ),
  spoiler: yesOrNo((spoiler) => ({ spoiler })),
  for: scopeOption(),
  scope: scopeOption(),
  ...adminOptionSpecs(),
}

/** Options of every drawing. */
export const drawingOptions: readonly string[] = [
  ...['seed', 'steps', 'guidance', 'negative', 'count', 'size', 'ratio', 'sampler', 'style', 'raw'],
  ...['lora', 'mllm', 't2i', 'spoiler'],
]
/** Those of work on a picture, which has its size already. */
export const workOptions: readonly string[] = drawingOptions.filter((name) => name !== 'size' && name !== 'ratio')
export const settingOptions: readonly string[] = [
  ...drawingOptions.filter((name) => name !== 'seed'),
  ...['inpaint-model', 'confirm', 'engine', 'strength', 'restore', 'language'],
]
/** For whom settings are, beside the settings themselves. */
export const scopeOptions: readonly string[] = ['for', 'scope']
export const adminOptions: readonly string[] = [
  ...['action', 'value', 'person', 'for', 'jobs', 'jobs-day', 'server-jobs', 'server-jobs-day'],
]
export const maskOptions: readonly string[] = ['mask', 'boxes', 'cells', 'alpha', 'grow', 'feather', 'invert']
/** Options that mean "yes" when no value follows. */
export const switches: readonly string[] = ['raw', 'confirm', 'restore', 'alpha', 'invert', 'spoiler']
/** Options whose value goes on until the next option. */
export const textOptions: readonly string[] = ['negative', 'source']
