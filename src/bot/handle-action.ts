import type { Acknowledgement } from '../contract/adapter.ts'
import type { Block, ConversationState, ThreadSettings } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { IncomingAction } from '../contract/incoming.ts'
import type { Job } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { deleteImage, liveImage } from '../conversation/images.ts'
import { appendTurn, moveHead } from '../conversation/thread.ts'
import {
  acceptAnswer,
  acceptChange,
  acceptJob,
  drawingSettings,
  withUserTurn,
  type Desk,
  type Handled,
} from './accept.ts'
import { recipeText } from './answers.ts'
import { parseActionId, promptField, type Action } from './controls.ts'
import { originOf } from './drawing.ts'
import { isOpen, jobIdOf, userTurnId } from './jobs.ts'
import { randomSeed } from './seed.ts'
import { checkText, isBlank } from './text-checks.ts'

/** Pictures that "Variations" draws, and how far their noise is from that of the original (0 the same, 1 another). */
const variations = { count: 4, strength: 0.3 }

/** Does what a control asks for, or stores the job that does. Throws AppError for what is refused. */
export async function handleAction(desk: Desk, action: IncomingAction, state: ConversationState): Promise<Handled> {
  const parsed = parseActionId(action.actionId)
  switch (parsed.kind) {
    case 'redo':
    case 'variations':
      return drawAgain(desk, action, state, parsed)
    case 'draw':
      return drawEdited(desk, action, state, parsed)
    case 'recipe':
      return acceptAnswer(desk, action, state, '/recipe', recipeText(imageOf(state, parsed.imageId).recipe))
    case 'delete':
      return acceptChange(desk, action, {
        thread: deleteImage(state, parsed.imageId, desk.context.now()),
        released: [imageOf(state, parsed.imageId).sha256],
      })
    case 'cancel':
      return cancelOne(desk, action, parsed.jobId)
    case 'retry':
      return retry(desk, action, state, parsed.jobId)
  }
}

type Again = Extract<Action, { imageId: string }>

/** Words that would have asked for the same as the button. */
const words = { redo: 'Draw it again with another seed.', variations: 'Draw variations of it.' }

async function drawAgain(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  { kind, imageId }: Again,
): Promise<Acknowledgement> {
  originOf(state, imageId) // refuses pictures that are gone or were not drawn
  const isRedo = kind === 'redo'
  const text = isRedo ? words.redo : words.variations
  const thread = withUserTurn(state, action, { text, aboutImageId: imageId }, desk.context.now())
  const base = { turnId: userTurnId(jobIdOf(action)), imageId, seed: randomSeed() }
  return acceptJob(
    desk,
    action,
    thread,
    isRedo ? { kind: 'redo', ...base } : { kind: 'variations', ...base, ...variations },
  )
}

/** Draws an edited prompt as it is, with the seed and settings of the one that was edited: only the words differ. */
async function drawEdited(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  { turnId, block }: Extract<Action, { kind: 'draw' }>,
): Promise<Acknowledgement> {
  const { context } = desk
  const turn = state.turns[turnId]
  const edited = turn?.blocks.filter((one) => one.type === 'picture')[block]
  if (!turn || !edited) throw new AppError('input/not-found', { message: 'that prompt is not there any more' })
  const prompt = (action.values[promptField] ?? edited.prompt).trim()
  if (isBlank(prompt)) throw new AppError('input/empty', { message: 'the prompt is empty', hint: 'Say what to draw.' })
  checkText(prompt, context.limits.textLength)
  const original = await context.stores.jobs.get(turn.jobId)
  const image = firstImage(state, edited)
  const thread = withUserTurn(state, action, { text: prompt, aboutImageId: image?.id }, context.now())
  return acceptJob(desk, action, thread, {
    kind: 'draw',
    turnId: userTurnId(jobIdOf(action)),
    prompt,
    ...(image?.recipe?.wish === undefined ? {} : { wish: image.recipe.wish }),
    seed: image?.recipe?.seed ?? randomSeed(),
    drawing: drawingOf(original) ?? drawingSettings(context, state, {}),
    ...(image ? { parentImageId: image.id } : {}),
  })
}

const firstImage = (state: ConversationState, block: Extract<Block, { type: 'picture' }>) =>
  block.imageIds.map((id) => liveImage(state, id)).find((image) => image !== undefined)

const drawingOf = (job: Job | undefined): ThreadSettings | undefined =>
  job && 'drawing' in job.request ? job.request.drawing : undefined

function imageOf(state: ConversationState, imageId: string) {
  const image = liveImage(state, imageId)
  if (image) return image
  throw new AppError('input/not-found', { message: 'that picture is not there any more', hint: 'Choose another one.' })
}

function cancelOne({ runner }: Desk, { key }: IncomingAction, jobId: string): Handled {
  const threadKey = threadKeyString(key)
  if (runner.live().some((live) => live.job.id === jobId && live.threadKey === threadKey))
    return { type: 'cancel', jobIds: [jobId] }
  throw new AppError('input/not-found', { message: 'that has ended already', hint: 'There is nothing to cancel.' })
}

/**
 * Runs a job once more, as it was asked for. One whose end could not be stored goes on as itself; one that has ended
 * gets a successor, in the place of the failed answer when nothing was said since.
 */
async function retry(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  jobId: string,
): Promise<Acknowledgement> {
  const { context, runner } = desk
  const job = await context.stores.jobs.get(jobId)
  const isHere = job && threadKeyString(job.key) === threadKeyString(action.key)
  const isLive = runner.unstored().some((live) => live.job.id === jobId)
  if (!job || !isHere || isLive || job.state === 'done' || job.state === 'posting')
    throw new AppError('input/not-found', { message: 'there is nothing to try again', hint: 'Ask for it once more.' })
  if (isOpen(job)) return { type: 'accepted', jobId, position: runner.submit(job) }
  const again = forRetry(state, action, job, context.now())
  return acceptJob(desk, action, again.thread, { ...job.request, turnId: again.turnId })
}

/** The turn that a retried job answers: the old one when the failed answer is the newest turn, else said once more. */
function forRetry(state: ConversationState, action: IncomingAction, job: Job, now: number) {
  const { turnId } = job.request
  const turn = state.turns[turnId]
  if (!turn) throw new AppError('input/not-found', { message: 'what was asked for is not there any more' })
  if (state.headTurnId === job.replyTurnId || state.headTurnId === turnId)
    return { thread: moveHead(state, turnId), turnId }
  const id = userTurnId(jobIdOf(action))
  return { thread: appendTurn(state, { ...turn, id, jobId: jobIdOf(action), createdAt: now }), turnId: id }
}
