import { channelTypes, type WireChannel, type WireCommand, type WireMember, type WireMessage } from './wire.ts'
import type { AllowedMentions, WireRole, WireUser } from './wire.ts'

/** A message with what Discord does not show of it. */
export interface StoredMessage {
  wire: WireMessage
  /** The only person who sees it. */
  readonly onlyFor?: string
  /** What it showed before, oldest first. */
  readonly earlier: WireMessage[]
  deleted: boolean
}

export interface Guild {
  readonly id: string
  readonly name: string
  readonly ownerId: string
  readonly roles: WireRole[]
  readonly members: Map<string, WireMember>
  /** 0 takes files of 10 MiB, 2 of 50 MiB, 3 of 100 MiB. */
  readonly premiumTier: 0 | 1 | 2 | 3
}

/** Who was pinged by a message of the bot. */
export interface Ping {
  readonly messageId: string
  readonly whom: string
}

/** Tells the gateway what happened; `guildId` undefined in DMs. */
export type Emit = (type: string, data: object, where: { guildId?: string | undefined }) => void

/** All that the stand-in knows. One object, changed by routes and by people. */
export interface World {
  readonly bot: WireUser
  readonly applicationId: string
  readonly guilds: Map<string, Guild>
  readonly channels: Map<string, WireChannel>
  readonly messages: Map<string, StoredMessage[]>
  readonly files: Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>
  /** Registered commands by guild id; '' for global ones. */
  readonly commands: Map<string, readonly WireCommand[]>
  readonly pings: Ping[]
  /** Channels that the bot may not see. */
  readonly closedToBot: Set<string>
  /** Where files are: the CDN's address. */
  cdnUrl: string
  /** A new id, rising with time. */
  nextId(): string
  emit: Emit
}

const discordEpoch = 1_420_070_400_000n

export function createWorld(): World {
  let count = 0n
  const nextId = () => String(((BigInt(Date.now()) - discordEpoch) << 22n) + (++count & 0x3fffffn))
  const id = nextId()
  return {
    bot: { id, username: 'llmga', global_name: null, discriminator: '0001', avatar: null, bot: true },
    applicationId: id,
    guilds: new Map(),
    channels: new Map(),
    messages: new Map(),
    files: new Map(),
    commands: new Map(),
    pings: [],
    closedToBot: new Set(),
    cdnUrl: '',
    nextId,
    emit: () => undefined,
  }
}

/** An answer with an error, as Discord gives it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The channel, if the bot may see it. Throws ApiError 10003, 50001. */
export function channelOf(world: World, id: string): WireChannel {
  const channel = world.channels.get(id)
  if (!channel) throw new ApiError(404, 10003, 'Unknown Channel')
  const closed = [id, channel.parent_id ?? ''].some((place) => world.closedToBot.has(place))
  if (closed) throw new ApiError(403, 50001, 'Missing Access')
  return channel
}

/** A message of a channel as the bot may fetch it. Throws ApiError 10008. */
export function messageOf(world: World, channelId: string, id: string): StoredMessage {
  channelOf(world, channelId)
  const found = world.messages.get(channelId)?.find(({ wire }) => wire.id === id)
  if (!found || found.deleted) throw new ApiError(404, 10008, 'Unknown Message')
  return found
}

export const isThread = ({ type }: WireChannel) => type === channelTypes.thread || type === channelTypes.privateThread

/** The largest file that the place of a channel takes, in bytes. */
export function fileLimitOf(world: World, { guild_id }: WireChannel): number {
  const tier = world.guilds.get(guild_id ?? '')?.premiumTier ?? 0
  return [10, 10, 50, 100][tier]! * 2 ** 20
}

const allPermissions = (1n << 53n) - 1n

/** The permissions of a member, as a number in a string. */
export function permissionsOf({ ownerId, roles }: Guild, { user, roles: own }: WireMember, guildId: string): string {
  if (user.id === ownerId) return String(allPermissions)
  const bits = roles
    .filter(({ id }) => id === guildId || own.includes(id))
    .map(({ permissions }) => BigInt(permissions))
  return String(bits.reduce((all, some) => all | some, 0n))
}

/** Whom a message of the bot pings: what stands in it, as far as `allowed` does not forbid it. */
export function pingsIn(content: string, allowed: AllowedMentions | null | undefined): readonly string[] {
  const may = (kind: string, id: string) =>
    !allowed || allowed.parse?.includes(kind) || allowed[kind as 'users' | 'roles']?.includes(id)
  const everyone = (content.match(/@(everyone|here)/g) ?? []).filter(
    () => !allowed || allowed.parse?.includes('everyone'),
  )
  const users = [...content.matchAll(/<@!?(\d+)>/g)].map(([, id]) => id!).filter((id) => may('users', id))
  const roles = [...content.matchAll(/<@&(\d+)>/g)].map(([, id]) => id!).filter((id) => may('roles', id))
  return [...everyone, ...users, ...roles]
}
