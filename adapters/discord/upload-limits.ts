import type { ThreadKey } from '../../src/contract/thread.ts'

const mebibyte = 2 ** 20

/** What Discord takes in every place, in bytes. */
export const usualFileLimit = 10 * mebibyte

/** Bytes of one file by a server's boost level. */
const limitOfTier: Readonly<Record<number, number>> = { 2: 50 * mebibyte, 3: 100 * mebibyte }

/** Below this nothing is made smaller any more: Discord refuses for another reason. */
const smallest = 256 * 1024

/** How large a file may be, by place; learnt from what Discord says and refuses. Kept in memory only. */
export interface UploadLimits {
  /** In bytes, for one file. */
  of(key: ThreadKey): number
  /** What an interaction says about its place. */
  learn(guildId: string | null, bytes: number): void
  /** A file of so many bytes was refused there. Returns whether there is a smaller size to try. */
  refused(key: ThreadKey, bytes: number): boolean
}

/** `tierOf` gives the boost level of a server, where it is known. */
export function createUploadLimits(tierOf: (guildId: string) => number | undefined): UploadLimits {
  const told = new Map<string, number>()
  const proven = new Map<string, number>()
  const usual = ({ workspaceId }: ThreadKey): number =>
    told.get(workspaceId) ?? limitOfTier[tierOf(workspaceId) ?? 0] ?? usualFileLimit
  const of = (key: ThreadKey): number => Math.min(usual(key), proven.get(key.channelId) ?? Infinity)
  return {
    of,
    learn(guildId, bytes) {
      if (guildId !== null && bytes >= mebibyte) told.set(guildId, bytes)
    },
    refused(key, bytes) {
      const next = Math.floor(Math.min(bytes, of(key)) / 2)
      if (next < smallest) return false
      proven.set(key.channelId, next)
      return true
    },
  }
}
