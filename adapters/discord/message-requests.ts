import {
  MessageFlags,
  Routes,
  type APIMessage,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord.js'
import type { Destination } from './destinations.ts'
import type { DiscordBody, DiscordFile } from './layout.ts'
import { isArchived } from './rest-errors.ts'
import { SurfaceError } from '../chat/surface.ts'

/** Nobody is pinged by what the bot says, whatever stands in it. */
const noMentions = { parse: [], replied_user: false } satisfies RESTPostAPIChannelMessageJSONBody['allowed_mentions']

/** Messages whose attachments are remembered by name. */
const remembered = 500

/** Discord's requests about the bot's own messages. They throw what discord.js throws. */
export function createMessageRequests(rest: REST) {
  const attachments = new Map<string, ReadonlyMap<string, string>>()

  function remember({ id, attachments: shown }: APIMessage): void {
    attachments.delete(id)
    attachments.set(id, new Map(shown.map((one) => [one.filename, one.id])))
    const oldest = attachments.keys().next()
    if (attachments.size > remembered && !oldest.done) attachments.delete(oldest.value)
  }

  async function send(send: () => Promise<unknown>): Promise<APIMessage> {
    const message = (await send()) as APIMessage
    remember(message)
    return message
  }

  return {
    post: ({ channelId, replyTo }: Destination, { content, rows, files }: DiscordBody, nonce: string) => {
      const body: RESTPostAPIChannelMessageJSONBody = {
        content,
        components: [...rows],
        attachments: files.map(described),
        allowed_mentions: noMentions,
        flags: MessageFlags.SuppressEmbeds,
        nonce,
        enforce_nonce: true,
        ...(replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
      }
      return send(() => rest.post(Routes.channelMessages(channelId), { body, files: files.map(raw) }))
    },

    /** Changes a message; attachments that stay are not sent again. */
    async change(
      channelId: string,
      id: string,
      { content, rows, files }: DiscordBody,
      before: DiscordBody | undefined,
    ) {
      const known = attachments.get(id)
      const kept = files.flatMap((file) => {
        const attachment = before?.files.some((one) => one.id === file.id) ? known?.get(file.name) : undefined
        return attachment === undefined ? [] : [{ file, attachment }]
      })
      const fresh = files.filter((file) => !kept.some((one) => one.file === file))
      const stays = before !== undefined && fresh.length === 0 && kept.length === before.files.length
      const body: RESTPatchAPIChannelMessageJSONBody = {
        content,
        components: [...rows],
        allowed_mentions: noMentions,
        ...(stays
          ? {}
          : { attachments: [...kept.map(({ attachment }) => ({ id: attachment })), ...fresh.map(described)] }),
      }
      const edit = () => rest.patch(Routes.channelMessage(channelId, id), { body, files: fresh.map(raw) })
      return send(() => inOpenThread(rest, channelId, edit))
    },

    remove: (channelId: string, id: string) => rest.delete(Routes.channelMessage(channelId, id)),

    /** Messages after the one with the id, newest first. */
    after: async (channelId: string, id: string): Promise<readonly APIMessage[]> => {
      const query = new URLSearchParams({ after: id, limit: '100' })
      return (await rest.get(Routes.channelMessages(channelId), { query })) as readonly APIMessage[]
    },
  }
}

const described = ({ name, description }: DiscordFile, index: number) => ({
  id: String(index),
  filename: name,
  ...(description === '' ? {} : { description }),
})

const raw = ({ name, mediaType, bytes }: DiscordFile) => ({
  name,
  data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  contentType: mediaType,
})

/** Opens a thread that has gone to the archive meanwhile. Throws SurfaceError `gone` for one that is closed for good. */
async function inOpenThread(rest: REST, threadId: string, request: () => Promise<unknown>): Promise<unknown> {
  try {
    return await request()
  } catch (error) {
    if (!isArchived(error)) throw error
    try {
      await rest.patch(Routes.channel(threadId), { body: { archived: false } })
    } catch (cause) {
      throw new SurfaceError('gone', 'the thread is archived and cannot be opened', { cause })
    }
    return request()
  }
}
