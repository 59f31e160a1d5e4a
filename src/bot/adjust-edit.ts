import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState } from '../contract/conversation.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { StoredMask } from '../contract/job.ts'
import { liveImage } from '../conversation/images.ts'
import { history } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { acceptJob, withUserTurn, type Desk, type MarkedPart } from './accept.ts'
import { imageOf } from './drawing.ts'
import { withoutArrival } from './arrival.ts'
import { editSoFar } from './edit-so-far.ts'
import { jobIdOf, userTurnId } from './jobs.ts'
import type { ModelRoute } from './route.ts'

/** What is to be otherwise about an edit. */
export interface EditChange {
  /** It is applied, where it was only proposed. */
  readonly apply?: boolean
  /** Added to the strength, which is 0 to 1. */
  readonly strength?: number
  readonly prompt?: string
  readonly mask?: StoredMask
  /** The bytes of a mask that was drawn just now. */
  readonly marked?: MarkedPart
}

/** How far Stronger and Weaker go. */
export const strengthStep = 0.2
const usualStrength = 0.5

/** An edit once more, with the same words, prompts and seed, changed in what is said. Throws AppError `input/not-found`. */
export async function adjustEdit(
  desk: Desk,
  incoming: Incoming,
  state: ConversationState,
  turnId: string,
  change: EditChange,
): Promise<Acknowledgement> {
  const { context } = desk
  const so = editSoFar(state, turnId)
  const job = so && (await context.stores.jobs.get(state.turns[turnId]?.jobId ?? ''))
  if (!so || job?.request.kind !== 'edit') throw refuse('input/not-found', 'editGone')
  imageOf(state, so.imageId) // refuses one that was deleted
  const asked = withoutArrival(job.request)
  const strength = (asked.drawing.strength ?? usualStrength) + (change.strength ?? 0)
  const said = { text: asked.words, aboutImageId: so.imageId, mask: change.marked }
  const thread = withUserTurn(state, incoming, said, context.now())
  const request = {
    ...asked,
    turnId: userTurnId(jobIdOf(incoming)),
    imageId: so.imageId,
    prompt: change.prompt ?? so.prompt,
    ...(so.source === undefined ? {} : { source: so.source }),
    ...(change.mask ? { mask: change.mask } : {}),
    drawing: { ...asked.drawing, strength: Math.min(1, Math.max(0, Math.round(strength * 100) / 100)) },
    apply: change.apply === true || !so.proposed,
  }
  return acceptJob(desk, incoming, thread, request, { pictures: change.marked ? [change.marked.bytes] : [] })
}

/** "Stronger", "a bit less" in words: the newest edit of the thread once more; undefined where words say what to change. */
export async function adjustLastEdit(
  desk: Desk,
  incoming: Incoming,
  state: ConversationState,
  { words, strengthSteps }: Extract<ModelRoute, { kind: 'edit' }>,
): Promise<Acknowledgement | undefined> {
  if (strengthSteps === undefined || strengthSteps === 0) return undefined
  const last = history(state).findLast(({ role, aside }) => role === 'assistant' && !aside)
  const so = last && editSoFar(state, last.id)
  if (!so || !liveImage(state, so.imageId)) return undefined
  const change = { strength: strengthSteps * strengthStep }
  return words === '' || isOnlyMore(words) ? adjustEdit(desk, incoming, state, last.id, change) : undefined
}

/** Words that name nothing to change. */
const isOnlyMore = (words: string): boolean => words.trim().split(/\s+/).length <= 4
