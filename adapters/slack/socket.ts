import { SocketModeReceiver } from '@slack/bolt'
import type { AdapterLog } from '../chat/log.ts'
import { clientOptions, libraryLog } from './web-client.ts'
import type { SlackOptions, SlackTiming } from './options.ts'

export interface Socket {
  readonly receiver: SocketModeReceiver
  /** Connects; resolves when Slack has said hello. `onLost` is called once, when the connection is gone. */
  readonly open: (onLost: () => void) => Promise<void>
  readonly close: () => Promise<void>
}

/** Time for a connection to open, and for a closed one to say goodbye. */
const openMs = 20_000
const closeMs = 2000

/**
 * Socket Mode. The library's own reconnecting is off: a failed attempt of it rejects where nobody can catch it. Its options are
 * objects of its own, since it changes those that it is given.
 */
export function createSocket(
  appToken: string,
  options: Pick<SlackOptions, 'apiUrl'>,
  timing: SlackTiming,
  log: AdapterLog,
): Socket {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: libraryLog(log),
    installerOptions: { clientOptions: clientOptions(options, timing, log) },
  })
  const { client } = receiver
  let isClosed = false

  async function open(onLost: () => void): Promise<void> {
    isClosed = false
    const tooLong = AbortSignal.timeout(openMs)
    const late = new Promise<never>((_, reject) =>
      tooLong.addEventListener('abort', () => reject(new Error('Slack did not answer')), { once: true }),
    )
    const started = client.start()
    started.catch(() => undefined) // also when `late` came first
    try {
      await Promise.race([started, late])
    } catch (error) {
      void client.disconnect().catch(() => undefined)
      throw error instanceof Error ? error : new Error('the connection was closed before it was open')
    }
    if (isClosed) return close()
    client.once('disconnected', onLost)
  }

  /** A goodbye that does not come is not waited for. */
  async function close(): Promise<void> {
    isClosed = true
    const gone = Promise.resolve(client.disconnect()).catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    await Promise.race([gone, new Promise((resolve) => (timer = setTimeout(resolve, closeMs)))])
    clearTimeout(timer)
  }

  return { receiver, open, close }
}
