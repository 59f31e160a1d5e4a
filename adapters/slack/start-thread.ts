import { setTimeout as sleep } from 'node:timers/promises'
import type { Attachment } from '../../src/contract/incoming.ts'
import { languageOf } from '../../src/contract/language.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import type { SlackContext } from './context.ts'
import { handOver } from './hand-over.ts'
import { escaped, shortened } from './markup.ts'
import { slackLimits, slackPlatform } from './options.ts'
import type { SlackPerson } from './people.ts'
import { retryAfterSeconds, slackCode } from './web-client.ts'

export interface Wish {
  readonly channelId: string
  readonly who: SlackPerson
  /** The platform's id of the event. */
  readonly eventId: string
  /** As the bot takes it: perhaps with a command before it. */
  readonly text: string
  /** As people read it. */
  readonly said: string
  readonly attachments?: readonly Attachment[]
  readonly responseUrl?: string | undefined
}

const mostAttempts = 3

/**
 * Says in the channel what somebody asked for by a command or a form, and goes on in the thread of that message. A repeated event
 * finds the message of the first one. Where the bot may not write, the person is told; what is refused leaves no message.
 */
export async function startThread(context: SlackContext, wish: Wish): Promise<void> {
  const { channelId, who, eventId, text, attachments = [], responseUrl } = wish
  const { person, locale } = who
  const notes = context.bot.notes(slackPlatform)
  const noteKey = `root:${eventId}`
  const posted = (await notes.get(noteKey)) as string | undefined
  const ts = posted ?? (await postRoot(context, wish))
  if (ts === undefined) return
  if (posted === undefined) await notes.set(noteKey, ts)
  const key = placeKey(context, channelId, ts)
  const event = { eventId, author: person, ...(locale === undefined ? {} : { locale }), receivedAt: Date.now() }
  const answer = await handOver(context, { type: 'message', key, ...event, text, attachments }, responseUrl)
  if (answer === undefined) await context.client.chat.delete({ channel: channelId, ts }).catch(() => undefined)
}

/** A thread of a channel; '' stands for what is said outside of threads. */
export const placeKey = ({ identity }: SlackContext, channelId: string, threadId: string): ThreadKey => ({
  platform: slackPlatform,
  workspaceId: identity().teamId,
  channelId,
  threadId,
})

async function postRoot(context: SlackContext, wish: Wish): Promise<string | undefined> {
  const { client, answers, log } = context
  const { channelId, who, said, responseUrl } = wish
  const { slack } = sentencesIn(languageOf(who.locale) ?? 'en')
  const text = slack.asked(
    escaped(who.person.name).replaceAll('*', ''),
    escaped(shortened(said, slackLimits.fallback / 2)),
  )
  for (let attempt = 1; ; attempt++) {
    try {
      const { ts } = await client.chat.postMessage({
        channel: channelId,
        text,
        unfurl_links: false,
        unfurl_media: false,
      })
      return ts
    } catch (error) {
      const seconds = retryAfterSeconds(error)
      if (seconds !== undefined && attempt < mostAttempts) {
        await sleep(seconds * 1000)
        continue
      }
      log.warn({ err: error }, 'a thread could not be begun')
      const isOutside = ['not_in_channel', 'channel_not_found'].includes(slackCode(error) ?? '')
      const hearer = { userId: who.person.id, key: placeKey(context, channelId, ''), locale: who.locale, responseUrl }
      await answers.tell(hearer, isOutside ? slack.notInChannel : slack.failed)
      return undefined
    }
  }
}
