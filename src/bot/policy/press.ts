import type { ConversationState } from '../../contract/conversation.ts'
import type { Person } from '../../contract/thread.ts'
import { refuse } from '../../language/refuse.ts'
import { isShared } from '../access.ts'
import type { Action } from '../actions.ts'
import type { Desk } from '../accept.ts'

/** Whose a thing of a thread is: who asked for it, and who began the thread. Unknown ones are left out. */
export type Owners = readonly (string | undefined)[]

/** Whether a person may work what belongs to `owners` in a shared thread; in one of their own everybody may. */
export function mayPress(
  { context, policy }: Pick<Desk, 'context' | 'policy'>,
  { key }: Pick<ConversationState, 'key'>,
  person: Person,
  owners: Owners,
): boolean {
  if (person.admin === true || !isShared(context, key.platform)) return true
  return policy.press === 'all' || (policy.press === 'author' && owners.includes(person.id))
}

/** Throws AppError `access/denied`. */
export function checkPress(desk: Desk, state: ConversationState, person: Person, owners: Owners): void {
  if (mayPress(desk, state, person, [state.owner.id, ...owners])) return
  throw refuse('access/denied', desk.policy.press === 'admins' ? 'pressNeedsAdmin' : 'pressNeedsAuthor')
}

/** Refuses a button that the person may not press. One may always stop what one asked for oneself. */
export async function checkAction(
  desk: Desk,
  state: ConversationState,
  person: Person,
  action: PlacedAction,
): Promise<void> {
  const owner = await ownerOf(desk, state, action)
  if (action.kind === 'cancel' && owner === person.id) return
  checkPress(desk, state, person, [owner])
}

/** Every action on something of a thread. */
type PlacedAction = Exclude<Action, { kind: 'forget' }>

/** What people who are banned may still ask for. */
const openToBanned: readonly string[] = ['help', 'forget', 'export', 'cancel']

/** Throws AppError `access/denied` for somebody whom the bot does not serve here. */
export function checkWelcome({ policy }: Desk, { id }: Person, kind: string): void {
  if (policy.bannedPeople.includes(id) && !openToBanned.includes(kind)) throw refuse('access/denied', 'banned')
}

/** Who asked for what a control stands on; undefined where that is not there any more. */
async function ownerOf(desk: Desk, state: ConversationState, action: PlacedAction): Promise<string | undefined> {
  if ('imageId' in action) return state.images[action.imageId]?.author.id
  const jobId = 'jobId' in action ? action.jobId : state.turns[action.turnId]?.jobId
  const job = jobId === undefined ? undefined : await desk.context.stores.jobs.get(jobId)
  return job?.author.id
}
