import {
  PermissionFlagsBits,
  type BaseInteraction,
  type Channel,
  type Client,
  type GuildMember,
  type Message,
  type PermissionsBitField,
} from 'discord.js'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'
import type { Place } from './access.ts'

/** Where something happens, as far as keys of conversations go. */
export interface Spot {
  readonly guildId: string | undefined
  readonly channelId: string
  /** The channel that a thread belongs to; undefined outside threads. */
  readonly parentId: string | undefined
  /** Who opened the thread. */
  readonly threadOwnerId: string | undefined
}

const platform = 'discord'

function spotIn(channel: Channel | null, channelId: string, guildId: string | null): Spot {
  const isThread = channel?.isThread() === true
  return {
    guildId: guildId ?? undefined,
    channelId,
    parentId: isThread ? (channel.parentId ?? undefined) : undefined,
    threadOwnerId: isThread ? (channel.ownerId ?? undefined) : undefined,
  }
}

/** A channel from the caches, or asked for where they do not know it well enough; null where Discord does not tell. */
async function channelFor(client: Client, channelId: string, guildId: string | null): Promise<Channel | null> {
  const known = client.channels.cache.get(channelId)
  if (guildId === null || (known && !(known.isThread() && known.parentId === null))) return known ?? null
  return client.channels.fetch(channelId, { force: true }).catch(() => null)
}

/** Where a message was written or a control pressed. */
export async function spotOf(
  client: Client,
  { channelId, guildId }: { readonly channelId: string | null; readonly guildId: string | null },
): Promise<Spot> {
  const id = channelId ?? ''
  return spotIn(await channelFor(client, id, guildId), id, guildId)
}

/** The conversation of a thread, or of a direct channel; in a server's channel the one that belongs to the channel itself. */
export const keyOfSpot = ({ guildId, channelId, parentId }: Spot): ThreadKey => ({
  platform,
  workspaceId: guildId ?? '@me',
  channelId: parentId ?? channelId,
  threadId: parentId === undefined ? '' : channelId,
})

/** Whether conversations there are begun by a message, in a thread of its own. */
export const isOpenChannel = ({ guildId, parentId }: Spot): boolean => guildId !== undefined && parentId === undefined

/** The conversation that a message of a server's channel begins: the thread made from it has the message's id. */
export const keyOfRoot = (spot: Spot, messageId: string): ThreadKey => ({ ...keyOfSpot(spot), threadId: messageId })

export const placeOf = ({ guildId, channelId, parentId }: Spot, roleIds: readonly string[]): Place => ({
  ...{ guildId, channelId, parentId, roleIds },
})

const adminFlags = [PermissionFlagsBits.ManageGuild, PermissionFlagsBits.Administrator]

/** Who wrote a message. Whoever may manage the server is an admin of the bot there. */
export function authorOf({ author, member }: Message): Person {
  return person(author.id, member?.displayName ?? author.displayName, permissionsOf(member))
}

/** Who used a command or a control. */
export function userOf({ user, member, memberPermissions }: BaseInteraction): Person {
  const nick = member && 'nick' in member ? member.nick : (member as GuildMember | null)?.displayName
  return person(user.id, nick ?? user.displayName, memberPermissions)
}

const person = (id: string, name: string, permissions: Readonly<PermissionsBitField> | null): Person => ({
  ...{ id, name },
  ...(adminFlags.some((flag) => permissions?.has(flag)) ? { admin: true } : {}),
})

/** A member's permissions in the server; null where the caches do not hold its roles. */
function permissionsOf(member: GuildMember | null): Readonly<PermissionsBitField> | null {
  return member ? member.permissions : null
}

export const rolesOfMember = (member: Message['member']): readonly string[] =>
  member ? [...member.roles.cache.keys()] : []

/** Roles of whoever used a command or a control. */
export function rolesOfUser({ member }: BaseInteraction): readonly string[] {
  if (!member) return []
  return Array.isArray(member.roles) ? member.roles : [...(member as GuildMember).roles.cache.keys()]
}
