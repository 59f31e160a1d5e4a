import { complaintsAbout } from './blocks.ts'
import { fileReadyIn } from './files.ts'
import { asList, asText, jsonArg, lengthOf, SlackRefusal, textArg, type Args } from './json.ts'
import { broadcast, channelOf, messageToSlack, pingsIn } from './messages.ts'
import { metadataOf, ownMessage, refuseBlocks, threadOf } from './methods-chat.ts'
import type { Method } from './methods.ts'
import { addMessage, look, withBlockIds, type SlackMessage } from './state.ts'

/** Words that grow in a message of their own: always a reply, and in a channel for somebody. */
export const streamMethods: Readonly<Record<string, Method>> = {
  'chat.startStream'(args, context) {
    const { state } = context
    const channel = channelOf(state, args)
    const threadTs = threadOf(state, channel.id, args)
    if (threadTs === undefined)
      throw new SlackRefusal('invalid_arguments', ['[ERROR] missing required field: thread_ts'])
    if (channel.kind !== 'im') {
      if (!state.teams.has(textArg(args, 'recipient_team_id') ?? ''))
        throw new SlackRefusal('missing_recipient_team_id')
      if (!state.users.has(textArg(args, 'recipient_user_id') ?? ''))
        throw new SlackRefusal('missing_recipient_user_id')
    }
    const text = wordsOf(args)
    const where = { channel: channel.id, user: state.botUserId, threadTs }
    const message = addMessage(state, { ...where, text, markdown: true, streaming: true })
    message.pings = pingsIn(message)
    broadcast(context, message)
    return { channel: channel.id, ts: message.ts }
  },
  'chat.appendStream'(args, { state }) {
    const message = streamOf(ownMessage(args, state))
    const text = wordsOf(args)
    if (text === '') throw new SlackRefusal('no_text')
    grow(message, text)
    return { channel: message.channel, ts: message.ts }
  },
  'chat.stopStream'(args, context) {
    const { state } = context
    const message = streamOf(ownMessage(args, state))
    const blocks = jsonArg(args, 'blocks') ?? []
    refuseBlocks(complaintsAbout(blocks, { where: 'message', fileReady: fileReadyIn(state) }))
    message.metadata = metadataOf(args) ?? message.metadata
    message.streaming = false
    // What was streamed stays; the blocks are rendered below it.
    message.blocks = withBlockIds(state, blocks as SlackMessage['blocks'])
    grow(message, wordsOf(args))
    return { channel: message.channel, ts: message.ts, message: messageToSlack(message, context, true) }
  },
}

function streamOf(message: SlackMessage): SlackMessage {
  if (!message.streaming) throw new SlackRefusal('message_not_in_streaming_state')
  return message
}

function grow(message: SlackMessage, text: string): void {
  message.text += text
  message.pings = pingsIn({ ...message, blocks: [{ type: 'markdown', text: message.text }, ...message.blocks] })
  look(message)
}

/** The words of one call, given as text or as chunks: at most 12,000 characters. */
function wordsOf(args: Args): string {
  const chunks = asList(jsonArg(args, 'chunks')).filter(({ type }) => type === 'markdown_text')
  const text = (textArg(args, 'markdown_text') ?? '') + chunks.map((chunk) => asText(chunk['text'])).join('')
  if (lengthOf(text) > 12_000) throw new SlackRefusal('msg_too_long')
  return text
}
