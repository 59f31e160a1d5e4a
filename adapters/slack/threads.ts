import type { Notes } from '../../src/contract/adapter.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { isDirect, slackPlatform } from './options.ts'

/** Where something happened, in Slack's words. */
export interface SlackPlace {
  readonly channelId: string
  readonly ts: string
  /** The root of the thread; absent for a message that is in none, or is a root itself. */
  readonly threadTs?: string | undefined
}

/** The thread of a place. What is said in a direct conversation outside of threads is one thread, without an id. */
export function keyOf(teamId: string, { channelId, ts, threadTs }: SlackPlace): ThreadKey {
  const root = threadTs === undefined || threadTs === ts ? undefined : threadTs
  const threadId = root ?? (isDirect(channelId) ? '' : ts)
  return { platform: slackPlatform, workspaceId: teamId, channelId, threadId }
}

/** Threads in which the bot takes part: plain replies there are for it. Kept over restarts. */
export interface Threads {
  join(key: ThreadKey): Promise<void>
  has(key: ThreadKey): Promise<boolean>
}

const noteOf = ({ channelId, threadId }: ThreadKey): string => `thread:${channelId}/${threadId}`

export const createThreads = (notes: Notes): Threads => ({
  async join(key) {
    if (key.threadId !== '' && (await notes.get(noteOf(key))) === undefined) await notes.set(noteOf(key), true)
  },
  has: async (key) => key.threadId === '' || (await notes.get(noteOf(key))) === true,
})
