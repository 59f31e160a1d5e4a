import { MessageType, type APIMessage, type REST } from 'discord.js'
import type { Bot, Notes } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { readShown } from '../chat/delivery.ts'
import type { PostedMessage, Surface } from '../chat/surface.ts'
import type { Destinations } from './destinations.ts'
import { createLayout, type DiscordBody } from './layout.ts'
import { createLiveBudget } from './live-budget.ts'
import { createMessageRequests } from './message-requests.ts'
import { discordLimits } from './options.ts'
import { isMissingPermission, isTooLarge, isUnknownChannel, onSurface, statusOf } from './rest-errors.ts'
import type { UploadLimits } from './upload-limits.ts'

export interface SurfaceTools {
  readonly rest: REST
  readonly bot: Bot
  readonly notes: Notes
  readonly destinations: Destinations
  readonly limits: UploadLimits
  readonly previewMs: number
  /** The bot's own id, once it is known. */
  readonly botId: () => string | undefined
}

/** Discord as a surface for replies: everything goes out as the bot's own messages, which no token's end can stop. */
export function createSurface(tools: SurfaceTools): Surface<DiscordBody> {
  const { rest, bot, destinations, limits } = tools
  const requests = createMessageRequests(rest)
  const live = createLiveBudget()
  const layout = createLayout({ bot, limitOf: ({ key }) => limits.of(key), previewMs: tools.previewMs })
  /** What a body was made from, to make it smaller when Discord does not take it. */
  const origins = new WeakMap<DiscordBody, { readonly message: OutgoingMessage; readonly index: number }>()

  async function laidOut(message: OutgoingMessage) {
    const pieces = await layout(message)
    for (const [index, { body }] of pieces.entries()) origins.set(body, { message, index })
    return pieces
  }

  /** Sends a body; smaller when it is too large for the place, and without files when there may be none. */
  async function accommodating(body: DiscordBody, send: (body: DiscordBody) => Promise<APIMessage>) {
    const origin = origins.get(body)
    try {
      return await send(body)
    } catch (error) {
      if (!origin || body.files.length === 0) throw error
      const { message, index } = origin
      const largest = Math.max(...body.files.map(({ bytes }) => bytes.length))
      if (isTooLarge(error) && limits.refused(message.key, largest)) {
        const smaller = (await laidOut(message))[index]
        if (smaller) return send(smaller.body)
      }
      if (isMissingPermission(error)) return send(withoutFiles(body, message))
      throw error
    }
  }

  async function post(message: OutgoingMessage, body: DiscordBody, nonce: string): Promise<PostedMessage> {
    const destination = await destinations.of(message)
    const send = async (to: typeof destination) => {
      const { id } = await accommodating(body, (fitting) => requests.post(to, fitting, nonce))
      live.posted(message.replyId)
      await destinations.placed(message.key, to, id)
      return { id, channelId: to.channelId }
    }
    try {
      return await send(destination)
    } catch (error) {
      const isMissing = isUnknownChannel(error) && destination.channelId === message.key.threadId
      if (!isMissing) throw error
      return send(await destinations.open(message)) // not made yet before the last end of the process
    }
  }

  return {
    async layout(message) {
      live.check(message)
      return laidOut(message)
    },
    create: (message, _index, body, nonce) => onSurface(() => post(message, body, nonce)),
    edit: (posted, body, before) =>
      onSurface(async () => {
        await accommodating(body, (fitting) => requests.change(posted.channelId, posted.id, fitting, before))
      }),
    remove: ({ channelId, id }) =>
      onSurface(async () => {
        await requests.remove(channelId, id).catch((error: unknown) => {
          if (statusOf(error) !== 404) throw error
        })
      }),
    find: (message, index) => onSurface(() => findPosted(tools, requests, laidOut, message, index)),
  }
}

function withoutFiles(body: DiscordBody, { language }: OutgoingMessage): DiscordBody {
  const content = `${body.content}\n-# ${sentencesIn(language).discord.noFilesHere}`.trim()
  return { ...body, files: [], content: content.length > discordLimits.text ? body.content : content }
}

/** Pages of a channel that are looked through. */
const pages = 5

/**
 * Looks for part `index` of a reply among the bot's messages since the event that it answers: one that is noted as part
 * of it, or one that nothing is noted of with controls of this job or the very content.
 */
async function findPosted(
  { notes, destinations, botId }: SurfaceTools,
  requests: ReturnType<typeof createMessageRequests>,
  layout: Surface<DiscordBody>['layout'],
  message: OutgoingMessage,
  index: number,
): Promise<PostedMessage | undefined> {
  const since = /^\d+/.exec(message.inReplyTo)?.[0]
  const { key, replyId, jobId } = message
  const outside = await destinations.of(message)
  const channelId = outside.channelId
  if (since === undefined) return undefined
  const own: { readonly id: string; readonly found: APIMessage; readonly reply: string | undefined }[] = []
  for await (const found of messagesSince(requests, channelId, since)) {
    const isAnswer = found.type === MessageType.Default || found.type === MessageType.Reply
    if (found.author.id !== botId() || !isAnswer || found.interaction_metadata) continue
    own.push({ id: found.id, found, reply: (await readShown(notes, channelId, found.id))?.replyId })
  }
  const noted = own.filter(({ reply }) => reply === replyId)[index]
  const content = (await layout(message))[index]?.body.content
  const isLost = ({ found, reply }: (typeof own)[number]) =>
    reply === undefined && (JSON.stringify(found.components ?? []).includes(jobId) || found.content === content)
  const posted = noted ?? own.find(isLost)
  if (!posted) return undefined
  await destinations.placed(key, outside, posted.id)
  return { id: posted.id, channelId }
}

/** The messages of a channel after one, oldest first. A place that is not there, or not open, has none. */
async function* messagesSince(requests: ReturnType<typeof createMessageRequests>, channelId: string, since: string) {
  let last = since
  for (let page = 0; page < pages; page++) {
    const newestFirst = await requests.after(channelId, last).catch((error: unknown) => {
      if (statusOf(error) === 404 || statusOf(error) === 403) return []
      throw error
    })
    yield* newestFirst.toReversed()
    if (newestFirst.length < 100) return
    last = newestFirst[0]!.id
  }
}
