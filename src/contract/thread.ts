/** Which conversation: the same four parts on every platform; a platform without a level leaves it ''. */
export interface ThreadKey {
  readonly platform: string
  readonly workspaceId: string
  readonly channelId: string
  readonly threadId: string
}

/** Who speaks or presses. `id` is unique within the platform. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly admin?: boolean
}

/** One string for a thread; parts are escaped, so different keys never meet. */
export const threadKeyString = (key: ThreadKey): string =>
  [key.platform, key.workspaceId, key.channelId, key.threadId].map(encodeURIComponent).join('/')

/** Inverse of threadKeyString. Throws a RangeError for what it did not write. */
export function parseThreadKey(text: string): ThreadKey {
  const parts = text.split('/').map(decodeURIComponent)
  if (parts.length !== 4) throw new RangeError(`not a thread key: ${text}`)
  const [platform, workspaceId, channelId, threadId] = parts as [string, string, string, string]
  return { platform, workspaceId, channelId, threadId }
}
