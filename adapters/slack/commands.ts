import { z } from 'zod'
import { commandSpecs } from '../../src/contract/command-specs.ts'
import { languageOf, languages } from '../../src/contract/language.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import type { SlackContext } from './context.ts'
import { handOver } from './hand-over.ts'
import { isAllowed } from './options.ts'
import { placeKey, startThread } from './start-thread.ts'
import { wordsIn } from './words-in.ts'

export const commandName = '/llmga'

const commandSchema = z.object({
  text: z.string().default(''),
  user_id: z.string(),
  user_name: z.string().optional(),
  channel_id: z.string(),
  trigger_id: z.string(),
  response_url: z.string().optional(),
})

type SubCommand = keyof typeof commandSpecs

/** What stands behind `/llmga`: `imagine a red fox`, in any language of the bot; anything else is a wish. */
export function subCommandOf(text: string): { readonly name: SubCommand | undefined; readonly text: string } {
  const [, first = '', rest = ''] = /^\s*\/?(\S*)\s*([^]*)$/.exec(text) ?? []
  if (first === '') return { name: 'help', text: '/help' }
  const name = named(first)
  return name ? { name, text: `/${name} ${rest}`.trim() } : { name: undefined, text: text.trim() }
}

function named(word: string): SubCommand | undefined {
  const names = Object.keys(commandSpecs) as SubCommand[]
  const isNamed = (name: SubCommand) =>
    languages.some((language) => sentencesIn(language).commands.names[name] === word)
  return names.find((name) => name === word.toLowerCase() || isNamed(name))
}

/** `/llmga …`: a thread that begins with these words, or an answer for the person alone. */
export async function receiveCommand(context: SlackContext, body: unknown): Promise<void> {
  const parsed = commandSchema.safeParse(body)
  if (!parsed.success) return
  const { user_id, user_name, channel_id: channelId, trigger_id, response_url: responseUrl } = parsed.data
  const who = await context.people.get(user_id, user_name)
  const { person, locale } = who
  const hearer = { userId: user_id, key: placeKey(context, channelId, ''), locale, responseUrl }
  if (!isAllowed(context.options, channelId))
    return context.answers.tell(hearer, sentencesIn(languageOf(locale) ?? 'en').slack.notServed)
  const said = await wordsIn(parsed.data.text, context.identity().botUserId, context.people.nameOf)
  const { name, text } = subCommandOf(said)
  const eventId = `command:${trigger_id}`
  const goesOn = name === undefined || !commandSpecs[name].isPrivate
  if (goesOn) return startThread(context, { channelId, who, eventId, text, said, responseUrl })
  const event = { eventId, author: person, ...(locale === undefined ? {} : { locale }), receivedAt: Date.now() }
  await handOver(context, { type: 'message', key: hearer.key, ...event, text, attachments: [] }, responseUrl)
}
