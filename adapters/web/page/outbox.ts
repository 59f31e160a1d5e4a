import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Command } from '../../../src/contract/incoming.ts'
import type { WireThread } from '../wire.ts'
import { ApiError, createThread, newId, sendMessage } from './api.ts'

/** A message on its way: shown at once, gone when the thread has it. */
export interface Outgoing {
  readonly eventId: string
  /** Where it is shown; undefined on the page of a new thread. */
  readonly threadId: string | undefined
  /** The thread that was made for it, kept for another try. */
  readonly madeThreadId?: string
  readonly text: string
  readonly files: readonly File[]
  readonly command?: Command
  /** The picture that it is about, where that is not the current one. */
  readonly replyToImageId?: string
  readonly state: 'sending' | 'sent' | 'failed'
  readonly jobId?: string
  /** Why it failed. */
  readonly problem?: string
}

export type Draft = Pick<Outgoing, 'text' | 'files' | 'command' | 'replyToImageId'>

export interface Outbox {
  /** What the thread does not show yet. */
  readonly waiting: readonly Outgoing[]
  readonly send: (draft: Draft) => void
  /** Sends the same message again: what arrived the first time is not made twice. */
  readonly retry: (message: Outgoing) => void
  readonly discard: (message: Outgoing) => void
}

/** Sends messages of the shown thread; without one, a thread is created first and `onThread` told. */
export function useOutbox(
  threadId: string | undefined,
  thread: WireThread | undefined,
  onThread: (threadId: string) => void,
  onSent: () => void,
): Outbox {
  const [messages, setMessages] = useState<readonly Outgoing[]>([])
  const put = (message: Outgoing): void =>
    setMessages((now) => [...now.filter((other) => other.eventId !== message.eventId), message])
  const discard = useCallback((message: Outgoing) => {
    setMessages((now) => now.filter((other) => other.eventId !== message.eventId))
  }, [])
  useEffect(() => {
    setMessages((now) =>
      now.some((message) => isShown(message, thread)) ? now.filter((m) => !isShown(m, thread)) : now,
    )
  }, [thread])
  const deliver = async (message: Outgoing): Promise<void> => {
    put({ ...message, state: 'sending' })
    let madeThreadId = message.madeThreadId
    try {
      const target = message.threadId ?? (madeThreadId ??= await createThread())
      const { eventId, text, files, command, replyToImageId } = message
      const answer = await sendMessage(target, {
        ...{ eventId, text, files },
        ...(command && { command }),
        ...(replyToImageId && { replyToImageId }),
      })
      if (!('jobId' in answer)) discard(message)
      else put({ ...message, threadId: target, state: 'sent', jobId: answer.jobId })
      if (threadId === undefined) onThread(target)
      onSent()
    } catch (error) {
      const problem = error instanceof ApiError ? error.message : String(error)
      put({ ...message, ...(madeThreadId && { madeThreadId }), state: 'failed', problem })
    }
  }
  return {
    waiting: messages.filter((message) => message.threadId === threadId && !isShown(message, thread)),
    send: (draft) => void deliver({ ...draft, eventId: newId(), threadId, state: 'sending' }),
    retry: (message) => void deliver(message),
    discard,
  }
}

const isShown = ({ eventId, jobId }: Outgoing, thread: WireThread | undefined): boolean =>
  thread?.entries.some(
    (entry) => entry.type === 'person' && (entry.eventId === eventId || (jobId !== undefined && entry.jobId === jobId)),
  ) === true
