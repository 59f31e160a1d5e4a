import { complaintsAbout } from './blocks.ts'
import { fileReadyIn } from './files.ts'
import { asText, isObject, jsonArg, lengthOf, SlackRefusal, textArg, type Args, type Json } from './json.ts'
import { broadcast, channelOf, messageToSlack, pingsIn, tellOfChange } from './messages.ts'
import type { Method, MethodContext } from './methods.ts'
import { addMessage, findMessage, look, withBlockIds, type SlackMessage, type SlackState } from './state.ts'

/** The methods that write messages. */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage'(args, context) {
    const { state } = context
    const channel = channelOf(state, args)
    const message = addMessage(state, {
      ...contentOf(args, context),
      channel: channel.id,
      user: state.botUserId,
      threadTs: threadOf(state, channel.id, args),
    })
    message.pings = pingsIn(message)
    broadcast(context, message)
    return { channel: channel.id, ts: message.ts, message: messageToSlack(message, context, true) }
  },
  'chat.update'(args, context) {
    const { state } = context
    const message = ownMessage(args, state)
    if (message.streaming) throw new SlackRefusal('streaming_state_conflict')
    if (lengthOf(textArg(args, 'text') ?? '') > 4000) throw new SlackRefusal('msg_too_long')
    const before = messageToSlack(message, context, true)
    const content = contentOf(args, context)
    Object.assign(message, { ...content, metadata: content.metadata ?? message.metadata, markdown: false })
    if (args['file_ids'] !== undefined) message.files = filesNamed(args, state)
    else message.files = content.files.length > 0 ? content.files : message.files
    message.pings = [...message.pings, ...pingsIn(message)]
    look(message)
    tellOfChange(context, message, before)
    return {
      channel: message.channel,
      ts: message.ts,
      text: message.text,
      message: messageToSlack(message, context, true),
    }
  },
  'chat.delete'(args, context) {
    const message = ownMessage(args, context.state)
    message.deleted = true
    tellOfChange(context, message, messageToSlack(message, context, true))
    return { channel: message.channel, ts: message.ts }
  },
  'chat.postEphemeral'(args, context) {
    const { state } = context
    const channel = channelOf(state, args)
    const user = textArg(args, 'user') ?? ''
    if (!channel.members.has(user)) throw new SlackRefusal('user_not_in_channel')
    const message = addMessage(state, {
      ...contentOf(args, context),
      channel: channel.id,
      user: state.botUserId,
      onlyFor: user,
      threadTs: threadOf(state, channel.id, args),
    })
    return { message_ts: message.ts }
  },
  'chat.getPermalink'(args, { state, base }) {
    const message = findMessage(state, textArg(args, 'channel'), textArg(args, 'message_ts'))
    if (!message) throw new SlackRefusal('message_not_found')
    return {
      channel: message.channel,
      permalink: `${base}/archives/${message.channel}/p${message.ts.replace('.', '')}`,
    }
  },
}

/** Words, blocks and metadata of a message to be written. */
export function contentOf(args: Args, context: MethodContext) {
  const text = textArg(args, 'text') ?? ''
  const blocks = parsed(args, 'blocks', 'invalid_blocks_format') ?? []
  if (text === '' && (blocks as readonly unknown[]).length === 0 && textArg(args, 'markdown_text') === undefined)
    throw new SlackRefusal('no_text')
  const markdown = textArg(args, 'markdown_text')
  if (markdown !== undefined && text !== '') throw new SlackRefusal('markdown_text_conflict')
  refuseBlocks(complaintsAbout(blocks, { where: 'message', fileReady: fileReadyIn(context.state) }))
  return {
    text: [...(markdown ?? text)].slice(0, 40_000).join(''),
    markdown: markdown !== undefined,
    blocks: withBlockIds(context.state, blocks as SlackMessage['blocks']),
    metadata: metadataOf(args),
    files: [] as SlackMessage['files'],
  }
}

export function refuseBlocks(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new SlackRefusal('invalid_blocks', complaints)
}

/** Metadata has an event type and a payload, which is an object. */
export function metadataOf(args: Args): Json | undefined {
  const metadata = parsed(args, 'metadata', 'invalid_metadata_format')
  if (metadata === undefined) return undefined
  const good =
    isObject(metadata) && /^[\w.-]{1,255}$/.test(asText(metadata['event_type'])) && isObject(metadata['event_payload'])
  if (!good) throw new SlackRefusal('invalid_metadata_format')
  return metadata
}

function parsed(args: Args, name: string, code: string): unknown {
  try {
    return jsonArg(args, name)
  } catch {
    throw new SlackRefusal(code)
  }
}

/** The thread that is answered; its root has to be there. */
export function threadOf(state: SlackState, channel: string, args: Args): string | undefined {
  const threadTs = textArg(args, 'thread_ts')
  if (threadTs === undefined) return undefined
  const root = state.messages.find(({ channel: where, ts }) => where === channel && ts === threadTs)
  if (!root) throw new SlackRefusal('thread_not_found')
  if (root.onlyFor !== undefined) throw new SlackRefusal('cannot_reply_to_message')
  return root.threadTs ?? root.ts
}

/** A message of the bot that is to be changed. */
export function ownMessage(args: Args, state: SlackState): SlackMessage {
  channelOf(state, args)
  const message = findMessage(state, textArg(args, 'channel'), textArg(args, 'ts'))
  if (!message || message.onlyFor !== undefined) throw new SlackRefusal('message_not_found')
  if (message.user !== state.botUserId) throw new SlackRefusal('cant_update_message')
  return message
}

function filesNamed(args: Args, state: SlackState): SlackMessage['files'] {
  const ids = parsed(args, 'file_ids', 'invalid_arguments')
  const files = (Array.isArray(ids) ? ids : []).map((id) => state.files.get(asText(id)))
  if (files.some((file) => file === undefined)) throw new SlackRefusal('file_not_found')
  return files.filter((file) => file !== undefined)
}
