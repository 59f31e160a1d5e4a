import { z } from 'zod'
import type { Attachment, IncomingMessage } from '../../src/contract/incoming.ts'
import { threadKeyString, type ThreadKey } from '../../src/contract/thread.ts'
import type { SlackContext } from './context.ts'
import { handOver } from './hand-over.ts'
import { isAllowed, isDirect } from './options.ts'
import { keyOf } from './threads.ts'
import { linkedFileIds, mentions, wordsIn } from './words-in.ts'

export const fileSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
  mode: z.string().nullish(),
  file_access: z.string().nullish(),
  user: z.string().nullish(),
  url_private: z.string().nullish(),
  url_private_download: z.string().nullish(),
  channels: z.array(z.string()).nullish(),
  groups: z.array(z.string()).nullish(),
  ims: z.array(z.string()).nullish(),
  is_public: z.boolean().nullish(),
})
export type SlackFile = z.infer<typeof fileSchema>

const messageSchema = z.object({
  type: z.string(),
  subtype: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  channel: z.string(),
  files: z.array(fileSchema).nullish(),
})
export type SlackMessage = z.infer<typeof messageSchema>

const earlierSchema = messageSchema.omit({ channel: true, type: true })
const changeSchema = z.object({
  subtype: z.enum(['message_changed', 'message_deleted']),
  channel: z.string(),
  previous_message: earlierSchema,
  message: earlierSchema.optional(),
})

/** Kinds of messages that people write. */
const spoken: readonly (string | undefined)[] = [undefined, 'file_share', 'thread_broadcast']

/** One message may come as a message and as a mention: both have this id. */
export const messageEventId = (channelId: string, ts: string): string => `message:${channelId}:${ts}`

/** An event of type `message` or `app_mention`. */
export async function receiveMessage(context: SlackContext, event: unknown): Promise<void> {
  const change = changeSchema.safeParse(event)
  if (change.success) return receiveChange(context, change.data)
  const parsed = messageSchema.safeParse(event)
  if (!parsed.success || !isFromPerson(context, parsed.data)) return
  const message = parsed.data
  if (!isAllowed(context.options, message.channel)) return
  // what a person says first is handed on first, also when it takes longer to read
  const { channel, thread_ts: threadTs, ts } = message
  const thread = keyOf(context.identity().teamId, { channelId: channel, ts, threadTs })
  await context.inOrder(threadKeyString(thread), () => receiveWords(context, message))
}

async function receiveWords(context: SlackContext, message: SlackMessage): Promise<void> {
  const found = await threadOf(context, message)
  if (!found || !context.seen.isNew(messageEventId(message.channel, message.ts))) return
  const incoming = await incomingOf(context, message, found)
  if (incoming.text === '' && incoming.attachments.length === 0 && message.type === 'message') return
  await showThinking(context, incoming.key)
  await handOver(context, incoming)
}

const isFromPerson = ({ identity }: SlackContext, { user, bot_id, subtype }: SlackMessage): boolean =>
  user !== undefined && user !== identity().botUserId && !bot_id && spoken.includes(subtype)

interface Found {
  readonly key: ThreadKey
  readonly replyToImageId?: string
  /** Files of the message that is answered. */
  readonly files?: readonly SlackFile[]
}

/** The thread in which a message is for the bot; undefined when it is not. */
async function threadOf(context: SlackContext, message: SlackMessage): Promise<Found | undefined> {
  const { channel: channelId, ts, thread_ts: threadTs, text } = message
  const { teamId, botUserId } = context.identity()
  const key = keyOf(teamId, { channelId, ts, threadTs })
  const isMention = message.type === 'app_mention' || mentions(text ?? '', botUserId)
  if (isDirect(channelId)) return directThread(context, key)
  const isKnown = threadTs !== undefined && (await context.threads.has(key))
  if (!isMention && !isKnown) return undefined
  if (isKnown || threadTs === undefined || (message.files ?? []).length > 0) return { key }
  return { key, files: await filesOfRoot(context, channelId, threadTs) }
}

/** In a direct conversation a reply to one of the bot's pictures goes on with that picture. */
async function directThread({ poster, threads }: SlackContext, key: ThreadKey): Promise<Found> {
  if (key.threadId === '' || (await threads.has(key))) return { key }
  const shown = await poster.shownBy(key.channelId, key.threadId)
  if (!shown) return { key }
  const replyToImageId = shown.imageIds.at(-1)
  return { key: { ...key, threadId: '' }, ...(replyToImageId === undefined ? {} : { replyToImageId }) }
}

/** The pictures under which the bot was called for the first time. */
async function filesOfRoot({ client, log }: SlackContext, channel: string, ts: string): Promise<readonly SlackFile[]> {
  try {
    const { messages = [] } = await client.conversations.replies({ channel, ts, limit: 1 })
    const files = z.array(fileSchema).safeParse(messages[0]?.files ?? [])
    return files.success ? files.data.filter(({ mimetype }) => mimetype?.startsWith('image/')) : []
  } catch (error) {
    log.debug({ err: error }, 'the beginning of a thread could not be read')
    return []
  }
}

async function incomingOf(context: SlackContext, message: SlackMessage, found: Found): Promise<IncomingMessage> {
  const { people, identity } = context
  const { person, locale } = await people.get(message.user!)
  const text = message.text ?? ''
  const files = [...(message.files ?? []), ...(found.files ?? []), ...(await linkedFiles(context, message))]
  return {
    type: 'message',
    key: found.key,
    eventId: messageEventId(message.channel, message.ts),
    author: person,
    text: await wordsIn(text, identity().botUserId, people.nameOf),
    attachments: await attachmentsOf(context, files),
    ...(found.replyToImageId === undefined ? {} : { replyToImageId: found.replyToImageId }),
    ...(locale === undefined ? {} : { locale }),
    receivedAt: Date.now(),
  }
}

/** Files that a message links to, as far as the person may see them: their own, those of this channel, public ones. */
async function linkedFiles(
  { client }: SlackContext,
  { text, user, channel }: SlackMessage,
): Promise<readonly SlackFile[]> {
  const found: SlackFile[] = []
  for (const id of linkedFileIds(text ?? '')) {
    const info = await client.files.info({ file: id }).catch(() => undefined)
    const parsed = fileSchema.safeParse(info?.file)
    if (!parsed.success) continue
    const { user: owner, channels, groups, ims, is_public } = parsed.data
    const places = [...(channels ?? []), ...(groups ?? []), ...(ims ?? [])]
    if (owner === user || is_public === true || places.includes(channel)) found.push(parsed.data)
  }
  return found
}

/** Files as the bot fetches them. Some are told by their id alone (in channels shared with another workspace). */
export async function attachmentsOf(
  { client }: Pick<SlackContext, 'client'>,
  files: readonly SlackFile[],
): Promise<readonly Attachment[]> {
  const found: Attachment[] = []
  for (const file of files) {
    if (file.mode === 'tombstone' || file.mode === 'hidden_by_limit') continue
    const needsInfo = file.file_access === 'check_file_info'
    const info = needsInfo ? await client.files.info({ file: file.id }).catch(() => undefined) : undefined
    const told = info ? fileSchema.catch(file).parse(info.file) : file
    const url = told.url_private_download ?? told.url_private
    if (!url) continue
    found.push({
      name: told.name ?? 'file',
      ...(told.mimetype ? { mediaType: told.mimetype } : {}),
      source: { url, ...(told.size == null ? {} : { sizeBytes: told.size }) },
    })
  }
  return found
}

/** Says in the assistant's pane that the bot thinks; it goes away with the first message. */
async function showThinking({ client, threads }: SlackContext, key: ThreadKey): Promise<void> {
  if (!isDirect(key.channelId) || key.threadId === '' || !(await threads.has(key))) return
  const where = { channel_id: key.channelId, thread_ts: key.threadId }
  void client.assistant.threads.setStatus({ ...where, status: 'is thinking…' }).catch(() => undefined)
}

/** An edited or deleted message: what still waits for it is cancelled. A preview of a link is no edit. */
async function receiveChange(context: SlackContext, change: z.infer<typeof changeSchema>): Promise<void> {
  const { previous_message: before, message, channel } = change
  if (!before.user || before.bot_id || message?.text === before.text) return
  const key = keyOf(context.identity().teamId, { channelId: channel, ts: before.ts, threadTs: before.thread_ts })
  await context.bot.revoke(key, messageEventId(channel, before.ts))
}
