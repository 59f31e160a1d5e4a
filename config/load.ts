import path from 'node:path'
import type { z } from 'zod'
import { AppError } from '../src/contract/errors.ts'
import { readConfigFile } from './config-file.ts'
import { didYouMean } from './did-you-mean.ts'
import {
  configSchema,
  settingsOf,
  userFolders,
  type Config,
  type ConfigKey,
  type Environment,
  type Setting,
} from './schema.ts'

/** Where a value came from; `name` is the variable, the flag, or the key and its file. */
export interface Origin {
  readonly source: 'command line' | 'environment' | 'file' | 'default'
  readonly name?: string
}

export interface LoadedConfig {
  readonly config: Config
  readonly origins: Readonly<Record<ConfigKey, Origin>>
  /** The config file that was named; else ./llmga.config.json, if there is one. */
  readonly file: string | undefined
}

export interface LoadOptions {
  /** Settings from the command line, by key. */
  readonly flags?: Readonly<Partial<Record<ConfigKey, string>>>
  /** The config file; else LLMGA_CONFIG, else ./llmga.config.json. */
  readonly file?: string | undefined
  readonly env?: Environment
  readonly cwd?: string
}

interface Found {
  readonly value: unknown
  readonly origin: Origin
}

const fileVariable = 'LLMGA_CONFIG'

/**
 * Gathers the settings (command line before environment before file before default) and checks them all.
 * Throws AppError `config/invalid` with one line for each wrong value or unknown key.
 */
export function loadConfig({
  flags = {},
  file,
  env = process.env,
  cwd = process.cwd(),
}: LoadOptions = {}): LoadedConfig {
  const schema = configSchema(userFolders(env))
  const settings = settingsOf(schema)
  const named = file ?? (env[fileVariable] || undefined)
  const fromFile = readFileValues(named, cwd, settings)
  const problems = [...unknownVariables(env, settings), ...fromFile.problems]
  const found = new Map<ConfigKey, Found>()
  for (const setting of settings) {
    const { key, variable, flag } = setting
    if (flag !== undefined && flags[key] !== undefined)
      found.set(key, at(setting, flags[key], { source: 'command line', name: flag }, cwd))
    else if (env[variable]) found.set(key, at(setting, env[variable], { source: 'environment', name: variable }, cwd))
    else if (fromFile.found.has(key)) found.set(key, fromFile.found.get(key)!)
  }
  const parsed = schema.safeParse(Object.fromEntries([...found].map(([key, { value }]) => [key, value])))
  problems.push(...wrongValues(parsed.error, settings, found))
  if (problems.length > 0 || !parsed.success)
    throw new AppError('config/invalid', {
      message: problems.join('\n'),
      hint: '"llmga config" lists every setting, its value and where it came from.',
    })
  const origins = settings.map(({ key }) => [key, found.get(key)?.origin ?? { source: 'default' }])
  return { config: parsed.data, origins: Object.fromEntries(origins) as Record<ConfigKey, Origin>, file: named }
}

/** A value as found; paths are made absolute from the folder that they were written for. */
const at = (setting: Setting, value: unknown, origin: Origin, base: string): Found => ({
  value: setting.path && typeof value === 'string' && value.trim() !== '' ? path.resolve(base, value) : value,
  origin,
})

/** Keys of the file may be written `httpPort`, HTTP_PORT or LLMGA_HTTP_PORT. */
function readFileValues(named: string | undefined, cwd: string, settings: readonly Setting[]) {
  const found = new Map<ConfigKey, Found>()
  const problems: string[] = []
  const configFile = readConfigFile(named, cwd)
  const plain = (name: string) =>
    name
      .replace(/^LLMGA_/i, '')
      .replaceAll('_', '')
      .toLowerCase()
  for (const [name, value] of Object.entries(configFile?.values ?? {})) {
    const setting = settings.find(({ key }) => plain(key) === plain(name))
    const { file } = configFile!
    if (setting?.environmentOnly) problems.push(notInFile(`${name} in ${file}`, setting))
    else if (setting)
      found.set(setting.key, at(setting, value, { source: 'file', name: `${name} in ${file}` }, path.dirname(file)))
    else
      problems.push(
        unknownKey(
          `${name} in ${file}`,
          name,
          settings.map(({ key }) => key),
        ),
      )
  }
  return { found, problems }
}

const notInFile = (where: string, { variable }: Setting): string =>
  `${where} is a secret and is not read from a file: set ${variable} in the environment and take it out of the file`

const unknownVariables = (env: Environment, settings: readonly Setting[]): string[] => {
  const known = [fileVariable, ...settings.map(({ variable }) => variable)].filter((name) => name.startsWith('LLMGA_'))
  const unknown = Object.keys(env).filter((name) => name.startsWith('LLMGA_') && !known.includes(name))
  return unknown.map((name) => unknownKey(`${name} in the environment`, name, known))
}

function unknownKey(where: string, name: string, known: readonly string[]): string {
  const near = didYouMean(name, known)
  return `${where} is not a setting${near === undefined ? '' : `; did you mean ${near}?`}`
}

/** Names a value's origin for a person: "LLMGA_HTTP_PORT (environment)". */
export const showOrigin = ({ source, name }: Origin): string => (name === undefined ? source : `${name} (${source})`)

function wrongValues(
  error: z.ZodError | undefined,
  settings: readonly Setting[],
  found: ReadonlyMap<ConfigKey, Found>,
): string[] {
  const keys = new Set((error?.issues ?? []).map((issue) => issue.path[0]))
  return settings
    .filter(({ key }) => keys.has(key))
    .map((setting) => {
      const { value, origin } = found.get(setting.key)!
      const shown = setting.secret ? mask(value) : JSON.stringify(value)
      return `${showOrigin(origin)} is ${shown}; allowed: ${setting.allowed}`
    })
}

const mask = (value: unknown): string => (value === undefined ? '' : '********')

/** One line of `llmga config`. */
export interface ConfigLine {
  readonly key: ConfigKey
  readonly variable: string
  /** Null for what is read from the environment only. */
  readonly flag: string | null
  /** Null where nothing is set; secrets are masked. */
  readonly value: string | number | boolean | null
  readonly origin: string
  readonly description: string
  readonly allowed: string
}

/** What is in force and where each value came from. */
export function describeConfig({ config, origins }: LoadedConfig): readonly ConfigLine[] {
  return knownSettings().map(({ key, variable, flag, secret, description, allowed }) => {
    const value = config[key] === undefined ? null : secret ? mask(config[key]) : plain(config[key])
    return { key, variable, flag: flag ?? null, value, origin: showOrigin(origins[key]), description, allowed }
  })
}

const plain = (value: NonNullable<Config[ConfigKey]>): string | number | boolean =>
  typeof value === 'object' ? value.map(String).join(',') : value

/** The settings with their names and words; for help texts and flags. */
export const knownSettings = (): readonly Setting[] => settingsOf(configSchema({ data: '', cache: '', hub: '' }))
