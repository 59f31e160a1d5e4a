import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { WireAbout } from '../routes/pages.ts'
import type { WireThread, WireThreadSummary } from '../wire.ts'
import { announcement } from './announce.ts'
import { listThreads, readAbout } from './api.ts'
import { followThread } from './feed-client.ts'
import type { Connection } from './feed-client.ts'
import { findReply } from './feed-state.ts'

/** The thread named in the address (#t=ID), so that reloading and going back work. */
export function useRoute(): [string | undefined, (threadId: string | undefined) => void] {
  const [threadId, setThreadId] = useState(readRoute)
  useEffect(() => {
    const follow = (): void => setThreadId(readRoute())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const go = useCallback((next: string | undefined) => {
    location.hash = next === undefined ? '' : `t=${next}`
    setThreadId(next)
  }, [])
  return [threadId, go]
}

const readRoute = (): string | undefined => /^#t=([\w-]+)$/.exec(location.hash)?.[1]

/** What the models know; `problem` is why it could not be read. */
export function useAbout(): { about: WireAbout | undefined; problem: Error | undefined; retry: () => void } {
  const [about, setAbout] = useState<WireAbout>()
  const [problem, setProblem] = useState<Error>()
  const retry = useCallback(() => {
    setProblem(undefined)
    readAbout().then(setAbout, setProblem)
  }, [])
  useEffect(retry, [retry])
  return { about, problem, retry }
}

/** The list at the side; read again on demand and whenever the window comes back to the front. */
export function useThreads(): { threads: readonly WireThreadSummary[] | undefined; refresh: () => void } {
  const [threads, setThreads] = useState<readonly WireThreadSummary[]>()
  const refresh = useCallback(() => {
    listThreads().then(setThreads, () => undefined) // the list stays as it was; the connection banner tells
  }, [])
  useEffect(() => {
    refresh()
    addEventListener('focus', refresh)
    return () => removeEventListener('focus', refresh)
  }, [refresh])
  return { threads, refresh }
}

export interface Followed {
  readonly thread: WireThread | undefined
  readonly connection: Connection
  readonly problem: string | undefined
  /** The newest thing to say to a screen reader. */
  readonly announced: string
}

const nothingFollowed: Followed = { thread: undefined, connection: 'open', problem: undefined, announced: '' }

/** Follows a thread's stream. `onSettled` is called when a reply ends, `onGone` when there is no such thread. */
export function useFeed(threadId: string | undefined, onSettled: () => void, onGone: () => void): Followed {
  const [followed, setFollowed] = useState<Followed & { readonly of?: string }>(nothingFollowed)
  const handlers = useRef({ onSettled, onGone })
  handlers.current = { onSettled, onGone }
  useEffect(() => {
    if (threadId === undefined) return setFollowed(nothingFollowed)
    let last: WireThread | undefined
    setFollowed({ ...nothingFollowed, connection: 'connecting', of: threadId })
    return followThread(threadId, {
      onThread(thread) {
        const news = last === undefined ? [] : newsOf(last, thread)
        if (last !== undefined && endedReplies(thread) !== endedReplies(last)) handlers.current.onSettled()
        last = thread
        setFollowed((now) => ({ ...now, thread, problem: undefined, announced: news.at(-1) ?? now.announced }))
      },
      onConnection: (connection) =>
        setFollowed((now) => (now.connection === connection ? now : { ...now, connection })),
      onGone: () => handlers.current.onGone(),
      onProblem: (problem) => setFollowed((now) => ({ ...now, problem })),
    })
  }, [threadId])
  return followed.of === threadId ? followed : nothingFollowed
}

const replies = (thread: WireThread) => thread.entries.flatMap((entry) => (entry.type === 'reply' ? [entry.reply] : []))

const endedReplies = (thread: WireThread): number => replies(thread).filter((reply) => reply.final).length

const newsOf = (before: WireThread, after: WireThread): string[] =>
  replies(after).flatMap((reply) => announcement(findReply(before, reply.replyId), reply) ?? [])

/** Calls `onEscape` when Esc is pressed while `active` and nothing else took the key. */
export function useEscape(active: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!active) return
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onEscape()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}
