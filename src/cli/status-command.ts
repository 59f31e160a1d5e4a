import type { Command } from 'commander'
import type { InferenceStatus, ResidentModel } from '../contract/inference.ts'
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
  return [
    `llmga ${version}, up ${minutes} min${draining ? ', stopping' : ''}`,
    `jobs: ${jobs.queued} queued, ${jobs.running} running, ${jobs.posting} being posted`,
    ...Object.entries(lanes).map(
      ([lane, { running, places, waiting }]) => `${lane}: ${running} of ${places} places taken, ${waiting} waiting`,
    ),
    ...Object.entries(adapters).map(
      ([name, { state, problem }]) => `${name}: ${state}${problem === undefined ? '' : ` (${problem})`}`,
    ),
    `models: worker ${inference.worker} on ${inference.device}, ${inference.restarts} restarts, ${memoryLine(inference)}`,
    ...inference.resident.flatMap((model) => residentLines(model, Date.now())),
  ]
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

function memoryLine({ resident, budgetBytes, processBytes }: InferenceStatus): string {
  const counted = resident.reduce((sum, { bytes, estimatedBytes }) => sum + Math.max(bytes, estimatedBytes), 0)
  const limit = budgetBytes === undefined ? 'without a limit' : `of ${mebibytes(budgetBytes)}`
  const loaded = resident.length === 0 ? 'none loaded' : `${resident.length} loaded, counted as ${mebibytes(counted)}`
  return `${loaded} ${limit}, process ${mebibytes(processBytes)}`
}

/** A model, and why it is in memory: who uses it, or when it was used last. */
function residentLines(model: ResidentModel, now: number): readonly string[] {
  const { role, name, device, bytes, estimatedBytes, loaded, users, lastUsedAt, pinned, kept } = model
  const use = users > 0 ? `in use by ${users}` : `last used ${Math.round((now - lastUsedAt) / 1000)} s ago`
  const why = [loaded ? use : 'loading', ...(pinned ? ['pinned'] : [])].join(', ')
  const line = `  ${role} ${name} on ${device}: ${mebibytes(bytes)} of weights, with its work about ${mebibytes(estimatedBytes)}; ${why}`
  if (!kept) return [line]
  const { conversations, conversationBytes, pictures, pictureBytes } = kept
  return [
    line,
    `    keeps ${conversations} conversations (${mebibytes(conversationBytes)}) and ${pictures} pictures (${mebibytes(pictureBytes)}) for the next turns`,
  ]
}
