import type { Command } from 'commander'
import { describeConfig, knownSettings } from '../../config/load.ts'
import { configOf } from './config-flags.ts'
import { printJson, printLine } from './output.ts'

const examples = `Examples:
  llmga config
  LLMGA_DEVICE=cpu llmga config --http-port 8080 --json
  echo '{ "httpPort": 8080 }' > llmga.config.json && llmga config`

const settingsHelp = (): string => {
  const entries = knownSettings().map(
    ({ flag, variable, description, allowed }) =>
      `  ${flag === undefined ? '' : `${flag}, `}${variable}\n      ${description}\n      Allowed: ${allowed}.`,
  )
  const order = 'A flag goes before the environment, that before the config file, that before the default.'
  return `Settings, for every command and for "npm start --":\n${entries.join('\n')}\n\n${order}`
}

export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('show the settings in force and where each value came from (secrets are masked)')
    .option('--json', 'as one JSON array')
    .addHelpText('after', () => `\n${settingsHelp()}\n\n${examples}`)
    .action(({ json }: { json?: boolean }) => {
      const lines = describeConfig(configOf(program))
      if (json) return printJson(lines)
      const shown = lines.map(({ variable, value, origin }) => [variable, String(value ?? '(not set)'), origin])
      const widths = [0, 1].map((column) => Math.max(...shown.map((row) => row[column]!.length)))
      for (const [name, value, origin] of shown)
        printLine(`${name!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${origin}`)
    })
}
