import type { ConversationState } from '../contract/conversation.ts'
import type { AppError } from '../contract/errors.ts'
import type { Person, ThreadKey } from '../contract/thread.ts'
import { refuse } from '../language/refuse.ts'
import type { BotContext } from './context.ts'

/** Whether several people share the threads of a platform: who sees one there is the platform's own matter. */
export const isShared = ({ adapters }: Pick<BotContext, 'adapters'>, platform: string): boolean =>
  adapters.get(platform)?.capabilities.shared === true

/** A thread belongs to the person who started it; admins may do what the owner may. */
export const mayUse = ({ owner }: ConversationState, person: Person): boolean =>
  owner.id === person.id || person.admin === true

/** Whether a person may read a thread and speak in it. */
const isMember = (context: Pick<BotContext, 'adapters'>, state: ConversationState, person: Person): boolean =>
  isShared(context, state.key.platform) || mayUse(state, person)

/** The thread, when it exists and this person may read it. */
export async function findThread(
  context: Pick<BotContext, 'adapters' | 'stores'>,
  key: ThreadKey,
  person: Person,
): Promise<ConversationState | undefined> {
  const state = await context.stores.threads.get(key)
  return state && isMember(context, state, person) ? state : undefined
}

/** Throws AppError `access/denied` when the thread is somebody else's and not shared. */
export function checkMember(context: BotContext, state: ConversationState, person: Person): void {
  if (!isMember(context, state, person)) throw refuse('access/denied', 'threadOfOther')
}

/** Throws AppError `access/denied` when the thread is somebody else's. */
export function checkOwner(state: ConversationState, person: Person): void {
  if (mayUse(state, person)) return
  throw refuse('access/denied', 'threadOfOther')
}

export const threadNotFound = (): AppError => refuse('input/not-found', 'noThread')
