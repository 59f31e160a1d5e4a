import type { Command } from 'commander'
import { describeConfig } from '../../config/load.ts'
import { configOf } from './config-flags.ts'
import { printJson, printLine } from './output.ts'

export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('show the settings in force and where each value came from (secrets are masked)')
    .option('--json', 'as one JSON array')
    .addHelpText('after', '\nExamples:\n  llmga config\n  LLMGA_DEVICE=cpu llmga config --http-port 8080 --json')
    .action(({ json }: { json?: boolean }) => {
      const lines = describeConfig(configOf(program))
      if (json) return printJson(lines)
      const shown = lines.map(({ variable, value, origin }) => [variable, String(value ?? '(not set)'), origin])
      const widths = [0, 1].map((column) => Math.max(...shown.map((row) => row[column]!.length)))
      for (const [name, value, origin] of shown)
        printLine(`${name!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${origin}`)
    })
}
