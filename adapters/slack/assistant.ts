import { z } from 'zod'
import { languageOf } from '../../src/contract/language.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import type { SlackContext } from './context.ts'
import { escaped, shortened } from './markup.ts'
import { placeKey } from './start-thread.ts'

const paneSchema = z.object({
  assistant_thread: z.object({ user_id: z.string(), channel_id: z.string(), thread_ts: z.string() }),
})

const mostSuggestions = 4

/** Somebody opened the assistant's pane: a greeting with what the models know, and wishes to begin with. */
export async function receivePane(context: SlackContext, event: unknown): Promise<void> {
  const parsed = paneSchema.safeParse(event)
  if (!parsed.success) return
  const { user_id, channel_id, thread_ts } = parsed.data.assistant_thread
  const { bot, client, people, threads } = context
  await threads.join(placeKey(context, channel_id, thread_ts))
  const { locale } = await people.get(user_id)
  const { pane } = sentencesIn(languageOf(locale) ?? 'en').slack
  const { notice, examples } = bot.about()
  const text = escaped([pane.greeting, ...(notice === undefined ? [] : [notice])].join('\n'))
  await client.chat.postMessage({ channel: channel_id, thread_ts, text })
  const prompts = examples.slice(0, mostSuggestions).map((message) => ({ title: shortened(message, 70), message }))
  const [first, ...rest] = prompts
  if (!first) return
  await client.assistant.threads.setSuggestedPrompts({
    channel_id,
    thread_ts,
    title: pane.suggestions,
    prompts: [first, ...rest],
  })
}

/** The person looks at another channel beside the pane: the thread stays the bot's. */
export async function receivePaneContext(context: SlackContext, event: unknown): Promise<void> {
  const parsed = paneSchema.safeParse(event)
  if (!parsed.success) return
  const { channel_id, thread_ts } = parsed.data.assistant_thread
  await context.threads.join(placeKey(context, channel_id, thread_ts))
}
