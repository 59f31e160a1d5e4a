import { ApiError, channelOf, fileLimitOf, pingsIn, type StoredMessage, type World } from './world.ts'
import {
  messageFlags,
  messageTypes,
  type AttachmentBody,
  type MessageBody,
  type UploadedFile,
  type WireAttachment,
  type WireChannel,
  type WireMessage,
  type WireUser,
} from './wire.ts'
import { without } from './without.ts'

export interface NewMessage {
  readonly channel: WireChannel
  readonly author: WireUser
  readonly body: MessageBody
  readonly files?: readonly UploadedFile[]
  readonly onlyFor?: string
  /** Fields that only some messages have: type, id, interaction_metadata, … */
  readonly extra?: Partial<WireMessage>
}

/** Puts a message into a channel and tells the gateway. Throws ApiError 40005 (too large), 50006 (empty). */
export function putMessage(world: World, { channel, author, body, files = [], onlyFor, extra }: NewMessage) {
  checkSizes(world, channel, files)
  const listed = body.attachments ?? files.map(({ index }) => ({ id: index }))
  const attachments = files.map((file) => storeFile(world, channel, file, listed))
  const content = body.content ?? ''
  const shown = [attachments, body.embeds ?? [], body.components ?? []].some((list) => list.length > 0)
  const flags = (body.flags ?? 0) | (extra?.flags ?? 0)
  if (content === '' && !shown && !(flags & messageFlags.loading) && !extra?.type)
    throw new ApiError(400, 50006, 'Cannot send an empty message')
  const reference = referenceOf(world, channel, body)
  const wire: WireMessage = {
    id: world.nextId(),
    channel_id: channel.id,
    author,
    content,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    ...mentionsOf(world, content, body, reference?.referenced_message?.author),
    attachments,
    embeds: body.embeds ?? [],
    components: body.components ?? [],
    pinned: false,
    type: reference ? messageTypes.reply : messageTypes.plain,
    ...reference,
    ...(body.nonce == null ? {} : { nonce: body.nonce }),
    ...extra,
    flags,
  }
  const stored: StoredMessage = { wire, earlier: [], deleted: false, ...(onlyFor === undefined ? {} : { onlyFor }) }
  listOf(world, channel.id).push(stored)
  if (author.id === world.bot.id) notePings(world, wire, body, reference?.referenced_message?.author)
  if (onlyFor === undefined) announce(world, 'MESSAGE_CREATE', stored)
  return stored
}

export function listOf(world: World, channelId: string): StoredMessage[] {
  const list = world.messages.get(channelId) ?? []
  world.messages.set(channelId, list)
  return list
}

/** What a new state of a message changes; attachments are kept unless the body lists those to keep. */
export function changeMessage(
  world: World,
  stored: StoredMessage,
  body: MessageBody,
  files: readonly UploadedFile[] = [],
): StoredMessage {
  const channel = channelOf(world, stored.wire.channel_id)
  checkSizes(world, channel, files)
  const { wire } = stored
  const kept = body.attachments
    ? wire.attachments.filter(({ id }) => body.attachments!.some((listed) => String(listed.id) === id))
    : wire.attachments
  const added = files.map((file) => storeFile(world, channel, file, body.attachments ?? []))
  const content = body.content === undefined ? wire.content : (body.content ?? '')
  stored.earlier.push(wire)
  stored.wire = {
    ...wire,
    content,
    embeds: body.embeds === undefined ? wire.embeds : (body.embeds ?? []),
    components: body.components === undefined ? wire.components : (body.components ?? []),
    attachments: [...kept, ...added],
    edited_timestamp: new Date().toISOString(),
    flags: wire.flags & ~messageFlags.loading,
    ...mentionsOf(world, content, body),
  }
  if (stored.onlyFor === undefined) announce(world, 'MESSAGE_UPDATE', stored)
  return stored
}

export function removeMessage(world: World, stored: StoredMessage): void {
  stored.deleted = true
  const { id, channel_id } = stored.wire
  const guild_id = world.channels.get(channel_id)?.guild_id
  if (stored.onlyFor !== undefined) return
  world.emit('MESSAGE_DELETE', { id, channel_id, ...(guild_id && { guild_id }) }, { guildId: guild_id })
}

/** Tells the gateway about the state of a message: with the member and guild that messages of the gateway have. */
export function announce(world: World, type: string, { wire }: StoredMessage): void {
  const { guild_id: guildId, type: channel_type } = world.channels.get(wire.channel_id) ?? {}
  const member = world.guilds.get(guildId ?? '')?.members.get(wire.author.id)
  const origin = guildId === undefined ? {} : { guild_id: guildId, ...(member && { member: without(member, 'user') }) }
  world.emit(type, { ...wire, ...origin, channel_type }, { guildId })
}

function checkSizes(world: World, channel: WireChannel, files: readonly UploadedFile[]): void {
  const limit = fileLimitOf(world, channel)
  if (files.some(({ bytes }) => bytes.length > limit)) throw new ApiError(413, 40005, 'Request entity too large')
}

/** Keeps a file and gives the attachment that names it; its address expires, as Discord's do. */
export function storeFile(
  world: World,
  channel: WireChannel,
  { index, name, mediaType, bytes }: UploadedFile,
  listed: readonly AttachmentBody[] = [],
): WireAttachment {
  const { description, filename = name, is_spoiler } = listed.find(({ id }) => String(id) === String(index)) ?? {}
  const id = world.nextId()
  const file = `attachments/${channel.id}/${id}/${encodeURIComponent(filename ?? name)}`
  world.files.set(id, { bytes, mediaType })
  const url = `${world.cdnUrl}/${file}?ex=${(Math.floor(Date.now() / 1000) + 86400).toString(16)}&is=1&hm=ab12&`
  return {
    id,
    filename: filename ?? name,
    size: bytes.length,
    url,
    proxy_url: url,
    content_type: mediaType,
    ...(description ? { description } : {}),
    ...(is_spoiler ? { flags: 8 } : {}),
    ...sizeOfPng(bytes),
  }
}

function sizeOfPng(bytes: Uint8Array): { width?: number; height?: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isPng = view.length > 24 && view.subarray(1, 4).toString('latin1') === 'PNG'
  return isPng ? { width: view.readUInt32BE(16), height: view.readUInt32BE(20) } : {}
}

function referenceOf(world: World, channel: WireChannel, { message_reference: reference }: MessageBody) {
  if (!reference) return undefined
  const { message_id, fail_if_not_exists = true } = reference
  const found = world.messages.get(channel.id)?.find(({ wire, deleted }) => wire.id === message_id && !deleted)
  if (!found && fail_if_not_exists)
    throw new ApiError(400, 50035, 'Invalid Form Body: message_reference: Unknown message')
  if (!found) return undefined
  const place = { channel_id: channel.id, ...(channel.guild_id && { guild_id: channel.guild_id }) }
  return {
    message_reference: { type: 0, message_id, ...place },
    referenced_message: without(found.wire, 'referenced_message'),
  }
}

/** Users and roles whom the words name; `answered` is the author of the message that is answered, who is named too. */
function mentionsOf(world: World, content: string, body: MessageBody, answered?: WireUser) {
  const members = [...world.guilds.values()].flatMap((guild) => [...guild.members.values()])
  const people = new Map([world.bot, ...members.map(({ user }) => user)].map((user) => [user.id, user]))
  const named = [...content.matchAll(/<@!?(\d+)>/g)]
    .map(([, id]) => people.get(id!))
    .filter((user) => user !== undefined)
  const pinged = answered && body.allowed_mentions?.replied_user !== false ? [answered] : []
  return {
    mentions: [...new Map([...named, ...pinged].map((user) => [user.id, user])).values()],
    mention_roles: [...content.matchAll(/<@&(\d+)>/g)].map(([, id]) => id!),
    mention_everyone: pingsIn(content, body.allowed_mentions).some((whom) => whom === '@everyone' || whom === '@here'),
  }
}

function notePings(world: World, { id, content }: WireMessage, body: MessageBody, answered?: WireUser): void {
  const allowed = body.allowed_mentions
  const pinged = [...pingsIn(content, allowed)]
  if (answered && answered.id !== world.bot.id && (!allowed || allowed.replied_user)) pinged.push(answered.id)
  world.pings.push(...pinged.map((whom) => ({ messageId: id, whom })))
}
