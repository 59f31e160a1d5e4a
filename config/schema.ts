import { homedir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { editEngines } from '../src/contract/inference.ts'

/** Variables of the process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What is said about a setting beside its type. */
interface SettingMeta {
  readonly description: string
  /** The values that are allowed, in words. */
  readonly allowed: string
  /** Never shown in full. */
  readonly secret?: boolean
  /** A path: relative to the config file where it stands in one, else to the working folder. */
  readonly path?: boolean
}

const devices = ['auto', 'cpu', 'webgpu', 'cuda'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const text = (meta: SettingMeta) =>
  z
    .string()
    .trim()
    .min(1)
    .meta({ ...meta })
const folder = (description: string) => text({ description, allowed: 'a folder', path: true })
const choice = <const T extends readonly [string, ...string[]]>(values: T, description: string) =>
  z.enum(values).meta({ description, allowed: values.join(', ') })
const model = (description: string) => text({ description, allowed: 'the name of a preset, or a folder' })
const optionalModel = (description: string) =>
  text({ description, allowed: 'the name of a preset, or a folder, or none' })

/** A list, as JSON or with commas. */
const names = (meta: SettingMeta) =>
  z
    .union([z.array(z.string()), z.string().transform((list) => list.split(','))])
    .transform((list) => list.map((name) => name.trim()))
    .pipe(z.array(z.string().min(1)))
    .meta({ ...meta })

/** A whole number, as a number or as digits. */
const whole = (min: number, max: number, description: string) =>
  z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(min).max(max))
    .meta({ description, allowed: `a whole number from ${min} to ${max}` })

const tokenPattern = /^(?:[\w.-]{1,40}=)?[\w.~-]{8,}$/

/** One access token, with the person that it stands for where it has a name. */
export interface AccessToken {
  readonly name?: string
  readonly token: string
}

/** `token` or `ann=token1,bob=token2`. */
const accessTokens = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .refine((entries) => entries.every((entry) => tokenPattern.test(entry)))
  .transform((entries): readonly AccessToken[] => entries.map(parseToken))
  .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length)
  .meta({
    description: 'Secret that the page asks for when it is not bound to localhost; made and printed when absent.',
    allowed: 'a token of at least 8 letters, digits, or -._~; or one for each person: ann=TOKEN,bob=TOKEN',
    secret: true,
  })

function parseToken(entry: string): AccessToken {
  const at = entry.indexOf('=')
  return at < 0 ? { token: entry } : { name: entry.slice(0, at), token: entry.slice(at + 1) }
}

const publicUrl = z.url({ protocol: /^https?$/ }).meta({
  description: 'Address under which the server is reached from outside, for links and for the Origin check.',
  allowed: 'an http or https URL',
})

/** Folders of the person who runs the program, by the habits of the platform (XDG on Linux). */
export function userFolders(env: Environment, platform: NodeJS.Platform = process.platform) {
  const home = env['HOME'] ?? homedir()
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local')
    return { data: path.join(local, 'llmga', 'data'), cache: path.join(local, 'llmga', 'cache') }
  }
  if (platform === 'darwin')
    return {
      data: path.join(home, 'Library', 'Application Support', 'llmga'),
      cache: path.join(home, 'Library', 'Caches', 'llmga'),
    }
  const xdg = (name: string, fallback: string) =>
    path.join(env[name]?.startsWith('/') ? env[name] : path.join(home, fallback), 'llmga')
  return { data: xdg('XDG_DATA_HOME', '.local/share'), cache: xdg('XDG_CACHE_HOME', '.cache') }
}

/** The one schema of everything that a person may set. A key `httpPort` is LLMGA_HTTP_PORT in the environment. */
export function configSchema(folders: { readonly data: string; readonly cache: string }) {
  return z.object({
    dataDir: folder('Threads, pictures and jobs are kept here.').default(folders.data),
    modelsDir: folder('Extra folder in which names of models and presets are looked up.').optional(),
    cacheDir: folder('Optimised graphs and file hashes; safe to delete.').default(folders.cache),
    device: choice(devices, 'What computes; auto takes the best that works.').default('auto'),
    threads: whole(0, 512, 'Threads of the CPU device; 0 takes one for each core.').default(0),
    mllm: model('The multimodal language model.').default('llmga-tiny'),
    t2i: model('The model that draws.').default('llmga-tiny'),
    inpaint: optionalModel(
      'The model that fills in and extends pictures; default: that of the t2i preset, else t2i itself.',
    ).optional(),
    restore: optionalModel('The model that mends seams and enlarges; default: that of the t2i preset.').optional(),
    models: names({
      description: 'Models that threads may choose beside those in force.',
      allowed: 'names of presets or folders, separated by commas; all stands for every preset whose files are there',
    }).default([]),
    memoryLimit: whole(0, 1 << 24, 'MiB of weights above which unused models leave memory; 0 is no limit.').default(0),
    editEngine: choice(editEngines, 'How pictures are edited by words.').default('direct-inversion-p2p'),
    httpHost: text({
      description: 'Address that the page is bound to; anything but localhost asks for a token.',
      allowed: 'a host name or an address',
    }).default('127.0.0.1'),
    httpPort: whole(0, 65535, 'Port of the page; 0 takes a free one.').default(7860),
    httpToken: accessTokens.optional(),
    publicUrl: publicUrl.optional(),
    logLevel: choice(logLevels, 'How much the log says (on stderr).').default('info'),
    limitQueuePerPerson: whole(1, 1000, 'Jobs of one person that may wait or run at once.').default(8),
    limitUploadBytes: whole(1024, 1 << 30, 'Largest uploaded file.').default(20 << 20),
    limitPixels: whole(4096, 1 << 30, 'Largest uploaded picture, in pixels.').default(50_000_000),
    limitMessageLength: whole(1, 1_000_000, 'Longest message, in characters.').default(8000),
  })
}

export type Config = z.infer<ReturnType<typeof configSchema>>
export type ConfigKey = keyof Config

/** One key of the schema with what is said about it. */
export interface Setting extends SettingMeta {
  readonly key: ConfigKey
  /** LLMGA_HTTP_PORT */
  readonly variable: string
  /** --http-port */
  readonly flag: string
}

const words = (key: string) => key.replace(/[A-Z](?=[a-z])/g, (letter) => `_${letter}`)

/** All settings in the order of the schema. */
export function settingsOf(schema: ReturnType<typeof configSchema>): readonly Setting[] {
  return Object.entries(schema.shape).map(([key, type]) => {
    const inner = type.def.innerType
    return {
      key: key as ConfigKey,
      variable: `LLMGA_${words(key).toUpperCase()}`,
      flag: `--${words(key).toLowerCase().replaceAll('_', '-')}`,
      ...(inner.meta() as unknown as SettingMeta),
    }
  })
}
