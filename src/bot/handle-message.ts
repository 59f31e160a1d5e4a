import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState, ImageNode } from '../contract/conversation.ts'
import type { IncomingMessage } from '../contract/incoming.ts'
import type { Download, StoredMask } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { liveImage } from '../conversation/images.ts'
import { changeSettings, createThread, titleFrom } from '../conversation/thread.ts'
import { redo, undo } from '../conversation/thread-moves.ts'
import {
  acceptAnswer,
  acceptChange,
  acceptJob,
  answeredImage,
  withUserTurn,
  type Desk,
  type Handled,
} from './accept.ts'
import { refuse } from '../language/refuse.ts'
import { sentencesIn } from '../language/sentences.ts'
import { laterPicture } from './current-picture.ts'
import { adjustLastEdit } from './adjust-edit.ts'
import { recipeAnswer, settingsText } from './answers.ts'
import { branchFrom, compareWithParent } from './branch-and-compare.ts'
import { loadBlob, optionContext, wordingsFor } from './context.ts'
import { inheritDesign, lastDesign } from './go-on-designing.ts'
import { sentencesFor } from './job-words.ts'
import { jobIdOf, userTurnId } from './jobs.ts'
import { checkMask } from './model-pictures.ts'
import { languageFor } from './policy/scopes.ts'
import { redoOf } from './redo-request.ts'
import { drawingSettings, maskOfOptions, requestOfRoute, wordsOfRoute } from './requests.ts'
import { splitOptions } from './command-text.ts'
import { route, type ModelRoute, type Route } from './route.ts'
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
  switch (routed.kind) {
    case 'settings': {
      const next = changed(state, routed)
      return acceptAnswer(desk, message, next, {
        question: '/settings',
        text: (sentences) => settingsText(sentences, next.settings),
      })
    }
    case 'help':
      return acceptAnswer(desk, message, state, { question: '/help', text: ({ answers }) => answers.help })
    case 'recipe':
      return acceptAnswer(desk, message, state, recipeAnswer(currentImage(state, current)))
    case 'branch':
      return branchFrom(desk, message, state, currentImage(state, current).id)
    case 'compare':
      return compareWithParent(desk, message, state, currentImage(state, current).id)
    case 'undo':
    case 'redo':
      return acceptChange(desk, message, { thread: moved(state, routed.kind, routed.steps) })
    case 'cancel':
      return { type: 'cancel', jobIds: openJobs(desk, message) }
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
  const text = wordsOfRoute(routed, wordings, sentencesFor(context, state, message).asked)
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

function newThread({ context }: Desk, message: IncomingMessage): ConversationState {
  const { key, author, text, attachments } = message
  const { answers } = sentencesIn(languageFor(message, undefined, context.language))
  return createThread({
    key,
    owner: { id: author.id, name: author.name },
    title: titleFrom(wordsOf(text)) || titleFrom(attachments[0]?.name ?? answers.newThread),
    now: context.now(),
  })
}

function changed(state: ConversationState, { change }: Extract<Route, { kind: 'settings' }>): ConversationState {
  if (change === undefined) return state
  return changeSettings(state, change === 'reset' ? {} : { ...state.settings, ...change })
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

/** The jobs of the thread that have not ended. Throws AppError `input/not-found` when there is none. */
function openJobs({ runner }: Desk, { key }: IncomingMessage): readonly string[] {
  const threadKey = threadKeyString(key)
  const jobIds = runner.live().flatMap((live) => (live.threadKey === threadKey ? [live.job.id] : []))
  if (jobIds.length > 0) return jobIds
  throw refuse('input/not-found', 'nothingGoesOn')
}
