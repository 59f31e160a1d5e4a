import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import Bottleneck from 'bottleneck'
import type { Notes } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { threadKeyString } from '../../src/contract/thread.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { readShown, type Shown } from './delivery.ts'
import type { AdapterLog } from './log.ts'
import { showReply, type ReplyOnSurface } from './show-reply.ts'
import { SurfaceError, type Surface } from './surface.ts'

export interface PosterOptions<Body> {
  readonly surface: Surface<Body>
  readonly notes: Notes
  readonly log: AdapterLog
  /** Shortest time between two live states in one thread, in milliseconds. */
  readonly intervalMs: number
}

export interface Poster {
  /**
   * Shows the newest state of a reply. A live state returns at once and is shown when its turn comes, unless a newer one
   * has come. A final one resolves when it stands on the platform (or nobody is there any more to see it) and rejects
   * when it should be tried again.
   */
  render(message: OutgoingMessage): Promise<void>
  /** What a message of the platform shows; undefined when it is not one of these replies. */
  shownBy(channelId: string, messageId: string): Promise<Shown | undefined>
  imagesShownBy(channelId: string, messageId: string): Promise<readonly string[]>
  /** Live states are dropped from here on; waits for what is on its way. */
  stop(): Promise<void>
}

interface LiveReply<Body> extends ReplyOnSurface<Body> {
  /** The newest state that was not shown yet. */
  waiting: OutgoingMessage | undefined
  /** The one that shows states, while there are any. */
  pump: Promise<void> | undefined
  /** Set once the final state has come: live states after it are stale. */
  isFinal: boolean
}

const priority = { final: 1, live: 9 } as const

/** Puts replies on a platform: in order, newest state first, at the platform's pace, each message once. */
export function createPoster<Body>({ surface, notes, log, intervalMs }: PosterOptions<Body>): Poster {
  const replies = new Map<string, LiveReply<Body>>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // every reply may be waiting
  const threads = new Bottleneck.Group({ maxConcurrent: 1, minTime: intervalMs })
  const tools = { surface, notes }

  function replyOf({ replyId }: OutgoingMessage): LiveReply<Body> {
    const known = replies.get(replyId)
    if (known) return known
    const reply = {
      ...{ delivery: undefined, bodies: [], waiting: undefined, pump: undefined, isFinal: false },
    } satisfies LiveReply<Body>
    replies.set(replyId, reply)
    return reply
  }

  /** Has a request wait for its thread's turn. */
  const inTurn = <T>(message: OutgoingMessage, action: () => Promise<T>): Promise<T> =>
    threads
      .key(threadKeyString(message.key))
      .schedule({ priority: message.final ? priority.final : priority.live }, action)

  async function showLive(reply: LiveReply<Body>, first: OutgoingMessage): Promise<void> {
    await inTurn(first, async () => {
      const message = reply.waiting
      reply.waiting = undefined
      if (!message || reply.isFinal || stopping.signal.aborted) return
      await showReply(tools, reply, message)
    })
  }

  /** Shows live states until none is waiting. One that is to be shown later waits on, unless a newer one has come. */
  async function pump(reply: LiveReply<Body>): Promise<void> {
    while (reply.waiting && !reply.isFinal && !stopping.signal.aborted) {
      const message = reply.waiting
      try {
        await showLive(reply, message)
      } catch (error) {
        log.debug({ job: message.jobId, err: error }, 'a live state was not shown')
        await pause(error)
        if (error instanceof SurfaceError && error.retryAfterMs > 0) reply.waiting ??= message
      }
    }
  }

  /** As long as the platform asks for. */
  async function pause(error: unknown): Promise<void> {
    const ms = error instanceof SurfaceError ? error.retryAfterMs : 0
    if (ms > 0) await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
  }

  async function renderFinal(reply: LiveReply<Body>, message: OutgoingMessage): Promise<void> {
    reply.isFinal = true
    reply.waiting = undefined
    await reply.pump
    try {
      await inTurn(message, () => showReply(tools, reply, message))
    } catch (error) {
      if (!(await isOver(reply, message, error))) throw error
    }
    replies.delete(message.replyId)
  }

  /** Whether trying again is of no use. A reply that the platform does not take is said in plain words. */
  async function isOver(reply: LiveReply<Body>, message: OutgoingMessage, error: unknown): Promise<boolean> {
    if (!(error instanceof SurfaceError)) return false
    if (error.kind === 'gone') {
      log.warn({ job: message.jobId, err: error }, 'nobody is there any more to see this reply')
      return true
    }
    if (error.kind === 'later') await pause(error)
    if (error.kind !== 'refused') return false
    log.error({ job: message.jobId, err: error }, 'the platform does not take this reply; its words are posted alone')
    await inTurn(message, () => showReply(tools, reply, inPlainWords(message)))
    return true
  }

  return {
    async render(message) {
      const reply = replyOf(message)
      if (message.final) return renderFinal(reply, message)
      if (reply.isFinal || stopping.signal.aborted) return
      reply.waiting = message
      reply.pump ??= pump(reply).finally(() => {
        reply.pump = undefined
        if (reply.delivery?.final) replies.delete(message.replyId) // a state that came after the end
      })
    },
    shownBy: (channelId, messageId) => readShown(notes, channelId, messageId),
    imagesShownBy: async (channelId, messageId) => (await readShown(notes, channelId, messageId))?.imageIds ?? [],
    async stop() {
      stopping.abort()
      for (const { pump: running } of replies.values()) await running
      for (const { limiter } of threads.limiters()) await limiter.disconnect()
    },
  }
}

/** What of a reply is words, and that the rest could not be posted. */
function inPlainWords(message: OutgoingMessage): OutgoingMessage {
  const words = message.parts.filter(({ type }) => type === 'text' || type === 'notice' || type === 'error')
  const { undeliverable } = sentencesIn(message.language).chat
  return { ...message, parts: [...words, { type: 'notice', text: undeliverable }] }
}
