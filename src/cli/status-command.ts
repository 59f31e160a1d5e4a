import type { Command } from 'commander'
import type { BotStatus } from '../contract/status.ts'
import { configOf } from './config-flags.ts'
import { printJson, printLine } from './output.ts'

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
      else linesOf(status).forEach(printLine)
    })
}

function linesOf({ version, startedAt, draining, jobs, lanes, adapters, inference }: BotStatus): readonly string[] {
  const minutes = Math.round((Date.now() - startedAt) / 60_000)
  const models = inference.resident.map(
    ({ role, name, bytes }) => `${role} ${name} (${Math.round(bytes / 2 ** 20)} MiB)`,
  )
  return [
    `llmga ${version}, up ${minutes} min${draining ? ', stopping' : ''}`,
    `jobs: ${jobs.queued} queued, ${jobs.running} running, ${jobs.posting} being posted`,
    ...Object.entries(lanes).map(
      ([lane, { running, places, waiting }]) => `${lane}: ${running} of ${places} places taken, ${waiting} waiting`,
    ),
    ...Object.entries(adapters).map(
      ([name, { state, problem }]) => `${name}: ${state}${problem === undefined ? '' : ` (${problem})`}`,
    ),
    `models: worker ${inference.worker} on ${inference.device}, ${inference.restarts} restarts, ${models.join(', ') || 'none loaded'}`,
  ]
}
