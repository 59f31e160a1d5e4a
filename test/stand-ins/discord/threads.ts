import { announce, putMessage } from './messages.ts'
import { channelTypes, messageFlags, messageTypes, type MessageBody, type UploadedFile } from './wire.ts'
import type { WireChannel, WireUser } from './wire.ts'
import { without } from './without.ts'
import { ApiError, type StoredMessage, type World } from './world.ts'

export interface NewThread {
  readonly parent: WireChannel
  readonly name: string
  readonly owner: WireUser
  /** Of the message that it starts from; absent: a new one. */
  readonly id?: string
  readonly isPrivate?: boolean
}

/** Opens a thread and tells the gateway. */
export function openThread(world: World, { parent, name, owner, id, isPrivate = false }: NewThread): WireChannel {
  const now = new Date().toISOString()
  const thread: WireChannel = {
    id: id ?? world.nextId(),
    type: isPrivate ? channelTypes.privateThread : channelTypes.thread,
    name,
    ...(parent.guild_id && { guild_id: parent.guild_id }),
    parent_id: parent.id,
    owner_id: owner.id,
    message_count: 0,
    member_count: 1,
    rate_limit_per_user: 0,
    flags: 0,
    thread_metadata: {
      archived: false,
      locked: false,
      auto_archive_duration: 1440,
      archive_timestamp: now,
      create_timestamp: now,
    },
  }
  world.channels.set(thread.id, thread)
  world.emit('THREAD_CREATE', { ...thread, newly_created: true }, { guildId: parent.guild_id })
  return thread
}

/** A thread from a message: it has the message's id, and begins with a system message that points back to it. */
export function threadFrom(world: World, stored: StoredMessage, parent: WireChannel, name: string, owner: WireUser) {
  const { wire } = stored
  if (parent.guild_id === undefined || parent.type !== channelTypes.text)
    throw new ApiError(400, 50024, 'Cannot execute action on this channel type')
  if (world.channels.has(wire.id)) throw new ApiError(400, 160004, 'A thread has already been created for this message')
  const thread = openThread(world, { parent, name, owner, id: wire.id })
  stored.wire = { ...wire, flags: wire.flags | messageFlags.hasThread, thread }
  announce(world, 'MESSAGE_UPDATE', stored)
  const reference = { type: 0, message_id: wire.id, channel_id: parent.id, guild_id: parent.guild_id }
  const extra = {
    type: messageTypes.threadStarter,
    message_reference: reference,
    referenced_message: without(stored.wire, 'thread'),
  }
  putMessage(world, { channel: thread, author: wire.author, body: {}, extra })
  return thread
}

/** A post of a forum: a thread whose first message has its id. */
export function postInForum(
  world: World,
  forum: WireChannel,
  name: string,
  author: WireUser,
  body: MessageBody,
  files: readonly UploadedFile[],
): { thread: WireChannel; first: StoredMessage } {
  const thread = openThread(world, { parent: forum, name, owner: author })
  const first = putMessage(world, { channel: thread, author, body, files, extra: { id: thread.id } })
  return { thread, first }
}
