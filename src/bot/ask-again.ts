import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState } from '../contract/conversation.ts'
import type { IncomingAction } from '../contract/incoming.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { liveImage } from '../conversation/images.ts'
import { appendTurn, moveHead } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { acceptJob, type Desk } from './accept.ts'
import type { Action } from './actions.ts'
import { optionContext, wordingsFor } from './context.ts'
import { isOpen, jobIdOf, userTurnId } from './jobs.ts'
import { redoOf } from './redo-request.ts'
import { drawingSettings, requestOfRoute } from './requests.ts'
import { chosenRoute } from './word-routes.ts'

/** A job of this thread. Throws AppError `input/not-found`. */
async function jobHere({ context }: Desk, { key }: IncomingAction, jobId: string): Promise<Job> {
  const job = await context.stores.jobs.get(jobId)
  if (job && threadKeyString(job.key) === threadKeyString(key)) return job
  throw refuse('input/not-found', 'nothingToRetry')
}

/**
 * Runs a job once more, as it was asked for. One whose end could not be stored goes on as itself; one that has ended
 * gets a successor, in the place of the failed answer when nothing was said since.
 */
export async function retry(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  jobId: string,
): Promise<Acknowledgement> {
  const { context, runner } = desk
  const job = await jobHere(desk, action, jobId)
  const isLive = runner.unstored().some((live) => live.job.id === jobId)
  if (isLive || job.state === 'done' || job.state === 'posting') throw refuse('input/not-found', 'nothingToRetry')
  if (isOpen(job)) return { type: 'accepted', jobId, position: runner.submit(job) }
  const again = askedAgain(state, action, job, context.now())
  return acceptJob(desk, action, again.thread, { ...job.request, turnId: again.turnId }, { kept: job.kept })
}

/** The turn that a job answers, to be answered once more: itself when its answer is the newest turn, else said again. */
function askedAgain(state: ConversationState, action: IncomingAction, job: Job, now: number) {
  const { turnId } = job.request
  const turn = state.turns[turnId]
  if (!turn) throw refuse('input/not-found', 'wordsGone')
  if (state.headTurnId === job.replyTurnId || state.headTurnId === turnId)
    return { thread: moveHead(state, turnId), turnId }
  const id = userTurnId(jobIdOf(action))
  return { thread: appendTurn(state, { ...turn, id, jobId: jobIdOf(action), createdAt: now }), turnId: id }
}

/** The same words, understood in another way: the other answer takes the place of the first when it is the newest. */
export async function reroute(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  { jobId, route }: Extract<Action, { kind: 'route' }>,
): Promise<Acknowledgement> {
  const { context } = desk
  const job = await jobHere(desk, action, jobId)
  const again = askedAgain(state, action, job, context.now())
  const turn = again.thread.turns[again.turnId]!
  const text = turn.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
  const imageId = liveImage(state, turn.headImageId)?.id
  const chosen = chosenRoute(route, text, {
    wordings: wordingsFor(context, drawingSettings(context, state, {})),
    options: optionContext(context),
    hasPicture: imageId !== undefined,
    hasMask: turn.mask !== undefined,
  })
  const mask = turn.mask && { shapes: [{ type: 'image', sha256: turn.mask.sha256 } as const] }
  const request = requestOfRoute(chosen, { context, state: again.thread, turnId: again.turnId, imageId, mask })
  const ready: JobRequest = request.kind === 'redo' ? await redoOf(context, state, request) : request
  return acceptJob(desk, action, again.thread, ready)
}
