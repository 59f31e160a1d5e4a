import { SurfaceError, type PostedMessage } from '../chat/surface.ts'
import type { SlackBody } from './format.ts'
import { unescaped } from './markup.ts'
import { asked } from './refusals.ts'
import { retryAfterSeconds, slackCode, type WebClient } from './web-client.ts'

/** A message that may be a stream; `stream` is 'open' while words are added to it. */
export type SlackPost = PostedMessage & {
  readonly threadId: string
  readonly metadata: string
  /** The message whose place a stream took, as long as it could not be deleted. */
  readonly left?: string
}

/** For whom a stream is shown: Slack wants to know in channels. */
export interface StreamReader {
  readonly teamId: string
  readonly userId: string
}

/** What Slack answers where an app or a workspace has no streams. */
const noStreams: readonly string[] = [
  ...['unknown_method', 'not_allowed', 'not_allowed_token_type', 'method_not_supported_for_channel_type'],
  ...['feature_not_enabled', 'team_not_supported', 'missing_scope', 'not_supported', 'invalid_arguments'],
  ...['missing_recipient_team_id', 'missing_recipient_user_id', 'channel_type_not_supported'],
]

export interface Streams {
  /** Whether words may be streamed: false once Slack has said that it has no streams here. */
  readonly work: () => boolean
  /** A stream in the message's place, which is deleted. Undefined where there are no streams. */
  begin(posted: SlackPost, words: string, reader: StreamReader): Promise<SlackPost | undefined>
  /** Adds what is new. Undefined where the words were changed, or the stream is not open any more. */
  goOn(posted: SlackPost, words: string, before: SlackBody | undefined): Promise<SlackPost | undefined>
  /** Whether a stream may have been begun in this message's place without an answer. */
  isDoubtful(posted: SlackPost): boolean
  /** Deletes the message whose place a stream took, where that did not work when it was begun. Throws SurfaceError. */
  tidy(posted: SlackPost): Promise<SlackPost>
  /** Closes a stream: from here on it is a message like others. */
  end(posted: SlackPost): Promise<SlackPost>
  /**
   * Deletes what a beginning left behind whose answer never came (the connection broke, the program was killed): a message of
   * the bot in this thread, after this one, that bears no job and says the beginning of the same words.
   */
  sweep(posted: SlackPost, words: string): Promise<void>
}

/** Words that grow before one's eyes (chat.startStream, appendStream, stopStream): replies in threads alone. */
export function createStreams(client: WebClient, botUserId: () => string): Streams {
  let work = true
  /** Messages for which a stream was begun without an answer. */
  const doubtful = new Set<string>()

  async function sweep({ channelId, threadId, id }: SlackPost, words: string): Promise<void> {
    const range = { channel: channelId, ts: threadId, oldest: id, limit: 200, include_all_metadata: true }
    const { messages = [] } = await client.conversations.replies(range)
    const left = messages.filter(
      ({ ts, user, metadata, text = '' }) =>
        user === botUserId() && ts !== id && ts !== threadId && !metadata?.event_type && isBeginning(text, words),
    )
    for (const { ts } of left) await client.chat.delete({ channel: channelId, ts: ts! })
    doubtful.delete(id)
  }

  async function tidy({ left, ...posted }: SlackPost): Promise<SlackPost> {
    if (left === undefined) return posted
    await asked(() => client.chat.delete({ channel: posted.channelId, ts: left })).catch((error: unknown) => {
      if (!(error instanceof SurfaceError) || error.kind !== 'gone') throw error
    })
    return posted
  }

  return {
    work: () => work,
    tidy,
    isDoubtful: ({ id }) => doubtful.has(id),
    sweep,
    async begin(posted, words, { teamId, userId }) {
      const { channelId, threadId } = posted
      if (doubtful.has(posted.id)) await sweep(posted, words)
      const where = { channel: channelId, thread_ts: threadId }
      const reader = { recipient_team_id: teamId, recipient_user_id: userId }
      try {
        const { ts } = await client.chat.startStream({ ...where, ...reader, markdown_text: words })
        const begun = { ...posted, id: ts!, stream: 'open', left: posted.id } // that one said "Thinking…"
        return await tidy(begun).catch(() => begun)
      } catch (error) {
        const code = slackCode(error)
        if (code === undefined && retryAfterSeconds(error) === undefined) doubtful.add(posted.id)
        if (code === undefined || !noStreams.includes(code)) throw error
        work = false
        return undefined
      }
    },
    async goOn(posted, words, before) {
      const shown = before?.stream
      if (shown === undefined || !words.startsWith(shown)) return undefined
      if (words === shown) return posted
      try {
        await client.chat.appendStream({
          channel: posted.channelId,
          ts: posted.id,
          markdown_text: words.slice(shown.length),
        })
        return posted
      } catch (error) {
        if (slackCode(error) === undefined) throw error
        return undefined
      }
    },
    async end(posted) {
      const metadata = JSON.parse(posted.metadata) as { event_type: string; event_payload: Record<string, string> }
      await asked(() => client.chat.stopStream({ channel: posted.channelId, ts: posted.id, metadata })).catch(
        (error: unknown) => {
          // one that Slack has closed itself is what is wanted
          if (!/message_not_in_streaming_state|unknown_method/.test(String(error))) throw error
        },
      )
      return { ...posted, stream: 'closed' }
    },
  }
}

/** Whether `text` begins with what a stream said; markup aside. */
function isBeginning(said: string, text: string): boolean {
  const [head, whole] = [bare(said).slice(0, 400), bare(text)]
  return head !== '' && whole.startsWith(head)
}

const bare = (text: string): string => unescaped(text).replaceAll(/[^\p{L}\p{N}]+/gu, '')
