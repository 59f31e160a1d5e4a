import { randomUUID } from 'node:crypto'
import { ApiError, fileLimitOf, permissionsOf, type StoredMessage, type World } from './world.ts'
import type { WireChannel, WireComponent, WireUser } from './wire.ts'

export const interactionTypes = { command: 2, component: 3, modal: 5 } as const

/** What a person set off, and what the bot made of it. */
export interface Interaction {
  readonly id: string
  readonly token: string
  readonly type: number
  readonly channelId: string
  readonly user: WireUser
  /** The message whose button was pressed. */
  readonly source?: StoredMessage
  readonly at: number
  /** What a message that answers it says about it. */
  readonly commandType?: number
  acknowledgedAt?: number
  /** 4 message, 5 thinking, 6 silent, 7 message changed, 9 form. */
  callbackType?: number
  /** The answer: @original. */
  reply?: StoredMessage
  /** Messages that followed. */
  readonly followUps: StoredMessage[]
  modal?: { readonly custom_id: string; readonly title: string; readonly components: readonly WireComponent[] }
  /** Its fifteen minutes are over. */
  expired: boolean
}

export interface NewInteraction {
  readonly type: number
  readonly channel: WireChannel
  readonly user: WireUser
  readonly data: object
  readonly source?: StoredMessage
  readonly commandType?: number
  readonly locale?: string
}

/** Interactions that were set off, by token. */
export type Interactions = Map<string, Interaction>

export function setOff(world: World, interactions: Interactions, made: NewInteraction): Interaction {
  const { type, channel, user, data, source, commandType, locale = 'en-US' } = made
  const interaction: Interaction = {
    id: world.nextId(),
    token: `token-${randomUUID()}`,
    type,
    channelId: channel.id,
    user,
    ...(source && { source }),
    ...(commandType !== undefined && { commandType }),
    at: Date.now(),
    followUps: [],
    expired: false,
  }
  interactions.set(interaction.token, interaction)
  const guild = world.guilds.get(channel.guild_id ?? '')
  const member = guild?.members.get(user.id)
  const from =
    guild && member
      ? {
          guild_id: guild.id,
          guild_locale: 'en-US',
          guild: { id: guild.id, locale: 'en-US', features: [] },
          member: { ...member, permissions: permissionsOf(guild, member, guild.id) },
        }
      : { user }
  const payload = {
    id: interaction.id,
    token: interaction.token,
    application_id: world.applicationId,
    version: 1,
    type,
    data,
    channel_id: channel.id,
    channel: { ...channel, permissions: '9007199254740991' },
    locale,
    app_permissions: '9007199254740991',
    entitlements: [],
    authorizing_integration_owners: guild ? { 0: guild.id } : { 1: user.id },
    context: guild ? 0 : 1,
    attachment_size_limit: fileLimitOf(world, channel),
    ...(source && { message: source.wire }),
    ...from,
  }
  world.emit('INTERACTION_CREATE', payload, { guildId: channel.guild_id })
  return interaction
}

const ackLimitMs = 3000

/** The interaction of a callback, which answers it. Throws ApiError 10062 (unknown or too late), 40060 (twice). */
export function acknowledge(interactions: Interactions, id: string, token: string, type: number): Interaction {
  const interaction = interactions.get(token)
  if (!interaction || interaction.id !== id || Date.now() - interaction.at > ackLimitMs)
    throw new ApiError(404, 10062, 'Unknown interaction')
  if (interaction.acknowledgedAt !== undefined)
    throw new ApiError(400, 40060, 'Interaction has already been acknowledged.')
  interaction.acknowledgedAt = Date.now()
  interaction.callbackType = type
  return interaction
}

/** The interaction of a token that is still good. Throws ApiError 50027, 10015. */
export function byToken(interactions: Interactions, token: string): Interaction {
  const interaction = interactions.get(token)
  if (!interaction) throw new ApiError(404, 10015, 'Unknown Webhook')
  if (interaction.expired) throw new ApiError(401, 50027, 'Invalid Webhook Token')
  return interaction
}
