import type { Acknowledgement, AnsweredFile } from '../contract/adapter.ts'
import type { Block, ConversationState, ThreadSettings } from '../contract/conversation.ts'
import type { Incoming, IncomingMessage } from '../contract/incoming.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import type { Language } from '../contract/language.ts'
import type { Control } from '../contract/outgoing.ts'
import type { Policy } from '../contract/policy.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { addImages, liveImage } from '../conversation/images.ts'
import type { Change } from '../conversation/stores.ts'
import { appendTurn, insertReply } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { sentencesIn, type Sentences } from '../language/sentences.ts'
import type { BotContext } from './context.ts'
import { sentencesOf } from './job-words.ts'
import { createJob, jobIdOf, userTurnId } from './jobs.ts'
import { checkAdmission, countsOfStart, staleUsage } from './policy/limits.ts'
import type { ScopedSettings } from './policy/scopes.ts'
import type { Runner } from './runner.ts'
import { checkWords } from './safety/check-words.ts'
import { logWords } from './log-words.ts'
import { replyTurn } from './store-reply.ts'
import { uploadNodes, type Upload } from './uploads.ts'

/** What the handlers of messages and actions work with. The thread's lock is held while they run. */
export interface Desk {
  /** Its defaults hold the settings of the person and of the channel. */
  readonly context: BotContext
  readonly runner: Runner
  /** The rules in force here. */
  readonly policy: Policy
  readonly scopes: ScopedSettings
  /** The bot's own settings, below those. */
  readonly usual: ThreadSettings
  /** What the event is answered in. */
  readonly language: Language
}

/** What became of an event; what other threads or the end of jobs have to do with is done after the thread's lock. */
export type Handled = Acknowledgement | { readonly type: 'later'; readonly act: () => Promise<Acknowledgement> }

/** What a person said or pressed, as it becomes a turn of the thread. */
export interface UserTurn {
  readonly text: string
  readonly uploads?: readonly Upload[]
  /** The picture that it is about, when it is not the current one. */
  readonly aboutImageId?: string | undefined
  /** The part of the picture that was marked, as a file. */
  readonly mask?: MarkedPart | undefined
  /** Not shown to the model. */
  readonly aside?: boolean
}

/** A mask that a person drew over a picture: a picture that is white where it is to be drawn anew. */
export interface MarkedPart {
  readonly imageId: string
  readonly bytes: Uint8Array
}

/** Adds a user turn to a thread; pictures that come with it are current from here on. */
export function withUserTurn(state: ConversationState, incoming: Incoming, user: UserTurn, now: number) {
  const jobId = jobIdOf(incoming)
  const id = userTurnId(jobId)
  const nodes = uploadNodes(user.uploads ?? [], { turnId: id, author: incoming.author, now })
  const text: Block = { type: 'text', text: user.text }
  const headImageId = nodes.at(-1)?.id ?? user.aboutImageId
  return appendTurn(addImages(state, nodes), {
    id,
    role: 'user',
    author: incoming.author,
    blocks: [...nodes.map((node) => ({ type: 'upload', imageId: node.id }) as const), text],
    jobId,
    createdAt: now,
    ...(headImageId === undefined ? {} : { headImageId }),
    ...(user.mask ? { mask: { imageId: user.mask.imageId, sha256: sha256Of(user.mask.bytes) } } : {}),
    ...(user.aside ? { aside: true } : {}),
  })
}

/** What comes with a job: bytes that its user turn shows, and what an earlier try has settled. */
export interface Enclosed {
  readonly pictures?: readonly Uint8Array[]
  readonly kept?: readonly Block[] | undefined
}

/** Stores a job with its user turn and lines it up. Throws AppError `access/denied`, `access/limit`, `storage/full`. */
export async function acceptJob(
  desk: Desk,
  incoming: Incoming,
  thread: ConversationState,
  request: JobRequest,
  { pictures = [], kept }: Enclosed = {},
): Promise<Acknowledgement> {
  const { context, runner, language } = desk
  checkWords(context, thread, request)
  return context.accepting(async () => {
    await checkAdmission(desk, incoming)
    const now = context.now()
    const spoiler = isHidden(context, thread, request) ? { spoiler: true } : {}
    const job = { ...createJob(incoming, request, now), language, ...spoiler, ...(kept ? { kept } : {}) }
    const counts = countsOfStart(incoming, now)
    const rows = await staleUsage(context, now)
    await context.stores.commit({ thread, pictures, jobs: [job], event: { id: job.id, jobId: job.id }, counts, rows })
    logWords(context, job, thread)
    return { type: 'accepted', jobId: job.id, position: runner.submit(job) }
  })
}

/** Whether the pictures of a job go out hidden: as it was said or set, or as the picture is that they are made from. */
function isHidden({ defaults }: BotContext, state: ConversationState, request: JobRequest): boolean {
  const set = 'drawing' in request && request.drawing ? request.drawing : { ...defaults, ...state.settings }
  return set.spoiler === true || ('imageId' in request && state.images[request.imageId]?.spoiler === true)
}

/** An answer that is known already, with its question and the pictures of the thread that it shows. */
export interface KnownAnswer {
  readonly question: string
  readonly text: (sentences: Sentences) => string
  readonly compared?: readonly string[]
  /** The picture that is current from here on. */
  readonly aboutImageId?: string
  /** For platforms that answer at once. */
  readonly controls?: (sentences: Sentences) => readonly Control[]
  readonly files?: readonly AnsweredFile[]
}

/** Stores a change and answers: at once and privately where the platform can do that, else by a reply in the thread. */
export async function answer(
  desk: Desk,
  incoming: Incoming,
  state: ConversationState,
  known: KnownAnswer,
  change: Change = {},
): Promise<Acknowledgement> {
  const { adapters, stores } = desk.context
  if (!adapters.get(incoming.key.platform)?.capabilities.ephemeral)
    return acceptAnswer(desk, incoming, change.thread ?? state, known, change)
  if (Object.keys(change).length > 0) await stores.commit({ ...change, event: { id: jobIdOf(incoming) } })
  const sentences = sentencesIn(desk.language)
  const { controls, files } = known
  return {
    type: 'answered',
    text: known.text(sentences),
    ...(controls ? { controls: controls(sentences) } : {}),
    ...(files ? { files } : {}),
  }
}

/** Stores an answer together with its question, both unseen by the model, and posts it. */
export async function acceptAnswer(
  { context, runner, language }: Desk,
  incoming: Incoming,
  state: ConversationState,
  { question, text: textIn, compared = [], aboutImageId }: KnownAnswer,
  change: Change = {},
): Promise<Acknowledgement> {
  const now = context.now()
  const asked = withUserTurn(state, incoming, { text: question, aside: true, aboutImageId }, now)
  const turnId = userTurnId(jobIdOf(incoming))
  const created = { ...createJob(incoming, { kind: 'answer', turnId, text: '' }, now), language }
  const text = textIn(sentencesOf(created))
  const job: Job = { ...created, request: { kind: 'answer', turnId, text }, state: 'posting' }
  const reply = replyTurn(job, [{ type: 'text', text }], undefined, context.now())
  const thread = insertReply(asked, compared.length > 0 ? { ...reply, compared } : reply, turnId)
  await context.stores.commit({ ...change, thread, jobs: [job], event: { id: job.id, jobId: job.id } })
  runner.post(job)
  return { type: 'accepted', jobId: job.id, position: 0 }
}

/** Ends jobs once the thread's lock is free. */
export const cancelAll = ({ context, runner }: Desk, incoming: Incoming, jobIds: readonly string[]): Handled => ({
  type: 'later',
  act: async () => {
    await Promise.all(jobIds.map((id) => runner.cancel(id)))
    await context.stores.commit({ event: { id: jobIdOf(incoming) } })
    return { type: 'done' }
  },
})

/** Stores a change that has no reply; where people do not see it happen it is said, to the one who asked alone. */
export async function acceptChange(
  { context, language }: Desk,
  incoming: Incoming,
  change: Change,
  said: (sentences: Sentences) => string,
): Promise<Acknowledgement> {
  await context.stores.commit({ ...change, event: { id: jobIdOf(incoming) } })
  const isShown = context.adapters.get(incoming.key.platform)?.capabilities.ephemeral !== true
  return isShown ? { type: 'done' } : { type: 'answered', text: said(sentencesIn(language)) }
}

/** The picture that a message answers. Throws AppError `input/not-found` for one that is not there. */
export function answeredImage(state: ConversationState, { replyToImageId }: IncomingMessage): string | undefined {
  if (replyToImageId === undefined || liveImage(state, replyToImageId)) return replyToImageId
  throw refuse('input/not-found', 'answeredPictureGone')
}
