import type { ThreadSettings } from '../../../src/contract/conversation.ts'

/** The settings form as typed, by the options' names (those of /settings); an empty field means the default. */
export type SettingFields = Readonly<Record<SettingName, string>>

export const settingNames = [
  ...(['mllm', 't2i', 'inpaint-model', 'steps', 'guidance', 'sampler', 'size', 'count', 'style', 'negative'] as const),
  ...(['engine', 'strength', 'confirm', 'restore', 'raw', 'lora'] as const),
] as const
export type SettingName = (typeof settingNames)[number]

export function toFields(settings: ThreadSettings): SettingFields {
  const { width, height, loras } = settings
  const said = (value: string | number | boolean | undefined): string => (value === undefined ? '' : String(value))
  return {
    mllm: said(settings.mllm),
    t2i: said(settings.t2i),
    'inpaint-model': said(settings.inpaint),
    steps: said(settings.steps),
    guidance: said(settings.guidanceScale),
    sampler: said(settings.sampler),
    size: width === undefined || height === undefined ? '' : `${width}x${height}`,
    count: said(settings.count),
    style: said(settings.style),
    negative: said(settings.negativePrompt),
    engine: said(settings.engine),
    strength: said(settings.strength),
    confirm: said(settings.confirm),
    restore: said(settings.restore),
    raw: said(settings.raw),
    lora: loras?.map(({ name, weight }) => `${name}:${weight}`).join(', ') ?? '',
  }
}

/** What has to be said to get from one state of the form to the other. */
export interface SettingChange {
  /** Everything is forgotten first: something went back to its default. */
  readonly reset: boolean
  readonly options: Readonly<Record<string, string>>
}

export function changeOf(before: SettingFields, after: SettingFields): SettingChange | undefined {
  const given = settingNames.filter((name) => after[name].trim() !== '')
  const reset = settingNames.some((name) => before[name] !== '' && after[name].trim() === '')
  const named = reset ? given : given.filter((name) => after[name].trim() !== before[name])
  if (!reset && named.length === 0) return undefined
  return { reset, options: Object.fromEntries(named.map((name) => optionOf(name, after[name].trim()))) }
}

/** A size may be a ratio, which is an option of its own. */
const optionOf = (name: SettingName, value: string): readonly [string, string] =>
  name === 'size' && value.includes(':') ? ['ratio', value] : [name, value]
