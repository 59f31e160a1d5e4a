import type { Acknowledgement } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Incoming } from '../../src/contract/incoming.ts'
import { languageOf, languageOfWords } from '../../src/contract/language.ts'
import { sentenceOf } from '../../src/language/error-sentence.ts'
import type { SlackContext } from './context.ts'

/**
 * Gives the bot what came in, and the person what is answered at once: a refusal, or an answer for their eyes alone. What
 * follows as a reply comes through `render`. Undefined for what was refused.
 */
export async function handOver(
  { bot, answers, threads, log }: SlackContext,
  incoming: Incoming,
  responseUrl?: string,
): Promise<Acknowledgement | undefined> {
  const { key, author, locale } = incoming
  const hearer = { userId: author.id, key, locale, responseUrl }
  try {
    const answer = await bot.handle(incoming)
    if (answer.type === 'accepted') await threads.join(key)
    if (answer.type === 'answered') await answers.give(hearer, answer)
    return answer
  } catch (error) {
    const refusal = AppError.from(error)
    if (refusal.code === 'internal') log.error({ err: error }, 'an event of Slack could not be handled')
    const words = incoming.type === 'message' ? languageOfWords(incoming.text) : undefined
    await answers.tell(hearer, sentenceOf(refusal.toJSON(), words ?? languageOf(locale) ?? 'en'))
    return undefined
  }
}
