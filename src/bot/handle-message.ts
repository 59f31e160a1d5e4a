import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState, ImageNode } from '../contract/conversation.ts'
import type { IncomingMessage } from '../contract/incoming.ts'
import type { Download, StoredMask } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { liveImage } from '../conversation/images.ts'
import { createThread, history, titleFrom } from '../conversation/thread.ts'
import { redo, undo } from '../conversation/thread-moves.ts'
import {
  acceptChange,
  acceptJob,
  answer,
  answeredImage,
  cancelAll,
  withUserTurn,
  type Desk,
  type Handled,
} from './accept.ts'
import { refuse } from '../language/refuse.ts'
import { sentencesIn } from '../language/sentences.ts'
import { laterPicture } from './current-picture.ts'
import { adjustLastEdit } from './adjust-edit.ts'
import { recipeAnswer } from './answers.ts'
import { branchFrom, compareWithParent } from './branch-and-compare.ts'
import { loadBlob, optionContext, wordingsFor } from './context.ts'
import { inheritDesign, lastDesign } from './go-on-designing.ts'
import { jobIdOf, userTurnId } from './jobs.ts'
import { checkMask } from './model-pictures.ts'
import { exportAnswer } from './export-answer.ts'
import { handleAdmin } from './policy/admin.ts'
import { askToForget, forgetEverything } from './policy/forget.ts'
import { checkPress, checkWelcome, mayPress } from './policy/press.ts'
import { handleSettings } from './policy/settings.ts'
import { redoOf } from './redo-request.ts'
import { drawingSettings, maskOfOptions, requestOfRoute, wordsOfRoute } from './requests.ts'
import { splitOptions } from './command-text.ts'
import { route, type ModelRoute } from './route.ts'
import { sortFiles, type SortedFiles } from './sort-files.ts'
import { drawnMask, loadMask } from './stored-mask.ts'
import { checkText } from './text-checks.ts'
import { checkAttachments, readUploads } from './uploads.ts'

/** Does what a message asks for, or stores the job that does. Throws AppError for what is refused. */
export async function handleMessage(
  desk: Desk,
  message: IncomingMessage,
  found: ConversationState | undefined,
): Promise<Handled> {
  const { context } = desk
  checkText(message.text, context.limits.textLength)
  checkAttachments(context, message)
  const state = found ?? newThread(desk, message)
  const aboutImageId = answeredImage(state, message)
  const current = aboutImageId ?? state.headImageId
  const isDrawing = desk.runner.live().some(({ threadKey }) => threadKey === threadKeyString(message.key))
  const uploads = await readUploads(context, message.attachments)
  const files = await sortFiles(uploads, { hasPicture: current !== undefined || isDrawing })
  const routed = route(message, {
    wordings: wordingsFor(context, drawingSettings(context, state, {})),
    options: optionContext(context),
    hasPicture: message.attachments.length > 0 || current !== undefined || isDrawing,
    hasMask: (files.mask ?? files.transparent) !== undefined,
  })
  checkWelcome(desk, message.author, routed.kind)
  switch (routed.kind) {
    case 'settings':
      return handleSettings(desk, message, state, routed)
    case 'admin':
      return handleAdmin(desk, message, state, routed.command)
    case 'forget':
      return routed.confirmed ? forgetEverything(desk, message) : askToForget(desk, message, state)
    case 'export':
      return answer(desk, message, state, await exportAnswer(desk, state))
    case 'help':
      return answer(desk, message, state, { question: '/help', text: ({ answers }) => answers.help })
    case 'recipe':
      return answer(desk, message, state, recipeAnswer(currentImage(state, current)))
    case 'branch':
      checkPress(desk, state, message.author, [currentImage(state, current).author.id])
      return branchFrom(desk, message, state, currentImage(state, current).id)
    case 'compare':
      return compareWithParent(desk, message, state, currentImage(state, current).id)
    case 'undo':
    case 'redo':
      return acceptChange(
        desk,
        message,
        { thread: movedBy(desk, message, state, routed.kind, routed.steps) },
        ({ answers }) => (routed.kind === 'undo' ? answers.undone : answers.redone),
      )
    case 'cancel':
      return cancelAll(desk, message, openJobs(desk, message, state))
    default:
      return speak(desk, message, state, routed, aboutImageId ?? (isDrawing ? laterPicture : state.headImageId), files)
  }
}

/** A message that the models answer; `workedOn` is the picture that it is about, unless it brings one. */
async function speak(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  routed: ModelRoute,
  workedOn: string | undefined,
  files: SortedFiles,
): Promise<Acknowledgement> {
  const { context } = desk
  const adjusted = routed.kind === 'edit' ? await adjustLastEdit(desk, message, state, routed) : undefined
  if (adjusted) return adjusted
  const turnId = userTurnId(jobIdOf(message))
  const downloads = downloadsOf(message)
  const uploaded = files.pictures.length > 0 || downloads.length > 0
  const last = files.pictures.length > 0 ? files.pictures.length - 1 : 0
  const imageId = uploaded ? `${turnId}-${last}` : workedOn
  const mask = files.mask && imageId !== undefined ? { imageId, bytes: files.mask.bytes } : undefined
  const wordings = wordingsFor(context, drawingSettings(context, state, routed.drawing.settings))
  const text = wordsOfRoute(routed, wordings, sentencesIn(desk.language).asked)
  const said = { text, uploads: files.pictures, aboutImageId: message.replyToImageId, mask }
  const thread = withUserTurn(state, message, said, context.now())
  const place = { context, state: thread, turnId, imageId, downloads, mask: maskOf(files, routed) }
  const request = requestOfRoute(routed, place)
  if (request.kind === 'inpaint' || request.kind === 'edit') await checkedMask(desk, thread, request, files)
  if (request.kind === 'redo') return acceptJob(desk, message, thread, await redoOf(context, thread, request))
  const pictures = [...files.pictures, ...(files.mask ? [files.mask] : [])].map(({ bytes }) => bytes)
  return acceptJob(desk, message, thread, inheritDesign(await lastDesign(desk, state), request), { pictures })
}

const maskOf = ({ mask, transparent }: SortedFiles, { drawing }: ModelRoute) =>
  (mask && drawnMask(sha256Of(mask.bytes))) ?? maskOfOptions(drawing) ?? transparent

/** Looks at a mask before the job is taken. Throws AppError `input/empty`, `input/invalid-option`. */
async function checkedMask(
  { context }: Desk,
  state: ConversationState,
  { mask, imageId }: { readonly mask?: StoredMask; readonly imageId: string },
  { pictures, mask: file }: SortedFiles,
): Promise<void> {
  const image = state.images[imageId]
  if (!mask || !image) return
  const sent = new Map([...pictures, ...(file ? [file] : [])].map(({ bytes }) => [sha256Of(bytes), bytes]))
  const load = async (sha256: string) => sent.get(sha256) ?? loadBlob(context.stores, sha256)
  await checkMask(await loadMask(mask, load), await load(image.sha256))
}

const downloadsOf = ({ attachments }: IncomingMessage): readonly Download[] =>
  attachments.flatMap(({ name, source }) => ('url' in source ? [{ ...source, name }] : []))

/** What a person said beside a command's name and options. */
function wordsOf(text: string): string {
  const command = /^\s*\/[a-z]+\s*/i.exec(text)
  return command ? splitOptions(text.slice(command[0].length)).words : text
}

function newThread({ context, language }: Desk, message: IncomingMessage): ConversationState {
  const { key, author, text, attachments } = message
  const { answers } = sentencesIn(language)
  return createThread({
    key,
    owner: { id: author.id, name: author.name },
    title: titleFrom(wordsOf(text)) || titleFrom(attachments[0]?.name ?? answers.newThread),
    now: context.now(),
  })
}

function currentImage(state: ConversationState, imageId: string | undefined): ImageNode {
  const image = liveImage(state, imageId)
  if (image) return image
  throw refuse('input/not-found', 'noPictureYet')
}

/** As many exchanges back or forward as there are. Throws AppError `input/not-found` when there is none. */
function moved(state: ConversationState, kind: 'undo' | 'redo', steps: number): ConversationState {
  const move = kind === 'undo' ? undo : redo
  let next = move(state)
  if (!next) throw refuse('input/not-found', kind === 'undo' ? 'nothingToUndo' : 'nothingToRedo')
  for (let step = 1; step < steps; step++) {
    const further = move(next)
    if (!further) break
    next = further
  }
  return next
}

/** The same, where the person may take back or bring back what others asked for in between. */
function movedBy(desk: Desk, { author }: IncomingMessage, ...move: Parameters<typeof moved>): ConversationState {
  const [state, kind] = move
  const next = moved(...move)
  const [longer, shorter] = kind === 'undo' ? [state, next] : [next, state]
  const left = new Set(history(shorter).map(({ id }) => id))
  const asked = history(longer).filter(({ id, role, aside }) => role === 'user' && !aside && !left.has(id))
  for (const turn of asked) checkPress(desk, state, author, [turn.author?.id])
  return next
}

/**
 * The jobs of the thread that have not ended: all where the person may stop what others asked for, else their own.
 * Throws AppError `input/not-found` when there is none.
 */
function openJobs(desk: Desk, { key, author }: IncomingMessage, state: ConversationState): readonly string[] {
  const threadKey = threadKeyString(key)
  const jobs = desk.runner.live().filter((live) => live.threadKey === threadKey)
  if (jobs.length === 0) throw refuse('input/not-found', 'nothingGoesOn')
  const isForAll = mayPress(desk, state, author, [state.owner.id])
  const own = jobs.filter(({ job }) => isForAll || job.author.id === author.id)
  if (own.length === 0) throw refuse('access/denied', 'nothingOfYours')
  return own.map(({ job }) => job.id)
}
