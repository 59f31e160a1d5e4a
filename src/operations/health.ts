import type { AdapterStatus } from '../contract/adapter.ts'
import type { BotStatus } from '../contract/status.ts'

/** How long a platform may be away before the program counts as not ready, in milliseconds. */
export const patienceMs = 5 * 60_000

/** One line of /ready. */
export interface ReadyLine {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Readiness {
  readonly ready: boolean
  /** What was looked at; what is not ok says why. */
  readonly checks: readonly ReadyLine[]
}

/**
 * Whether the program does its work: it has started and is not stopping, the process with the models answers, and every
 * platform is connected, or has been trying for less than five minutes. `now` is in milliseconds since the epoch.
 */
export function readinessOf(status: BotStatus | undefined, now: number): Readiness {
  if (!status) return { ready: false, checks: [{ name: 'program', ok: false, detail: 'starting' }] }
  const { draining, inference, adapters } = status
  const checks = [
    { name: 'program', ok: !draining, detail: draining ? 'stopping' : 'running' },
    { name: 'models', ok: inference.worker === 'ready', detail: `worker ${inference.worker} on ${inference.device}` },
    ...Object.entries(adapters).map(([name, adapter]) => adapterLine(name, adapter, now)),
  ]
  return { ready: checks.every(({ ok }) => ok), checks }
}

function adapterLine(name: string, { state, since, problem }: AdapterStatus, now: number): ReadyLine {
  const isTrying = state === 'starting' || state === 'retrying'
  const ok = state === 'connected' || (isTrying && now - since < patienceMs)
  return { name, ok, detail: problem === undefined ? state : `${state}: ${problem}` }
}
