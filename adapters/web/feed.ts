import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { threadKeyString } from '../../src/contract/thread.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { AppError } from '../../src/contract/errors.ts'
import { diffReply } from './reply-patch.ts'
import { toWireReply } from './to-wire.ts'
import type { FeedEventName, WireEntry, WireReply, WireThread } from './wire.ts'

export interface FeedSource {
  readonly key: ThreadKey
  readonly personId: string
  /** Reads the thread as it stands; undefined when it is gone. */
  readonly snapshot: () => Promise<WireThread | undefined>
}

/** The open event streams of all threads. */
export interface Feeds {
  /** A stream of server-sent events: a snapshot, then what changes. Throws AppError('access/limit'). */
  open(source: FeedSource): ReadableStream<Uint8Array>
  /** Takes a reply's newest state; never waits for a reader. */
  publish(message: OutgoingMessage): void
  /** Has everyone who looks at the thread read it anew (turns, titles, pictures that were deleted). */
  refresh(key: ThreadKey): void
  /** Ends every stream. */
  close(): void
}

export interface FeedTiming {
  readonly coalesceMs: number
  readonly heartbeatMs: number
  readonly feedsPerPerson: number
}

/** One reader: what it still has to be told, and what it was told. Size is bounded by the thread's replies. */
interface Feed {
  readonly source: FeedSource
  readonly waiting: Map<string, OutgoingMessage>
  readonly told: Map<string, WireReply>
  stale: boolean
  closed: boolean
  wake: () => void
}

export function createFeeds(timing: FeedTiming): Feeds {
  const feeds = new Set<Feed>()
  const of = (key: ThreadKey): Feed[] => {
    const name = threadKeyString(key)
    return [...feeds].filter((feed) => threadKeyString(feed.source.key) === name)
  }
  const end = (feed: Feed): void => {
    feed.closed = true
    feeds.delete(feed)
    feed.wake()
  }
  return {
    open(source) {
      refuseTooMany(feeds, source.personId, timing.feedsPerPerson)
      const feed: Feed = {
        source,
        waiting: new Map(),
        told: new Map(),
        stale: true,
        closed: false,
        wake: () => undefined,
      }
      feeds.add(feed)
      return toStream(events(feed, timing), () => end(feed))
    },
    publish(message) {
      for (const feed of of(message.key)) {
        feed.waiting.set(message.replyId, message)
        if (message.final) feed.stale = true // the end of a reply moves the thread's head and its title
        feed.wake()
      }
    },
    refresh(key) {
      for (const feed of of(key)) {
        feed.stale = true
        feed.wake()
      }
    },
    close: () => [...feeds].forEach(end),
  }
}

/** The events of one reader. What happens between two of them is merged: only the newest state is told. */
async function* events(feed: Feed, timing: FeedTiming): AsyncGenerator<string, void> {
  yield `retry: 1000\n\n`
  while (!feed.closed) {
    const messages = [...feed.waiting.values()]
    feed.waiting.clear()
    yield* messages.flatMap((message) => tellReply(feed, toWireReply(message)))
    if (feed.stale) {
      feed.stale = false
      const thread = await readSnapshot(feed)
      yield thread
      if (thread.startsWith(eventLine('deleted'))) return
    }
    await sleep(timing.coalesceMs, feed, () => feed.closed)
    const heard = await sleep(timing.heartbeatMs, feed, () => feed.closed || feed.stale || feed.waiting.size > 0)
    if (!heard) yield sse('ping', {})
  }
}

function tellReply(feed: Feed, reply: WireReply): string[] {
  const before = feed.told.get(reply.replyId)
  feed.told.set(reply.replyId, reply)
  if (before === undefined) return [sse('reply', reply)]
  const patch = diffReply(before, reply)
  const same = patch.changes.length === 0 && patch.length === before.parts.length && patch.state === before.state
  return same && patch.final === before.final ? [] : [sse('patch', patch)]
}

/** The snapshot as an event. A reply that ended for this reader stays ended, though the bot may still be posting. */
async function readSnapshot(feed: Feed): Promise<string> {
  try {
    const thread = await feed.source.snapshot()
    if (thread === undefined) return sse('deleted', {})
    const entries = thread.entries.map((entry): WireEntry => {
      if (entry.type === 'person') return entry
      const told = feed.told.get(entry.reply.replyId)
      const reply = told?.final === true && !entry.reply.final ? told : entry.reply
      return { ...entry, reply }
    })
    feed.told.clear()
    for (const entry of entries) if (entry.type === 'reply') feed.told.set(entry.reply.replyId, entry.reply)
    return sse('snapshot', { ...thread, entries })
  } catch (error) {
    const { code, message, hint } = AppError.from(error)
    return sse(
      'failed',
      code === 'internal' ? { code, message: 'The thread could not be read.' } : { code, message, hint },
    )
  }
}

/** Resolves after `ms`, or with true as soon as `until` holds at a wake-up. */
async function sleep(ms: number, feed: Feed, until: () => boolean): Promise<boolean> {
  if (until()) return true
  return new Promise((resolve) => {
    const done = (heard: boolean): void => {
      clearTimeout(timer)
      feed.wake = () => undefined
      resolve(heard)
    }
    const timer = setTimeout(() => done(until()), ms)
    feed.wake = () => {
      if (until()) done(true)
    }
  })
}

const eventLine = (name: FeedEventName): string => `event: ${name}\n`
const sse = (name: FeedEventName, data: unknown): string => `${eventLine(name)}data: ${JSON.stringify(data)}\n\n`

/** A stream that asks for the next event only when the reader has taken the last one. */
function toStream(lines: AsyncGenerator<string, void>, cancelled: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await lines.next()
        if (done === true) {
          cancelled()
          controller.close()
        } else controller.enqueue(encoder.encode(value))
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  )
}

function refuseTooMany(feeds: ReadonlySet<Feed>, personId: string, limit: number): void {
  const open = [...feeds].filter((feed) => feed.source.personId === personId).length
  if (open < limit) return
  throw new AppError('access/limit', {
    message: `You have ${open} open windows on this program, and ${limit} are allowed.`,
    hint: 'Close one of them.',
    retryable: true,
  })
}
