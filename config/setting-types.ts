import { z } from 'zod'

/** What is said about a setting beside its type. */
export interface SettingMeta {
  readonly description: string
  /** The values that are allowed, in words. */
  readonly allowed: string
  /** Its name in the environment, where it is not LLMGA_ and the key. */
  readonly variable?: string
  /** Never shown in full. */
  readonly secret?: boolean
  /** Read from the environment only: command lines are seen by everybody on the machine, files are copied about. */
  readonly environmentOnly?: boolean
  /** A path: relative to the config file where it stands in one, else to the working folder. */
  readonly path?: boolean
}

export const text = (meta: SettingMeta) =>
  z
    .string()
    .trim()
    .min(1)
    .meta({ ...meta })
export const folder = (description: string) => text({ description, allowed: 'a folder', path: true })
export const choice = <const T extends readonly [string, ...string[]]>(values: T, description: string) =>
  z.enum(values).meta({ description, allowed: values.join(', ') })

/** A device; only CUDA's cards can be told apart by a number. */
export const device = (description: string) =>
  z
    .union([z.enum(['auto', 'cpu', 'webgpu', 'cuda']), z.custom<`cuda:${number}`>(isNumberedCard)])
    .meta({ description, allowed: 'auto, cpu, webgpu, cuda, or cuda:N for card N (from 0); no other can be numbered' })
const isNumberedCard = (value: unknown) => typeof value === 'string' && /^cuda:(?:0|[1-9]\d?)$/.test(value)

export const model = (description: string) => text({ description, allowed: 'the name of a preset, or a folder' })
export const optionalModel = (description: string) =>
  text({ description, allowed: 'the name of a preset, or a folder, or none' })

/** A list, as JSON or with commas. */
export const names = (meta: SettingMeta) =>
  z
    .union([z.array(z.string()), z.string().transform((list) => list.split(','))])
    .transform((list) => list.map((name) => name.trim()))
    .pipe(z.array(z.string().min(1)))
    .meta({ ...meta })

/** Ids of a platform (servers, channels, roles), separated by commas; none stands for all. */
export const ids = (pattern: RegExp, description: string, allowed: string) =>
  names({ description, allowed })
    .pipe(z.array(z.string().regex(pattern)))
    .meta({ description, allowed })

/** A whole number, as a number or as digits. */
export const whole = (min: number, max: number, description: string) =>
  z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(min).max(max))
    .meta({ description, allowed: `a whole number from ${min} to ${max}` })

/** Yes or no, as JSON or as a word. */
export const flag = (description: string) =>
  z
    .union([z.boolean(), z.stringbool({ truthy: ['true', 'yes', 'on', '1'], falsy: ['false', 'no', 'off', '0'] })])
    .meta({ description, allowed: 'true or false' })

/** A secret of a platform, from the environment only. Blanks and quotes around it are slips of copying. */
export const platformSecret = (variable: string, pattern: RegExp, description: string, allowed: string) =>
  z.string().trim().regex(pattern).meta({ description, allowed, variable, secret: true, environmentOnly: true })

/**
 * Base address of a platform's interface. Tokens are sent there, so plain http is for this machine only (stand-ins).
 * `end` is what the client library expects it to end with.
 */
export const platformUrl = (variable: string, end: '' | '/', description: string) =>
  z
    .string()
    .trim()
    .refine(isSafeUrl)
    .transform((url) => url.replace(/\/+$/, '') + end)
    .meta({ description, allowed: 'an https URL; http only on this machine', variable })

function isSafeUrl(url: string): boolean {
  const parsed = URL.parse(url)
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname)
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isHere)
}
