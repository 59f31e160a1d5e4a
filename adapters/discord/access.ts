import type { DiscordOptions } from './options.ts'

/** Where somebody speaks, and who they are there. */
export interface Place {
  /** Absent in direct messages. */
  readonly guildId?: string | undefined
  readonly channelId: string
  /** The channel of a thread. */
  readonly parentId?: string | undefined
  readonly roleIds: readonly string[]
}

type Allowed = Pick<DiscordOptions, 'servers' | 'channels' | 'roles'>

/**
 * Whether the bot answers there. Where servers, channels or roles are named, all that are named must fit; direct messages
 * have no server and no roles, so then only those are answered whose channel is named.
 */
export function isAllowed({ servers, channels, roles }: Allowed, place: Place): boolean {
  const { guildId, channelId, parentId, roleIds } = place
  if (guildId === undefined)
    return channels.includes(channelId) || [servers, channels, roles].every(({ length }) => length === 0)
  const isServer = servers.length === 0 || servers.includes(guildId)
  const isChannel = channels.length === 0 || channels.includes(channelId) || channels.includes(parentId ?? '')
  const hasRole = roles.length === 0 || roleIds.some((role) => roles.includes(role))
  return isServer && isChannel && hasRole
}
