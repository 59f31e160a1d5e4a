import { fileToSlack } from './files.ts'
import { asList, asText, isObject, SlackRefusal, textArg, type Args, type JsonObject } from './json.ts'
import type { MethodContext } from './methods.ts'
import type { SlackChannel, SlackMessage, SlackState } from './state.ts'

/** The channel that a call names; the bot has to be in it. */
export function channelOf(state: SlackState, args: Args): SlackChannel {
  const channel = state.channels.get(textArg(args, 'channel') ?? textArg(args, 'channel_id') ?? '')
  if (!channel) throw new SlackRefusal('channel_not_found')
  if (!channel.members.has(state.botUserId)) throw new SlackRefusal('not_in_channel')
  return channel
}

/** A message as the API and the events tell it. */
export function messageToSlack(message: SlackMessage, context: MethodContext, withMetadata: boolean): JsonObject {
  const { state } = context
  const replies = state.messages.filter(
    ({ channel, threadTs, ts, deleted, onlyFor }) =>
      channel === message.channel && threadTs === message.ts && ts !== message.ts && !deleted && onlyFor === undefined,
  )
  const edited = message.looks.length > 1 && !message.markdown
  const threadTs = message.threadTs ?? (replies.length > 0 ? message.ts : undefined)
  const own = message.user === state.botUserId
  return {
    type: 'message',
    user: message.user,
    team: state.channels.get(message.channel)!.teamId,
    ts: message.ts,
    text: message.text,
    ...(own ? { bot_id: state.botId, app_id: state.appId } : { client_msg_id: `cmid-${message.ts}` }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(replies.length > 0 ? { reply_count: replies.length, latest_reply: replies.at(-1)!.ts } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.files.length > 0 ? { files: message.files.map((file) => fileToSlack(file, context)) } : {}),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(edited ? { edited: { user: message.user, ts: message.ts } } : {}),
  }
}

const channelTypes = { channel: 'channel', private: 'group', im: 'im' } as const
export const channelType = (channel: SlackChannel) => channelTypes[channel.kind]

/** Tells the bot of a new message, its own included: Slack does that too. */
export function broadcast(context: MethodContext, message: SlackMessage): void {
  const channel = context.state.channels.get(message.channel)!
  if (!channel.members.has(context.state.botUserId)) return
  context.tell(channel.teamId, {
    ...messageToSlack(message, context, false),
    ...(message.files.length > 0 ? { subtype: 'file_share' } : {}),
    channel: channel.id,
    channel_type: channelType(channel),
    event_ts: message.ts,
  })
}

/** Tells the bot that a message was edited or deleted. `before` is how the API told it until now. */
export function tellOfChange(context: MethodContext, message: SlackMessage, before: JsonObject): void {
  const { state } = context
  const channel = state.channels.get(message.channel)!
  const ts = state.ts()
  const change = message.deleted
    ? { subtype: 'message_deleted', deleted_ts: message.ts, hidden: true }
    : { subtype: 'message_changed', hidden: true, message: messageToSlack(message, context, false) }
  const where = { channel: channel.id, channel_type: channelType(channel), ts, event_ts: ts }
  context.tell(channel.teamId, { type: 'message', ...change, previous_message: before, ...where })
}

/** Everybody whom the words of a message ping: mentions in mrkdwn and Markdown, in its text as in its blocks. */
export function pingsIn(message: SlackMessage): readonly string[] {
  const written = [message.blocks.length === 0 ? message.text : '', ...message.blocks.flatMap(markedUp)].join('\n')
  return [...written.matchAll(/<(![a-z]+(?:\^[A-Z0-9]+)?|@[UW][A-Z0-9]+)(?:\|[^>]*)?>/g)].map(([, name]) => name!)
}

/** Texts of a block that are read as mrkdwn or Markdown; and elements of rich text that ping. */
function markedUp(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(markedUp)
  if (!isObject(value)) return []
  if (value['type'] === 'mrkdwn' || value['type'] === 'markdown') return [asText(value['text'])]
  if (value['type'] === 'broadcast') return [`<!${asText(value['range'])}>`]
  if (value['type'] === 'user' && value['user_id'] !== undefined) return [`<@${asText(value['user_id'])}>`]
  return Object.values(value).flatMap(markedUp)
}

/** Elements of a message's blocks that people act on: buttons, menus. */
export const interactiveElements = (blocks: SlackMessage['blocks']) =>
  blocks.flatMap((block) => {
    const blockId = asText(block['block_id'])
    const elements = [...asList(block['elements']), ...(isObject(block['accessory']) ? [block['accessory']] : [])]
    return elements.filter((element) => 'action_id' in element).map((element) => ({ blockId, element }))
  })
