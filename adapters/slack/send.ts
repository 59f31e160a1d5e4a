import type { Bot } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { screensOf, type Screen } from '../chat/screen.ts'
import type { PostedMessage, Surface } from '../chat/surface.ts'
import { upload } from './files.ts'
import { messagesOf, streamOf, type SlackBody } from './format.ts'
import type { SlackOptions, SlackTiming } from './options.ts'
import type { Pace, Urgency } from './pace.ts'
import { createPictures } from './pictures.ts'
import { asked } from './refusals.ts'
import { createStreams, type SlackPost, type StreamReader } from './streams.ts'
import type { WebClient } from './web-client.ts'

export interface SendTools {
  readonly client: WebClient
  readonly bot: Pick<Bot, 'readImage' | 'readBlob'>
  readonly options: Pick<SlackOptions, 'apiUrl'>
  readonly timing: SlackTiming
  readonly pace: Pace
  readonly botUserId: () => string
}

/** What controls of a reply belong to, in the ids of their blocks. */
export const placeOfJob = (jobId: string): string => `job:${jobId}`

const eventType = 'llmga_reply'
/** Pages of a thread that are looked through for one's own message. */
const mostPages = 5

/** Slack's messages as the poster uses them. */
export function createSlackSurface({ client, bot, options, timing, pace, botUserId }: SendTools): Surface<SlackBody> {
  const streams = createStreams(client, botUserId)
  const pictures = createPictures({
    bot,
    upload: (file) => upload(client, file, { ...options, timing }),
    remove: (fileId) => client.files.delete({ file: fileId }),
    previewMs: timing.previewMs,
  })
  /** How urgent an edit to this body is; for whom it is streamed. */
  const urgencies = new WeakMap<SlackBody, Urgency>()
  const readers = new WeakMap<SlackBody, StreamReader>()

  async function layout(message: OutgoingMessage) {
    const screens = screensOf(message, { sentences: sentencesIn(message.language), buttons: 5, menus: 5 })
    return (await Promise.all(screens.map((screen) => laidOut(message, screen)))).flat()
  }

  async function laidOut(message: OutgoingMessage, screen: Screen) {
    const sentences = sentencesIn(message.language)
    const shown = await asked(() => pictures.uploaded(message, screen.pictures))
    const fileIds = await asked(() => pictures.files(message, screen.files))
    const laid = { screen, pictures: shown, fileIds, sentences, place: placeOfJob(message.jobId) }
    const pieces = (isBeingWritten(message) && streams.work() ? streamOf(laid) : undefined) ?? messagesOf(laid)
    for (const { body } of pieces) {
      urgencies.set(body, message.final ? 'end' : message.state === 'queued' ? 'position' : 'progress')
      readers.set(body, { teamId: message.key.workspaceId, userId: message.author.id })
    }
    return pieces
  }

  async function create(message: OutgoingMessage, index: number, body: SlackBody, nonce: string): Promise<SlackPost> {
    const { channelId, threadId } = message.key
    const metadata = metadataOf(message, index, nonce)
    const { ts } = await pace.inTurn(
      channelId,
      message.final ? 'end' : message.state === 'queued' ? 'waiting' : 'begun',
      () =>
        client.chat.postMessage({
          channel: channelId,
          ...(threadId === '' ? {} : { thread_ts: threadId }),
          ...contentOf(body),
          metadata,
          unfurl_links: false,
          unfurl_media: false,
        }),
    )
    const posted = { id: ts!, channelId, threadId, metadata: JSON.stringify(metadata), stream: 'none' }
    if (body.fileIds.length > 0) await update(posted, body) // files come to a message by an edit
    return posted
  }

  const update = (posted: SlackPost, body: SlackBody) =>
    pace.inTurn(posted.channelId, urgencies.get(body) ?? 'progress', () =>
      client.chat.update({
        channel: posted.channelId,
        ts: posted.id,
        ...contentOf(body),
        ...(body.fileIds.length > 0 ? { file_ids: [...body.fileIds] } : {}),
      }),
    )

  /** Streams the words where that is possible; undefined where the message is to be edited instead. */
  async function stream(posted: SlackPost, body: SlackBody, before: SlackBody | undefined) {
    const reader = readers.get(body)
    const words = body.stream
    if (words === undefined || !reader || posted.threadId === '') return undefined
    return pace.inTurn(posted.channelId, 'progress', async () => {
      if (posted['stream'] === 'open') return streams.goOn(posted, words, before)
      return posted['stream'] === 'none' && streams.work() ? streams.begin(posted, words, reader) : undefined
    })
  }

  async function edit(given: PostedMessage, body: SlackBody, before: SlackBody | undefined): Promise<SlackPost> {
    const posted = await streams.tidy(given as SlackPost)
    const streamed = await stream(posted, body, before)
    if (streamed) return streamed
    const ended = posted['stream'] === 'open' ? await streams.end(posted) : posted
    // a stream may have been begun just before the program or the connection broke
    if ((!before || streams.isDoubtful(posted)) && posted['stream'] === 'none' && posted.threadId !== '')
      await asked(() => streams.sweep(posted, body.text))
    await update(ended, body)
    pictures.replaced(imagesOf(before), imagesOf(body))
    return ended
  }

  /** One's own message with this nonce, in its thread. */
  async function find({ key }: OutgoingMessage, _index: number, nonce: string): Promise<SlackPost | undefined> {
    const { channelId, threadId } = key
    let cursor: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const range = { channel: channelId, limit: 200, include_all_metadata: true, ...(cursor ? { cursor } : {}) }
      const { messages = [], response_metadata: more } = await asked(() =>
        threadId === ''
          ? client.conversations.history(range)
          : client.conversations.replies({ ...range, ts: threadId }),
      )
      const found = messages.find(({ metadata }) => nonceIn(metadata) === nonce)
      if (found?.ts) {
        const metadata = JSON.stringify(found.metadata)
        return { id: found.ts, channelId, threadId, metadata, stream: 'closed' }
      }
      cursor = more?.next_cursor
      if (!cursor) return undefined
    }
    return undefined
  }

  return {
    layout,
    create,
    edit,
    find,
    async remove(given) {
      const posted = given as SlackPost
      if (posted['stream'] === 'open') await streams.end(posted)
      await pace
        .inTurn(posted.channelId, 'end', () => client.chat.delete({ channel: posted.channelId, ts: posted.id }))
        .catch((error: { kind?: string }) => {
          if (error.kind !== 'gone') throw error
        })
    },
  }
}

const contentOf = ({ blocks, text }: SlackBody) => ({ blocks: [...blocks], text })

const metadataOf = ({ jobId, replyId }: OutgoingMessage, index: number, nonce: string) => ({
  event_type: eventType,
  event_payload: { job_id: jobId, reply_id: replyId, part: String(index), nonce },
})

const nonceIn = (metadata: { event_type?: string; event_payload?: object } | undefined): unknown =>
  metadata?.event_type === eventType ? (metadata.event_payload as { nonce?: unknown } | undefined)?.nonce : undefined

/** Words are coming in, and nothing is drawn yet. */
const isBeingWritten = ({ parts, final, key }: OutgoingMessage): boolean =>
  !final &&
  key.threadId !== '' &&
  parts.some((part) => (part.type === 'text' || part.type === 'prompt') && part.streaming && part.text.trim() !== '') &&
  !parts.some(({ type }) => type === 'images' || type === 'progress' || type === 'file' || type === 'change')

const imagesOf = (body: SlackBody | undefined): readonly string[] =>
  (body?.blocks ?? []).flatMap((block) =>
    block.type === 'image' && 'slack_file' in block && block.slack_file && 'id' in block.slack_file
      ? [String(block.slack_file.id)]
      : [],
  )
