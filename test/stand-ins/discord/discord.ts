import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApiServer, type LoggedRequest } from './api-server.ts'
import { createFaults, type Faults } from './faults.ts'
import { createGateway, guildOf, type Gateway } from './gateway.ts'
import type { Interaction, Interactions } from './interactions.ts'
import { announce, listOf } from './messages.ts'
import { createPerson, type Person } from './person.ts'
import { applicationRoutes } from './routes/application.ts'
import { channelRoutes, removeChannel } from './routes/channels.ts'
import { interactionRoutes } from './routes/interactions.ts'
import { threadRoutes } from './routes/threads.ts'
import { channelTypes, type WireAttachment, type WireChannel, type WireMember, type WireUser } from './wire.ts'
import { createWorld, type Guild, type StoredMessage, type World } from './world.ts'

export interface DiscordOptions {
  /** Whether the application may have the Message Content intent; default true. */
  readonly messageContent?: boolean
  /** Listen here, so that a second start is found at the same address. */
  readonly port?: number
}

/** Discord, as far as a bot can tell: the API, the gateway and the CDN on one port of this machine. */
export interface Discord {
  readonly token: string
  /** For DISCORD_API_URL and DISCORD_CDN_URL. */
  readonly apiUrl: string
  readonly cdnUrl: string
  readonly world: World
  readonly gateway: Gateway
  readonly faults: Faults
  readonly requests: readonly LoggedRequest[]
  readonly interactions: Interactions
  /** What the bot sent against Discord's rules; taken out of the list, so that `stop` does not throw for them. */
  takeViolations(): readonly string[]
  addGuild(name: string, options?: { premiumTier?: Guild['premiumTier'] }): Guild
  addChannel(guild: Guild, name: string, type?: 'text' | 'forum'): WireChannel
  /** A person who is a member of these guilds. */
  addPerson(name: string, ...guilds: Guild[]): Person
  addRole(guild: Guild, name: string, permissions?: bigint): string
  giveRole(guild: Guild, person: Person, roleId: string): void
  removeChannel(channel: WireChannel): void
  /** Messages of a channel or thread, oldest first, as a person sees them (no person: what all see). */
  messagesIn(channel: WireChannel, seenBy?: Person): readonly StoredMessage[]
  /** The bot's own among them. */
  repliesIn(channel: WireChannel, seenBy?: Person): readonly StoredMessage[]
  /** The thread that was opened from a message. */
  threadOf(message: StoredMessage): WireChannel | undefined
  bytesOf(attachment: WireAttachment): Uint8Array
  /** A link in a message got its preview: an update that is no edit. */
  unfurl(message: StoredMessage): void
  /** The token is no longer good: REST answers 401, the gateway 4004. */
  revokeToken(): void
  restoreToken(): void
  /** The fifteen minutes of all interactions are over. */
  expireInteractions(): void
  /** Ends it. Throws when the bot broke a rule that nobody has looked at. */
  stop(): Promise<void>
}

const ordinary = (1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 31n) // see, send, attach, use commands

export async function createDiscord({ messageContent = true, port = 0 }: DiscordOptions = {}): Promise<Discord> {
  const world = createWorld()
  const faults = createFaults()
  const requests: LoggedRequest[] = []
  const violations: string[] = []
  const interactions: Interactions = new Map<string, Interaction>()
  const token = `${Buffer.from(world.bot.id).toString('base64url')}.stand-in.${'x'.repeat(20)}`
  let tokenGood = true
  const tokenIs = (given: string) => tokenGood && given === token
  let address = ''
  const gatewayUrl = () => address.replace('http', 'ws')

  const handlers = {
    ...applicationRoutes(world, { gatewayUrl, messageContent }),
    ...channelRoutes(world, { messageContent }),
    ...threadRoutes(world),
    ...interactionRoutes(world, interactions),
  }
  const answer = createApiServer({ world, handlers, faults, tokenIs, requests, violations })
  const server = createServer((request, response) => void answer(request, response))
  const gateway = createGateway(server, gatewayUrl, { world, tokenIs, messageContent })
  world.emit = (type, data, where) => gateway.emit(type, data, where)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  world.cdnUrl = `${address}/cdn`

  function memberOf(user: WireUser): WireMember {
    const joined_at = new Date().toISOString()
    return { user, nick: null, roles: [], joined_at, deaf: false, mute: false, flags: 0 }
  }

  const seen = (channel: WireChannel, person?: Person) =>
    listOf(world, channel.id).filter(
      ({ deleted, onlyFor }) => !deleted && (onlyFor === undefined || onlyFor === person?.id),
    )

  return {
    token,
    apiUrl: `${address}/api`,
    cdnUrl: `${address}/cdn`,
    world,
    gateway,
    faults,
    requests,
    interactions,
    takeViolations: () => violations.splice(0),
    addGuild(name, { premiumTier = 0 } = {}) {
      const id = world.nextId()
      const roles = [roleOf(id, '@everyone', ordinary)]
      const members = new Map([[world.bot.id, memberOf(world.bot)]])
      const guild: Guild = { id, name, ownerId: world.nextId(), roles, members, premiumTier }
      world.guilds.set(id, guild)
      world.emit('GUILD_CREATE', guildOf(world, id), { guildId: id }) // the bot was invited while it is connected
      return guild
    },
    addChannel(guild, name, type = 'text') {
      const channel: WireChannel = {
        ...{ id: world.nextId(), type: channelTypes[type], name, guild_id: guild.id, position: 0, nsfw: false },
        ...{ topic: null, parent_id: null, permission_overwrites: [], last_message_id: null, rate_limit_per_user: 0 },
        ...(type === 'forum' && { available_tags: [] }),
        flags: 0,
      }
      world.channels.set(channel.id, channel)
      world.emit('CHANNEL_CREATE', channel, { guildId: guild.id })
      return channel
    },
    addPerson(name, ...guilds) {
      const own = { id: world.nextId(), username: name.toLowerCase().replace(/\W+/g, '_'), global_name: name }
      const user: WireUser = { ...own, discriminator: '0', avatar: null, bot: false }
      for (const guild of guilds) guild.members.set(user.id, memberOf(user))
      return createPerson(world, interactions, user)
    },
    addRole(guild, name, permissions = 0n) {
      const id = world.nextId()
      guild.roles.push(roleOf(id, name, permissions))
      return id
    },
    giveRole(guild, person, roleId) {
      const member = guild.members.get(person.id)!
      guild.members.set(person.id, { ...member, roles: [...member.roles, roleId] })
    },
    removeChannel: (channel) => removeChannel(world, channel),
    messagesIn: seen,
    repliesIn: (channel, person) => seen(channel, person).filter(({ wire }) => wire.author.id === world.bot.id),
    threadOf: ({ wire }) => world.channels.get(wire.id),
    bytesOf: ({ id }) => world.files.get(id)!.bytes,
    unfurl: (message) => {
      message.wire = { ...message.wire, embeds: [{ title: 'A page', url: 'https://example.com' }] }
      announce(world, 'MESSAGE_UPDATE', message)
    },
    revokeToken() {
      tokenGood = false
      gateway.forgetSessions()
      gateway.drop(4004)
    },
    restoreToken: () => void (tokenGood = true),
    expireInteractions: () => {
      for (const interaction of interactions.values()) interaction.expired = true
    },
    async stop() {
      gateway.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (violations.length > 0) throw new Error(`the bot broke Discord's rules:\n${violations.join('\n')}`)
    },
  }
}

function roleOf(id: string, name: string, permissions: bigint) {
  const colours = { color: 0, colors: { primary_color: 0, secondary_color: null, tertiary_color: null } }
  const looks = { position: 0, hoist: false, managed: false, mentionable: false, flags: 0 }
  return { id, name, permissions: String(permissions), ...colours, ...looks }
}
