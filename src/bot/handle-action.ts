import type { Acknowledgement } from '../contract/adapter.ts'
import type { Block, ConversationState, ThreadSettings } from '../contract/conversation.ts'
import type { IncomingAction } from '../contract/incoming.ts'
import type { Growth, Job } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { deleteImage, hashesOf, liveImage } from '../conversation/images.ts'
import { history, moveHead } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { sentencesIn } from '../language/sentences.ts'
import { acceptChange, acceptJob, answer, cancelAll, withUserTurn, type Desk, type Handled } from './accept.ts'
import { threadNotFound } from './access.ts'
import { parseActionId, type Action, type OutpaintSide } from './actions.ts'
import { adjustEdit, strengthStep, type EditChange } from './adjust-edit.ts'
import { recipeAnswer } from './answers.ts'
import { reroute, retry } from './ask-again.ts'
import { branchFrom, compareWithParent } from './branch-and-compare.ts'
import { wordingsFor } from './context.ts'
import { promptField, wordsField } from './controls.ts'
import { imageOf } from './drawing.ts'
import { editSoFar } from './edit-so-far.ts'
import { forgetEverything } from './policy/forget.ts'
import { checkAction, checkWelcome } from './policy/press.ts'
import { markedMask } from './form-mask.ts'
import { jobIdOf, userTurnId } from './jobs.ts'
import { isWork, redoOf, sameWork } from './redo-request.ts'
import { drawingSettings, pageOfBook, requestOfRoute, wordsOfRoute } from './requests.ts'
import type { ModelRoute } from './route.ts'
import { randomSeed } from './seed.ts'
import { showAgain } from './show-again.ts'
import { checkText, isBlank } from './text-checks.ts'

/** Does what a control asks for, or stores the job that does. Throws AppError for what is refused. */
export async function handleAction(
  desk: Desk,
  action: IncomingAction,
  found: ConversationState | undefined,
): Promise<Handled> {
  const parsed = parseActionId(action.actionId)
  if (parsed.kind === 'forget') return forgetEverything(desk, action)
  if (!found) throw threadNotFound()
  const state = found
  checkWelcome(desk, action.author, parsed.kind)
  await checkAction(desk, state, action.author, parsed)
  switch (parsed.kind) {
    case 'redo':
      return redo(desk, action, state, parsed.imageId)
    case 'variations':
    case 'similar':
    case 'edit':
    case 'inpaint':
    case 'outpaint':
    case 'restore':
      return work(desk, action, state, parsed.imageId, routeOfAction(desk, action, state, parsed))
    case 'draw':
      return drawEdited(desk, action, state, parsed)
    case 'page':
      return redrawPage(desk, action, state, parsed)
    case 'apply':
    case 'stronger':
    case 'weaker':
    case 'remask':
    case 'rewords':
      return adjustEdit(desk, action, state, parsed.turnId, await editChange(desk, action, state, parsed))
    case 'undo':
      return acceptChange(desk, action, { thread: undoTurn(state, parsed.turnId) }, ({ answers }) => answers.undone)
    case 'branch':
      return branchFrom(desk, action, state, parsed.imageId)
    case 'compare':
      return compareWithParent(desk, action, state, parsed.imageId)
    case 'recipe':
      return answer(desk, action, state, recipeAnswer(imageOf(state, parsed.imageId)))
    case 'delete':
      return deletePicture(desk, action, state, parsed.imageId)
    case 'cancel':
      return cancelOne(desk, action, parsed.jobId)
    case 'retry':
      return retry(desk, action, state, parsed.jobId)
    case 'route':
      return reroute(desk, action, state, parsed)
  }
}

/** Takes a picture out of the thread, and out of the message that shows it. */
async function deletePicture(desk: Desk, action: IncomingAction, state: ConversationState, imageId: string) {
  const { context } = desk
  const image = imageOf(state, imageId)
  const change = { thread: deleteImage(state, imageId, context.now()), released: hashesOf(image) }
  const done = await acceptChange(desk, action, change, ({ answers }) => answers.pictureDeleted)
  const turn = state.turns[image.turnId]
  if (turn?.role === 'assistant') await showAgain(context, action.key, turn.jobId)
  return done
}

const plain = { settings: {} }

/** Directions of the buttons, and what each adds: half of the side, or a quarter all around. */
const growthOf: Readonly<Record<OutpaintSide, Growth>> = {
  left: { sides: { left: { share: 0.5 } } },
  up: { sides: { top: { share: 0.5 } } },
  right: { sides: { right: { share: 0.5 } } },
  down: { sides: { bottom: { share: 0.5 } } },
  all: { sides: { left: { share: 0.25 }, top: { share: 0.25 }, right: { share: 0.25 }, bottom: { share: 0.25 } } },
}

type PictureAction = Extract<Action, { kind: 'variations' | 'similar' | 'edit' | 'inpaint' | 'outpaint' | 'restore' }>

/** What a picture's button stands for. */
function routeOfAction(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  parsed: PictureAction,
): ModelRoute {
  const words = (action.values[wordsField] ?? '').trim()
  checkText(words, desk.context.limits.textLength)
  switch (parsed.kind) {
    case 'similar': {
      const { similar } = wordingsFor(desk.context, drawingSettings(desk.context, state, {}))
      return { kind: 'chat', text: similar, drawing: plain }
    }
    case 'edit':
      if (isBlank(words)) throw refuse('input/empty', 'emptyChange')
      return { kind: 'edit', words, drawing: plain }
    case 'inpaint':
      return { kind: 'inpaint', words, drawing: plain }
    case 'outpaint':
      return { kind: 'outpaint', words, growth: growthOf[parsed.side], drawing: plain }
    case 'restore':
      return { kind: 'restore', words: '', drawing: { ...plain, scale: parsed.scale } }
    case 'variations':
      return { kind: 'variations', words: '', drawing: plain }
  }
}

/** Work on one picture, entered into the conversation as the turn that words would have made. */
async function work(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  imageId: string,
  route: ModelRoute,
): Promise<Acknowledgement> {
  const { context } = desk
  const image = imageOf(state, imageId)
  const { asked } = sentencesIn(desk.language)
  const form = route.kind === 'inpaint' ? await markedMask(context, action, image) : undefined
  const text = wordsOfRoute(route, wordingsFor(context, drawingSettings(context, state, {})), asked)
  const thread = withUserTurn(state, action, { text, aboutImageId: imageId, mask: form?.marked }, context.now())
  const place = { context, state: thread, turnId: userTurnId(jobIdOf(action)), imageId, mask: form?.mask }
  const pictures = form?.marked ? [form.marked.bytes] : []
  return acceptJob(desk, action, thread, requestOfRoute(route, place), { pictures })
}

/** The picture once more with another seed. */
async function redo(desk: Desk, action: IncomingAction, state: ConversationState, imageId: string) {
  const { context } = desk
  const turnId = userTurnId(jobIdOf(action))
  const request = await redoOf(context, state, { kind: 'redo', turnId, imageId, seed: randomSeed() })
  const before = isWork(request) ? request.imageId : imageId
  const text = isWork(request) && request.words !== '' ? request.words : sentencesIn(desk.language).asked.again
  return acceptJob(desk, action, withUserTurn(state, action, { text, aboutImageId: before }, context.now()), request)
}

/** What is to be otherwise about an edit, by its button and form. */
async function editChange(
  { context }: Desk,
  action: IncomingAction,
  state: ConversationState,
  { kind, turnId }: Extract<Action, { kind: 'apply' | 'stronger' | 'weaker' | 'remask' | 'rewords' | 'undo' }>,
): Promise<EditChange> {
  if (kind === 'apply') return { apply: true }
  if (kind === 'stronger') return { strength: strengthStep }
  if (kind === 'weaker') return { strength: -strengthStep }
  if (kind === 'rewords') return { prompt: promptOfForm(action, context.limits.textLength) }
  const image = liveImage(state, editSoFar(state, turnId)?.imageId)
  return image ? markedMask(context, action, image) : {}
}

function promptOfForm(action: IncomingAction, limit: number, usual = ''): string {
  const prompt = (action.values[promptField] ?? usual).trim()
  if (isBlank(prompt)) throw refuse('input/empty', 'emptyPrompt')
  checkText(prompt, limit)
  return prompt
}

/** Draws an edited prompt as it is, with the seed and settings of the one that was edited: only the words differ. */
async function drawEdited(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  { turnId, block }: Extract<Action, { kind: 'draw' | 'page' }>,
): Promise<Acknowledgement> {
  const { context } = desk
  const turn = state.turns[turnId]
  const edited = turn?.blocks.filter((one) => one.type === 'picture')[block]
  if (!turn || !edited) throw refuse('input/not-found', 'promptGone')
  const prompt = promptOfForm(action, context.limits.textLength, edited.prompt)
  const original = await context.stores.jobs.get(turn.jobId)
  const image = firstImage(state, edited)
  const newTurnId = userTurnId(jobIdOf(action))
  const tell = (aboutImageId: string | undefined) =>
    withUserTurn(state, action, { text: prompt, aboutImageId }, context.now())
  if (original && isWork(original.request)) {
    const { seed, imageId } = original.request
    const place = { turnId: newTurnId, seed, imageId: image?.id ?? imageId, prompt }
    return acceptJob(desk, action, tell(imageId), sameWork(state, original.request, place))
  }
  return acceptJob(desk, action, tell(image?.id), {
    kind: 'draw',
    turnId: newTurnId,
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

/** One page of a book drawn anew. */
async function redrawPage(
  desk: Desk,
  action: IncomingAction,
  state: ConversationState,
  { turnId, block }: Extract<Action, { kind: 'draw' | 'page' }>,
): Promise<Acknowledgement> {
  const { context } = desk
  const original = await context.stores.jobs.get(state.turns[turnId]?.jobId ?? '')
  const drawing = drawingOf(original) ?? drawingSettings(context, state, {})
  const base = { turnId: userTurnId(jobIdOf(action)), seed: randomSeed(), drawing }
  const request = pageOfBook(state, turnId, block, base)
  const text = sentencesIn(desk.language).asked.page(block + 1)
  const thread = withUserTurn(state, action, { text }, context.now())
  return acceptJob(desk, action, thread, request)
}

/** Goes back to before an exchange. Throws AppError `input/not-found` for one that is not shown. */
function undoTurn(state: ConversationState, turnId: string): ConversationState {
  const path = history(state)
  const at = path.findIndex(({ id }) => id === turnId)
  const asked = path.slice(0, at + 1).findLast(({ role }) => role === 'user')
  if (at >= 0 && asked) return moveHead(state, asked.parentId)
  throw refuse('input/not-found', 'undoneAlready')
}

function cancelOne(desk: Desk, action: IncomingAction, jobId: string): Handled {
  const threadKey = threadKeyString(action.key)
  if (desk.runner.live().some((live) => live.job.id === jobId && live.threadKey === threadKey))
    return cancelAll(desk, action, [jobId])
  throw refuse('input/not-found', 'endedAlready')
}
