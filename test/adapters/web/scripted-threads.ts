import type { ThreadSummary } from '../../../src/contract/adapter.ts'
import type { ConversationState, ImageNode, Turn } from '../../../src/contract/conversation.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { threadKeyString } from '../../../src/contract/thread.ts'
import type { Person, ThreadKey } from '../../../src/contract/thread.ts'

export interface ScriptedThread {
  state: ConversationState
  readonly replies: Map<string, OutgoingMessage>
  /** Hashes of masks and files. */
  readonly files: Set<string>
}

/** Threads in memory, each of one person. */
export function createScriptedThreads() {
  const threads = new Map<string, ScriptedThread>()
  const own = (key: ThreadKey, person: Person): ScriptedThread | undefined => {
    const thread = threads.get(threadKeyString(key))
    return thread?.state.owner.id === person.id ? thread : undefined
  }
  return {
    own,
    open(key: ThreadKey, owner: Person, title: string): ScriptedThread {
      const now = Date.now()
      const times = { createdAt: now, updatedAt: now }
      const known = threads.get(threadKeyString(key))
      const state = { version: 1, key, owner, title, ...times, turns: {}, images: {}, settings: {} } as const
      const thread = known ?? { state, replies: new Map<string, OutgoingMessage>(), files: new Set<string>() }
      threads.set(threadKeyString(key), thread)
      return thread
    },
    remove(key: ThreadKey, person: Person): void {
      if (own(key, person) !== undefined) threads.delete(threadKeyString(key))
    },
    list(person: Person): readonly ThreadSummary[] {
      const mine = [...threads.values()].filter(({ state }) => state.owner.id === person.id)
      return mine.map(({ state }) => summaryOf(state)).sort((a, b) => b.updatedAt - a.updatedAt)
    },
  }
}

/** Adds a turn at the head, with the pictures that came with it. */
export function appendTurn(thread: ScriptedThread, turn: Omit<Turn, 'createdAt'>, images: readonly ImageNode[]): void {
  const { state } = thread
  const parent = state.headTurnId === undefined ? {} : { parentId: state.headTurnId }
  const headImageId = images.at(-1)?.id ?? state.headImageId
  thread.state = {
    ...state,
    turns: { ...state.turns, [turn.id]: { ...turn, ...parent, createdAt: Date.now() } },
    headTurnId: turn.id,
    images: { ...state.images, ...Object.fromEntries(images.map((image) => [image.id, image])) },
    ...(headImageId === undefined ? {} : { headImageId }),
    updatedAt: Date.now(),
  }
}

/** Makes a picture current: the head moves to the turn that made it. */
export function goTo(thread: ScriptedThread | undefined, imageId = ''): void {
  const image = thread?.state.images[imageId]
  if (thread !== undefined && image !== undefined)
    thread.state = { ...thread.state, headTurnId: image.turnId, headImageId: imageId }
}

/** Takes a picture out of the replies that show it. */
export function removePicture({ replies }: ScriptedThread, imageId: string): void {
  for (const [jobId, reply] of replies) {
    const parts = reply.parts.map((part) =>
      part.type === 'images' ? { ...part, images: part.images.filter((image) => image.imageId !== imageId) } : part,
    )
    replies.set(jobId, { ...reply, parts })
  }
}

function summaryOf({ key, title, updatedAt, headImageId, images }: ConversationState): ThreadSummary {
  const sha256 = headImageId === undefined ? undefined : images[headImageId]?.sha256
  return { key, title, updatedAt, ...(sha256 === undefined ? {} : { headImageSha256: sha256 }) }
}
