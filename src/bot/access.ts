import type { ConversationState } from '../contract/conversation.ts'
import type { AppError } from '../contract/errors.ts'
import type { Person, ThreadKey } from '../contract/thread.ts'
import type { Stores } from '../conversation/stores.ts'
import { refuse } from '../language/refuse.ts'

/** A thread belongs to the person who started it; admins may do what the owner may. */
export const mayUse = ({ owner }: ConversationState, person: Person): boolean =>
  owner.id === person.id || person.admin === true

/** The thread, when it exists and is this person's. */
export async function findThread(
  stores: Stores,
  key: ThreadKey,
  person: Person,
): Promise<ConversationState | undefined> {
  const state = await stores.threads.get(key)
  return state && mayUse(state, person) ? state : undefined
}

/** Throws AppError `access/denied` when the thread is somebody else's. */
export function checkOwner(state: ConversationState, person: Person): void {
  if (mayUse(state, person)) return
  throw refuse('access/denied', 'threadOfOther')
}

export const threadNotFound = (): AppError => refuse('input/not-found', 'noThread')
