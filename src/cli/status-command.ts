import type { Command } from 'commander'
import { configOf } from './config-flags.ts'
import { printJson, printLine } from './output.ts'
import { statusLines } from './status-lines.ts'

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('ask the running program how it stands')
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nExamples:\n  llmga status\n  llmga status --json | jq .jobs')
    .action(async ({ json }: { json?: boolean }) => {
      const { statusOfRunning } = await import('../operations/running.ts')
      const status = await statusOfRunning(configOf(program).config)
      if (json) printJson(status)
      else statusLines(status, Date.now()).forEach(printLine)
    })
}
