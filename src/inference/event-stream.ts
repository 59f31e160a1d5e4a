import type { InferenceEvent } from '../contract/inference.ts'

interface Entry {
  event: InferenceEvent
}

/** Events of one request between the worker's pace and the consumer's. */
export interface EventStream {
  readonly push: (event: InferenceEvent) => void
  readonly events: AsyncIterable<InferenceEvent>
}

const isLast = (event: InferenceEvent): boolean => event.type === 'done' || event.type === 'error'

/**
 * An unbounded queue that ends with `done` or `error`. No event is lost, but a preview that a newer one has overtaken
 * before it was taken is removed from its step: pictures of the past are all that could make the queue large.
 * `onReturn` is called when the consumer leaves early (break, throw).
 */
export function createEventStream(onReturn: () => void): EventStream {
  const entries: Entry[] = []
  const takers: ((result: IteratorResult<InferenceEvent, undefined>) => void)[] = []
  let newestPreview: Entry | undefined
  let ended = false

  function push(event: InferenceEvent): void {
    if (ended) return
    ended = isLast(event)
    const taker = takers.shift()
    if (taker !== undefined) taker({ done: false, value: event })
    else enqueue({ event })
    if (ended) dismissTakers()
  }

  function dismissTakers(): void {
    for (const taker of takers.splice(0)) taker({ done: true, value: undefined })
  }

  function enqueue(entry: Entry): void {
    entries.push(entry)
    if (entry.event.type !== 'step' || entry.event.preview === undefined) return
    if (newestPreview !== undefined) newestPreview.event = withoutPreview(newestPreview.event)
    newestPreview = entry
  }

  function take(): IteratorResult<InferenceEvent, undefined> | undefined {
    const entry = entries.shift()
    if (entry === undefined) return ended ? { done: true, value: undefined } : undefined
    if (entry === newestPreview) newestPreview = undefined
    return { done: false, value: entry.event }
  }

  const iterator: AsyncIterator<InferenceEvent, undefined> = {
    next: () => {
      const taken = take()
      return taken === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(taken)
    },
    return: () => {
      if (!ended) onReturn()
      ended = true
      entries.length = 0
      dismissTakers()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return { push, events: { [Symbol.asyncIterator]: () => iterator } }
}

function withoutPreview(event: InferenceEvent): InferenceEvent {
  if (event.type !== 'step') return event
  const { preview, ...step } = event
  return preview === undefined ? event : step
}
