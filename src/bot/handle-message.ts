import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { IncomingMessage } from '../contract/incoming.ts'
import type { Download } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { liveImage } from '../conversation/images.ts'
import { changeSettings, createThread, titleFrom, undo } from '../conversation/thread.ts'
import {
  acceptAnswer,
  acceptChange,
  acceptJob,
  answeredImage,
  drawingSettings,
  withUserTurn,
  type Desk,
  type Handled,
} from './accept.ts'
import { helpText, recipeText, settingsText } from './answers.ts'
import { optionContext } from './context.ts'
import { randomSeed } from './seed.ts'
import { route, type Route } from './route.ts'
import { checkText } from './text-checks.ts'
import { checkAttachments, readUploads } from './uploads.ts'
import { jobIdOf, userTurnId } from './jobs.ts'

/** Does what a message asks for, or stores the job that does. Throws AppError for what is refused. */
export async function handleMessage(
  desk: Desk,
  message: IncomingMessage,
  found: ConversationState | undefined,
): Promise<Handled> {
  const { context } = desk
  checkText(message.text, context.limits.textLength)
  checkAttachments(context, message.attachments)
  const state = found ?? newThread(desk, message)
  const aboutImageId = answeredImage(state, message)
  const hasPicture = message.attachments.length > 0 || (aboutImageId ?? state.headImageId) !== undefined
  const routed = route(message, { wordings: context.wordings, options: optionContext(context), hasPicture })
  switch (routed.kind) {
    case 'chat':
    case 'imagine':
      return speak(desk, message, state, routed, aboutImageId)
    case 'settings':
      return acceptAnswer(
        desk,
        message,
        changed(state, routed),
        '/settings',
        settingsText(changed(state, routed).settings),
      )
    case 'help':
      return acceptAnswer(desk, message, state, '/help', helpText)
    case 'recipe':
      return acceptAnswer(desk, message, state, '/recipe', recipeOf(state, aboutImageId ?? state.headImageId))
    case 'undo':
      return acceptChange(desk, message, { thread: undone(state) })
    case 'cancel':
      return { type: 'cancel', jobIds: openJobs(desk, message) }
  }
}

type Speech = Extract<Route, { kind: 'chat' | 'imagine' }>

/** A message that the models answer. */
async function speak(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  routed: Speech,
  aboutImageId: string | undefined,
): Promise<Acknowledgement> {
  const { context } = desk
  const uploads = await readUploads(context, message.attachments)
  const text = routed.kind === 'chat' ? routed.text : routed.wish
  const thread = withUserTurn(state, message, { text, uploads, aboutImageId }, context.now())
  const turnId = userTurnId(jobIdOf(message))
  const { seed = randomSeed(), settings } = routed.drawing
  const base = { turnId, seed, drawing: drawingSettings(context, state, settings) }
  const downloads = downloadsOf(message)
  const request =
    routed.kind === 'imagine'
      ? ({ kind: 'imagine', wish: routed.wish, ...base } as const)
      : ({ kind: 'chat', ...base, ...(downloads.length > 0 ? { downloads } : {}) } as const)
  return acceptJob(desk, message, thread, request, uploads)
}

const downloadsOf = ({ attachments }: IncomingMessage): readonly Download[] =>
  attachments.flatMap(({ name, source }) => ('url' in source ? [{ ...source, name }] : []))

const newThread = ({ context }: Desk, { key, author, text, attachments }: IncomingMessage): ConversationState =>
  createThread({
    key,
    owner: { id: author.id, name: author.name },
    title: titleFrom(text.replace(/^\s*\/[a-z]+\s*/i, '')) || titleFrom(attachments[0]?.name ?? 'New thread'),
    now: context.now(),
  })

function changed(state: ConversationState, { change }: Extract<Route, { kind: 'settings' }>): ConversationState {
  if (change === undefined) return state
  return changeSettings(state, change === 'reset' ? {} : { ...state.settings, ...change })
}

function recipeOf(state: ConversationState, imageId: string | undefined): string {
  const image = liveImage(state, imageId)
  if (image) return recipeText(image.recipe)
  throw new AppError('input/not-found', {
    message: 'this thread has no picture yet',
    hint: 'Have one drawn first: /imagine a red fox.',
  })
}

function undone(state: ConversationState): ConversationState {
  const before = undo(state)
  if (before) return before
  throw new AppError('input/not-found', {
    message: 'there is nothing to take back',
    hint: 'This is the beginning of the thread.',
  })
}

/** The jobs of the thread that have not ended. Throws AppError `input/not-found` when there is none. */
function openJobs({ runner }: Desk, { key }: IncomingMessage): readonly string[] {
  const threadKey = threadKeyString(key)
  const jobIds = runner.live().flatMap((live) => (live.threadKey === threadKey ? [live.job.id] : []))
  if (jobIds.length > 0) return jobIds
  throw new AppError('input/not-found', {
    message: 'nothing is going on in this thread',
    hint: 'There is nothing to cancel.',
  })
}
