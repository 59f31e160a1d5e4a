import { changeMessage, listOf, putMessage, removeMessage } from '../messages.ts'
import { nothing, ok, type Handler } from '../request.ts'
import type { RoutePattern } from '../route-patterns.ts'
import { type MessageBody, type WireChannel, type WireMessage } from '../wire.ts'
import { ApiError, channelOf, isThread, messageOf, type World } from '../world.ts'
import { readableBy } from '../visibility.ts'

/** Channels and their messages. */
export function channelRoutes(world: World, { messageContent }: { readonly messageContent: boolean }) {
  const shown = (wire: WireMessage) =>
    messageContent || !world.channels.get(wire.channel_id)?.guild_id ? wire : readableBy(world.bot.id, wire)

  return {
    'GET /channels/{channel_id}': ({ params }) => ok(channelOf(world, params['channel_id']!)),
    'PATCH /channels/{channel_id}': ({ params, body }) => {
      const channel = channelOf(world, params['channel_id']!)
      const { name, archived, locked } = body as { name?: string; archived?: boolean; locked?: boolean }
      const metadata = channel.thread_metadata && {
        ...channel.thread_metadata,
        ...(archived !== undefined && { archived }),
        ...(locked !== undefined && { locked }),
      }
      const changed: WireChannel = { ...channel, ...(name && { name }), ...(metadata && { thread_metadata: metadata }) }
      world.channels.set(channel.id, changed)
      world.emit(isThread(channel) ? 'THREAD_UPDATE' : 'CHANNEL_UPDATE', changed, { guildId: channel.guild_id })
      return ok(changed)
    },
    'DELETE /channels/{channel_id}': ({ params }) => {
      const channel = channelOf(world, params['channel_id']!)
      removeChannel(world, channel)
      return ok(channel)
    },
    'POST /channels/{channel_id}/typing': ({ params }) => {
      channelOf(world, params['channel_id']!)
      return nothing
    },
    'GET /channels/{channel_id}/messages': ({ params, query }) => {
      const { id } = channelOf(world, params['channel_id']!)
      const visible = listOf(world, id).filter(({ deleted, onlyFor }) => !deleted && onlyFor === undefined)
      const [before, after, around] = ['before', 'after', 'around'].map((name) => BigInt(query.get(name) ?? 0))
      const limit = Number(query.get('limit') ?? 50)
      const newestFirst = visible.map(({ wire }) => shown(wire)).reverse()
      const found = newestFirst.filter(
        (wire) => (!before || BigInt(wire.id) < before) && (!after || BigInt(wire.id) > after),
      )
      const start = around ? Math.max(0, found.findIndex((wire) => BigInt(wire.id) <= around) - limit / 2) : 0
      return ok(after ? found.slice(-limit) : found.slice(start, start + limit))
    },
    'POST /channels/{channel_id}/messages': ({ params, body, files }) => {
      const channel = openChannel(world, params['channel_id']!)
      const message = body as MessageBody
      const { nonce, enforce_nonce } = message
      const same = listOf(world, channel.id).find(({ wire }) => nonce != null && wire.nonce === nonce)
      if (enforce_nonce && same && Date.now() - Date.parse(same.wire.timestamp) < nonceMs) return ok(same.wire)
      return ok(putMessage(world, { channel, author: world.bot, body: message, files }).wire)
    },
    'GET /channels/{channel_id}/messages/{message_id}': ({ params }) => {
      const { wire, onlyFor } = messageOf(world, params['channel_id']!, params['message_id']!)
      if (onlyFor !== undefined) throw new ApiError(404, 10008, 'Unknown Message')
      return ok(shown(wire))
    },
    'PATCH /channels/{channel_id}/messages/{message_id}': ({ params, body, files }) => {
      openChannel(world, params['channel_id']!, { editing: true })
      const stored = messageOf(world, params['channel_id']!, params['message_id']!)
      if (stored.onlyFor !== undefined) throw new ApiError(404, 10008, 'Unknown Message')
      if (stored.wire.author.id !== world.bot.id)
        throw new ApiError(403, 50005, 'Cannot edit a message authored by another user')
      return ok(changeMessage(world, stored, body as MessageBody, files).wire)
    },
    'DELETE /channels/{channel_id}/messages/{message_id}': ({ params }) => {
      const stored = messageOf(world, params['channel_id']!, params['message_id']!)
      if (stored.wire.author.id !== world.bot.id) throw new ApiError(403, 50013, 'Missing Permissions')
      removeMessage(world, stored)
      return nothing
    },
  } satisfies Partial<Record<RoutePattern, Handler>>
}

/** How long Discord remembers a nonce. */
const nonceMs = 5 * 60_000

/** A channel that takes messages; an archived thread opens by a new one. Throws ApiError 50083, 50008. */
export function openChannel(world: World, id: string, { editing = false } = {}): WireChannel {
  const channel = channelOf(world, id)
  if (channel.type === 15) throw new ApiError(400, 50008, 'Cannot send messages in a non-text channel')
  const { archived = false, locked = false } = channel.thread_metadata ?? {}
  if (archived && (locked || editing)) throw new ApiError(400, 50083, 'Thread is archived')
  if (!archived) return channel
  const opened = { ...channel, thread_metadata: { ...channel.thread_metadata!, archived: false } }
  world.channels.set(id, opened)
  world.emit('THREAD_UPDATE', opened, { guildId: channel.guild_id })
  return opened
}

export function removeChannel(world: World, channel: WireChannel): void {
  world.channels.delete(channel.id)
  const { id, guild_id, parent_id, type } = channel
  world.emit(
    isThread(channel) ? 'THREAD_DELETE' : 'CHANNEL_DELETE',
    { id, guild_id, parent_id, type },
    {
      guildId: guild_id,
    },
  )
}
