import { Option, type Command } from 'commander'
import { knownSettings, loadConfig, type LoadedConfig } from '../../config/load.ts'
import type { ConfigKey } from '../../config/schema.ts'

/** Adds --config and one flag for each setting; commander accepts them before and after a command's name. */
export function addConfigFlags(program: Command): void {
  const flag = (name: string, description: string) => new Option(name, description).helpGroup('Settings:')
  program.addOption(flag('--config <file>', 'read settings from this JSON file (else ./llmga.config.json)'))
  for (const { flag: name, variable, description } of knownSettings())
    program.addOption(flag(`${name} <value>`, `${description} [${variable}]`))
}

/** The configuration with the flags that were given. Throws AppError `config/invalid`. */
export function configOf(program: Command): LoadedConfig {
  const given: Record<string, string | undefined> = program.opts()
  const named = knownSettings().filter(({ key }) => given[key] !== undefined)
  const flags = Object.fromEntries(named.map(({ key }) => [key, given[key]])) as Partial<Record<ConfigKey, string>>
  return loadConfig({ flags, file: given['config'] })
}
