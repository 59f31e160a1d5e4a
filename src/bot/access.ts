import type { ConversationState } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { Person, ThreadKey } from '../contract/thread.ts'
import type { Stores } from '../conversation/stores.ts'

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
  throw new AppError('access/denied', {
    message: 'this thread belongs to somebody else',
    hint: 'Start a thread of your own.',
  })
}

export const threadNotFound = (): AppError =>
  new AppError('input/not-found', { message: 'there is no such thread', hint: 'It may have been deleted.' })
