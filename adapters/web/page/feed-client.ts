import type { FeedEventName, WireThread } from '../wire.ts'
import { ApiError, checkThread, threadPath } from './api.ts'
import { applyFeedEvent } from './feed-state.ts'
import type { FeedEvent } from './feed-state.ts'

export type Connection = 'connecting' | 'open' | 'lost'

export interface FeedListener {
  readonly onThread: (thread: WireThread) => void
  readonly onConnection: (connection: Connection) => void
  /** The thread does not exist, or no longer. */
  readonly onGone: () => void
  /** The server could not read it. */
  readonly onProblem: (sentence: string) => void
}

/** Longer than two heartbeats: then the connection is dead, whatever the browser thinks. */
const silenceMs = 40_000
const retryMs = 1500

/** Follows a thread until the returned function is called. Reconnects by itself; a snapshot makes good what was missed. */
export function followThread(threadId: string, listener: FeedListener): () => void {
  let thread: WireThread | undefined
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false

  const later = (ms: number, action: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(action, ms)
  }
  const heard = (): void => {
    listener.onConnection('open')
    later(silenceMs, reconnect)
  }
  const take = (event: FeedEvent): void => {
    heard()
    thread = applyFeedEvent(thread, event)
    if (thread !== undefined) listener.onThread(thread)
  }
  const stop = (): void => {
    over = true
    clearTimeout(timer)
    source?.close()
  }
  const gone = (): void => {
    stop()
    listener.onGone()
  }
  /** The browser gives up on anything but a dropped connection; an answer says which it was. */
  const reconnect = (): void => {
    source?.close()
    listener.onConnection('lost')
    checkThread(threadId).then(
      () => over || connect(),
      (error: unknown) => {
        if (over) return
        if (error instanceof ApiError && error.status === 404) gone()
        else later(retryMs, reconnect)
      },
    )
  }
  const connect = (): void => {
    source = new EventSource(threadPath(threadId, 'events'))
    const on = (name: FeedEventName, action: (data: string) => void): void =>
      source?.addEventListener(name, (event: MessageEvent<string>) => action(event.data))
    on('snapshot', (data) => take({ name: 'snapshot', data: JSON.parse(data) as WireThread }))
    on('reply', (data) => take({ name: 'reply', data: JSON.parse(data) as (FeedEvent & { name: 'reply' })['data'] }))
    on('patch', (data) => take({ name: 'patch', data: JSON.parse(data) as (FeedEvent & { name: 'patch' })['data'] }))
    on('deleted', gone)
    on('failed', (data) => listener.onProblem((JSON.parse(data) as { message: string }).message))
    on('ping', heard)
    source.onerror = () => {
      source?.close()
      listener.onConnection('lost')
      later(retryMs, reconnect)
    }
  }
  connect()
  return stop
}
