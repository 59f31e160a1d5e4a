import { Option, type Command } from 'commander'
import { knownSettings, loadConfig, type LoadedConfig } from '../../config/load.ts'
import type { ConfigKey } from '../../config/schema.ts'

/**
 * Adds --config and one flag for each setting; commander accepts them before and after a command's name. Where the help
 * has commands to show, the flags are left to `llmga config --help`.
 */
export function addConfigFlags(program: Command, { inHelp }: { readonly inHelp: boolean }): void {
  const add = (flags: string, description: string) =>
    program.addOption(new Option(flags, description).helpGroup('Settings:').hideHelp(!inHelp))
  add('--config <file>', 'read settings from this JSON file (else LLMGA_CONFIG, else ./llmga.config.json)')
  for (const { flag, variable, description } of knownSettings())
    if (flag !== undefined) add(`${flag} <value>`, `${description} [${variable}]`)
}

/** The configuration with the flags that were given. Throws AppError `config/invalid`. */
export function configOf(program: Command): LoadedConfig {
  const given: Record<string, string | undefined> = program.opts()
  const named = knownSettings().filter(({ key }) => given[key] !== undefined)
  const flags = Object.fromEntries(named.map(({ key }) => [key, given[key]])) as Partial<Record<ConfigKey, string>>
  return loadConfig({ flags, file: given['config'] })
}
