import { setTimeout as sleep } from 'node:timers/promises'
import { Events, type Client } from 'discord.js'
import type { AdapterStatus } from '../../src/contract/adapter.ts'
import type { AdapterLog } from '../chat/log.ts'
import { createClient } from './client.ts'
import { GatewayClosed, problemOf } from './connection-problem.ts'
import type { DiscordOptions, DiscordTiming } from './options.ts'

/** A connection that is not ready after this is begun anew, in milliseconds. */
const readyMs = 60_000

export interface Connection {
  status(): AdapterStatus
  /** The client in use; undefined before the first try. Its caches may be empty. */
  client(): Client | undefined
  stop(): Promise<void>
}

export interface ConnectionOptions {
  readonly options: DiscordOptions
  readonly timing: DiscordTiming
  readonly log: AdapterLog
  /** Called with every new client, before it connects: to listen. */
  readonly prepare: (client: Client) => void
}

/**
 * Keeps a client connected: discord.js resumes and reconnects by itself; what it gives up on is begun anew here, after a
 * wait that doubles.
 */
export function connect({ options, timing, log, prepare }: ConnectionOptions): Connection {
  const stopping = new AbortController()
  let messageContent = options.messageContent
  let client: Client | undefined
  let status: AdapterStatus = { state: 'starting', since: Date.now() }

  function become(state: AdapterStatus['state'], problem?: string): void {
    const since = state === status.state ? status.since : Date.now()
    status = { state, since, ...(problem === undefined ? {} : { problem }) }
  }

  /** Connects once and stays until the connection is given up. Throws why; resolves only when stopping. */
  async function session(onReady: () => void): Promise<void> {
    const current = createClient(options, timing, log, { messageContent })
    client = current
    prepare(current)
    current.on(Events.ShardReconnecting, () => become('retrying', 'The connection to Discord was lost; it is resumed.'))
    current.on(Events.ShardResume, () => become('connected'))
    current.on(Events.ShardReady, () => current.isReady() && become('connected'))
    try {
      await untilGivenUp(current, options.token, stopping.signal, () => {
        become('connected')
        log.info({ bot: current.user?.tag, servers: current.guilds.cache.size }, 'connected to Discord')
        onReady()
      })
    } finally {
      await current.destroy()
    }
  }

  async function keepConnected(): Promise<void> {
    let waitMs = timing.reconnectMs
    while (!stopping.signal.aborted) {
      try {
        await session(() => (waitMs = timing.reconnectMs))
      } catch (error) {
        const problem = problemOf(error)
        become('retrying', problem.sentence)
        log.warn({ problem: problem.kind }, problem.sentence)
        const isRefusedIntent = problem.kind === 'intents' && messageContent
        if (isRefusedIntent) messageContent = false
        const pause = isRefusedIntent ? 0 : problem.kind === 'network' ? waitMs : timing.reconnectMaxMs
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
        waitMs = Math.min(waitMs * 2, timing.reconnectMaxMs)
      }
    }
  }

  const running = keepConnected()
  return {
    status: () => status,
    client: () => client,
    async stop() {
      stopping.abort()
      await running
      become('stopped')
    },
  }
}

/** Logs in; rejects when discord.js gives up, or was not ready in time. Resolves when told to stop. */
function untilGivenUp(client: Client, token: string, signal: AbortSignal, onReady: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('no answer from the gateway')), readyMs)
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
    const stop = () => {
      end()
      resolve()
    }
    const fail = (error: Error) => {
      end()
      reject(error)
    }
    client.once(Events.ClientReady, () => {
      clearTimeout(timer)
      onReady()
    })
    client.once(Events.ShardDisconnect, ({ code }) => fail(new GatewayClosed(code)))
    client.once(Events.Invalidated, () => fail(new Error('Discord ended the session')))
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    else client.login(token).catch(fail)
  })
}
