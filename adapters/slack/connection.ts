import { setTimeout as sleep } from 'node:timers/promises'
import type { AdapterStatus } from '../../src/contract/adapter.ts'
import type { AdapterLog } from '../chat/log.ts'
import type { SlackTiming } from './options.ts'
import { slackCode } from './web-client.ts'

/** Whom the token belongs to. */
export interface Identity {
  readonly teamId: string
  readonly botUserId: string
  readonly botId: string
}

/** What is tried until it works. */
export interface Connecting {
  readonly identify: () => Promise<Identity>
  /** Resolves when events come in; absent where Slack comes to us. */
  readonly open?: (onLost: () => void) => Promise<void>
  readonly close: () => Promise<void>
}

export interface Connection {
  start(): void
  /** A request was refused as if the token were no good any more: finds out, and says so. */
  doubt(error: unknown): void
  readonly identity: () => Identity | undefined
  readonly status: () => AdapterStatus
  stop(): Promise<void>
}

/** Connects, and connects anew when the connection is lost, with waits that grow from a second to five minutes. */
export function createConnection(
  { identify, open, close }: Connecting,
  { timing, log }: { readonly timing: SlackTiming; readonly log: AdapterLog },
): Connection {
  const stopping = new AbortController()
  let identity: Identity | undefined
  let status: AdapterStatus = { state: 'starting', since: Date.now() }
  let running: Promise<void> = Promise.resolve()
  /** End what is held open. */
  let finish: () => void = () => undefined
  let fail: (error: unknown) => void = () => undefined

  const become = (state: AdapterStatus['state'], problem?: string) =>
    (status = { state, since: Date.now(), ...(problem === undefined ? {} : { problem }) })

  /** Stays connected; resolves when the connection is lost. Where nothing is held open, never before the stop. */
  async function hold(): Promise<void> {
    identity = await identify()
    if (stopping.signal.aborted) return
    try {
      await new Promise<void>((resolve, reject) => {
        finish = resolve
        fail = reject
        if (open) open(resolve).then(connected, reject)
        else connected()
      })
    } finally {
      await close()
    }
  }

  function connected(): void {
    if (stopping.signal.aborted) return
    become('connected')
    log.info({ team: identity?.teamId }, 'connected to Slack')
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        await hold()
        failures = status.state === 'connected' && Date.now() - status.since > timing.reconnectMaxMs / 10 ? 0 : failures
        if (!stopping.signal.aborted) become('retrying', 'The connection to Slack was lost.')
      } catch (error) {
        become('retrying', problemOf(error))
        log.warn({ err: error }, `not connected to Slack: ${status.problem}`)
      }
      if (stopping.signal.aborted) return
      await wait(Math.min(timing.reconnectMs * 2 ** failures++, timing.reconnectMaxMs))
    }
  }

  const wait = (ms: number) =>
    sleep(ms * (0.75 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => undefined)

  return {
    start: () => void (running = run()),
    doubt(error) {
      if (status.state === 'connected') fail(error)
    },
    identity: () => identity,
    status: () => status,
    async stop() {
      stopping.abort()
      finish()
      await running
      become('stopped')
    },
  }
}

/** What is wrong, and what to do about it; never a token. */
export function problemOf(error: unknown): string {
  const code = slackCode(error)
  if (code !== undefined) return whatToDo[code] ?? `Slack answers "${code}".`
  return `Slack cannot be reached (${error instanceof Error ? error.message : String(error)}).`
}

const refusedToken =
  'Slack refuses a token: check SLACK_BOT_TOKEN (xoxb-…, page "OAuth & Permissions") and SLACK_APP_TOKEN (xapp-…, page "Basic Information").'
const whatToDo: Readonly<Record<string, string>> = {
  invalid_auth: refusedToken,
  not_authed: refusedToken,
  token_expired: 'The token has expired: install the app anew and set the new SLACK_BOT_TOKEN.',
  token_revoked: 'The token was revoked: install the app anew and set the new SLACK_BOT_TOKEN.',
  account_inactive: 'The app was removed from the workspace: install it anew and set the new SLACK_BOT_TOKEN.',
  missing_scope: 'The app lacks a scope: compare it with "llmga slack manifest" and install it anew.',
  not_allowed_token_type: 'SLACK_APP_TOKEN must be an app-level token (xapp-…) with the scope connections:write.',
}
