import { setImmediate as nextLoop } from 'node:timers/promises'
import { pino, type Logger } from 'pino'
import type { FromWorker, LogEntry } from './protocol.ts'

/** The worker's side of the channel to the bot. */
export interface Outbox {
  /** Throws a DataCloneError for what cannot cross to another process. */
  send(message: FromWorker): void
  /** Lets messages in and out: resolves in the next round of the event loop, once all that was sent has left. */
  readonly exchange: () => Promise<void>
}

/**
 * Sends to the parent process. A large message leaves in pieces and only while no native run blocks the event loop;
 * waiting for it between two turns keeps it from trickling out over the steps of another request.
 */
export function createOutbox(): Outbox {
  let unsent = 0
  let whenSent: (() => void) | undefined
  return {
    send(message) {
      process.send?.(message, undefined, undefined, () => {
        unsent -= 1
        if (unsent === 0) whenSent?.()
      })
      unsent += 1
    },
    async exchange() {
      await nextLoop()
      if (unsent > 0) await new Promise<void>((resolve) => (whenSent = resolve))
    },
  }
}

/** A logger whose lines the bot's own logger writes. */
export const createWorkerLog = (level: string, outbox: Outbox): Logger =>
  pino(
    { level, base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => outbox.send({ type: 'log', entry: JSON.parse(line) as LogEntry }) },
  )
