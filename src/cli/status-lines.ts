import type { InferenceStatus, ResidentModel } from '../contract/inference.ts'
import type { BotStatus } from '../contract/status.ts'

/** How a running program stands, in lines for a person; `now` in milliseconds since the epoch. */
export function statusLines(status: BotStatus, now: number): readonly string[] {
  const { version, startedAt, draining, jobs, lanes, adapters, inference } = status
  const minutes = Math.round((now - startedAt) / 60_000)
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
    ...inference.resident.flatMap((model) => residentLines(model, now)),
  ]
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

function memoryLine({ resident, budgetBytes, budgets, processBytes }: InferenceStatus): string {
  const counted = resident.reduce((sum, { bytes, estimatedBytes }) => sum + Math.max(bytes, estimatedBytes), 0)
  const each = Object.entries(budgets ?? {}).map(([device, bytes]) => `${mebibytes(bytes)} on ${device}`)
  if (each.length > 0)
    return `${resident.length} loaded, at most ${each.join(' and ')}, process ${mebibytes(processBytes)}`
  const limit = budgetBytes === undefined ? ', without a limit' : ` of ${mebibytes(budgetBytes)}`
  const loaded = resident.length === 0 ? 'none loaded' : `${resident.length} loaded, counted as ${mebibytes(counted)}`
  return `${loaded}${limit}, process ${mebibytes(processBytes)}`
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
