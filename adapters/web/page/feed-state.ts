import { applyPatch } from '../reply-patch.ts'
import type { ReplyPatch, WireEntry, WireReply, WireThread } from '../wire.ts'

/** What the stream says about the thread's content. */
export type FeedEvent =
  | { readonly name: 'snapshot'; readonly data: WireThread }
  | { readonly name: 'reply'; readonly data: WireReply }
  | { readonly name: 'patch'; readonly data: ReplyPatch }

/** The thread after an event. Before the first snapshot nothing else means anything. */
export function applyFeedEvent(thread: WireThread | undefined, event: FeedEvent): WireThread | undefined {
  if (event.name === 'snapshot') return event.data
  if (thread === undefined) return undefined
  const { replyId } = event.data
  const known = findReply(thread, replyId)
  if (event.name === 'patch') return known === undefined ? thread : putReply(thread, applyPatch(known, event.data))
  if (known !== undefined) return putReply(thread, event.data)
  return { ...thread, entries: [...thread.entries, { type: 'reply', reply: event.data }] }
}

export function findReply(thread: WireThread | undefined, replyId: string): WireReply | undefined {
  return thread?.entries.flatMap((entry) => (entry.type === 'reply' ? [entry.reply] : [])).find(isReply(replyId))
}

const isReply =
  (replyId: string) =>
  (reply: WireReply): boolean =>
    reply.replyId === replyId

function putReply(thread: WireThread, reply: WireReply): WireThread {
  const entries = thread.entries.map((entry): WireEntry => {
    return entry.type === 'reply' && entry.reply.replyId === reply.replyId ? { type: 'reply', reply } : entry
  })
  return { ...thread, entries }
}
