import type { ConversationState } from '../contract/conversation.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { Language } from '../contract/language.ts'
import type { Desk } from './accept.ts'
import type { BotContext } from './context.ts'
import { policyFor } from './policy/policy.ts'
import { languageFor, readScopes } from './policy/scopes.ts'
import type { Runner } from './runner.ts'

/** What an event is handled with: the rules and settings in force where it happened. Throws AppError `storage/*`. */
export async function openDesk(
  context: BotContext,
  runner: Runner,
  incoming: Incoming,
  state: ConversationState | undefined,
): Promise<Desk> {
  const { key, author } = incoming
  const scopes = await readScopes(context, key, author)
  const defaults = { ...context.defaults, ...scopes.person, ...scopes.channel }
  const set = { ...defaults, ...state?.settings }
  return {
    context: { ...context, defaults },
    runner,
    policy: await policyFor(context, key),
    scopes,
    usual: context.defaults,
    language: languageFor(
      incoming,
      set.language,
      (await languageOfReply(context, incoming, state)) ?? context.language,
    ),
  }
}

/** A button says nothing itself: it goes on in the language of the newest reply. */
async function languageOfReply(
  { stores }: BotContext,
  { type }: Incoming,
  state: ConversationState | undefined,
): Promise<Language | undefined> {
  const jobId = type === 'action' ? state?.turns[state.headTurnId ?? '']?.jobId : undefined
  return jobId === undefined ? undefined : (await stores.jobs.get(jobId))?.language
}
