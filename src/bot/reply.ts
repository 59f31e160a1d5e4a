import type { Book, ImageNode, Proposal } from '../contract/conversation.ts'
import type { AppErrorData } from '../contract/errors.ts'
import type { PictureDetails, StepEvent } from '../contract/inference.ts'
import type { Job, JobState } from '../contract/job.ts'
import type { DrawingProgress, OutgoingImage, OutgoingMessage, Part } from '../contract/outgoing.ts'
import type { Operation, Recipe } from '../contract/recipe.ts'
import type { Sentences } from '../language/sentences.ts'
import { changePart, outgoingImage } from './change-part.ts'
import { cancelControl } from './controls.ts'
import { sentencesOf } from './job-words.ts'
import { routePart } from './route-part.ts'

/** A picture that was drawn. */
export interface DrawnPicture {
  readonly imageId: string
  readonly sha256: string
  /** Absent once it is stored. */
  readonly bytes?: Uint8Array
  readonly mediaType: string
  readonly width: number
  readonly height: number
  readonly recipe: Recipe
  /** The picture that it was made from. */
  readonly parentId?: string
  readonly mask?: { readonly sha256: string; readonly bytes: Uint8Array }
  readonly details?: Omit<PictureDetails, 'maskPng'>
  /** Found not safe for work. */
  readonly sensitive?: boolean
}

/** What a block does to a picture that is there. */
export interface ChangeOfPicture {
  readonly operation: Operation
  readonly before: ImageNode
  /** The prompt of what it shows, for edits. */
  readonly source?: string
}

/** A file that came of a job. */
export interface MadeFile {
  readonly name: string
  readonly mediaType: string
  readonly sha256: string
  readonly bytes: Uint8Array
}

/** Pieces of a reply in the order in which they came. */
export type ReplyItem =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'picture'
      readonly block: number
      readonly prompt: string
      readonly complete: boolean
      readonly pictures: readonly DrawnPicture[]
      readonly change?: ChangeOfPicture
      readonly progress?: DrawingProgress
      /** Place in line at the model that draws. */
      readonly position?: number
    }

type PictureItem = Extract<ReplyItem, { type: 'picture' }>

/** A reply while it is being made. */
export interface ReplyState {
  readonly phase: 'queued' | 'running'
  /** Place in line, while queued. */
  readonly position: number
  readonly items: readonly ReplyItem[]
  readonly notice?: string
  readonly proposal?: Proposal
  readonly book?: Book
  readonly files?: readonly MadeFile[]
  /** Bytes of the proposal's mask. */
  readonly maskBytes?: Uint8Array
}

/** What happens to a reply: the events of inference, told by block, and those of the queue. */
export type ReplyEvent =
  | { readonly type: 'queued'; readonly position: number }
  | { readonly type: 'running' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'prompt-text'; readonly block: number; readonly text: string }
  | { readonly type: 'prompt'; readonly block: number; readonly prompt: string }
  | { readonly type: 'waiting'; readonly block: number; readonly position: number }
  | { readonly type: 'step'; readonly block: number; readonly step: StepEvent }
  | { readonly type: 'picture'; readonly block: number; readonly picture: DrawnPicture }
  | { readonly type: 'drawn'; readonly block: number }
  | { readonly type: 'change'; readonly block: number; readonly change: ChangeOfPicture }
  | { readonly type: 'proposal'; readonly proposal: Proposal; readonly maskBytes?: Uint8Array }
  | { readonly type: 'book'; readonly book: Book; readonly files: readonly MadeFile[] }
  | { readonly type: 'notice'; readonly text: string }

export const emptyReply: ReplyState = { phase: 'queued', position: 0, items: [] }

/** The reply after an event. */
export function reduceReply(state: ReplyState, event: ReplyEvent): ReplyState {
  switch (event.type) {
    case 'queued':
      return { ...state, phase: 'queued', position: event.position }
    case 'running':
      return { ...state, phase: 'running' }
    case 'text':
      return { ...state, items: withText(state.items, event.text) }
    case 'notice':
      return { ...state, notice: state.notice === undefined ? event.text : `${state.notice} ${event.text}` }
    case 'change':
      return inBlock(state, event.block, (item) => ({ ...item, change: event.change }))
    case 'proposal': {
      const { proposal, maskBytes } = event
      return { ...state, proposal, ...(maskBytes ? { maskBytes } : {}) }
    }
    case 'book':
      return { ...state, book: event.book, files: event.files }
    case 'prompt-text':
      return inBlock(state, event.block, (item) => ({ ...item, prompt: item.prompt + event.text }))
    case 'prompt':
      return inBlock(state, event.block, (item) => ({ ...item, prompt: event.prompt, complete: true }))
    case 'waiting':
      return {
        ...inBlock(state, event.block, (item) => ({ ...item, position: event.position })),
        position: event.position,
      }
    case 'step':
      return inBlock(state, event.block, (item) => ({ ...item, progress: progressOf(event.step, item.progress) }))
    case 'picture':
      return inBlock(state, event.block, (item) => ({ ...item, pictures: [...item.pictures, event.picture] }))
    case 'drawn':
      return inBlock(state, event.block, withoutProgress)
  }
}

function withText(items: readonly ReplyItem[], text: string): readonly ReplyItem[] {
  const last = items.at(-1)
  if (last?.type !== 'text') return text.trim() === '' ? items : [...items, { type: 'text', text: text.trimStart() }]
  return [...items.slice(0, -1), { type: 'text', text: last.text + text }]
}

/** Changes the item of a block; the first event of a block adds it. */
function inBlock(state: ReplyState, block: number, change: (item: PictureItem) => PictureItem): ReplyState {
  const isIt = (item: ReplyItem): item is PictureItem => item.type === 'picture' && item.block === block
  const fresh: PictureItem = { type: 'picture', block, prompt: '', complete: false, pictures: [] }
  const items = state.items.some(isIt) ? state.items : [...state.items, fresh]
  return { ...state, items: items.map((item) => (isIt(item) ? change(item) : item)) }
}

const withoutProgress = ({ type, block, prompt, complete, pictures, change }: PictureItem): PictureItem => ({
  type,
  block,
  prompt,
  complete,
  pictures,
  ...(change ? { change } : {}),
})

/** A step's progress; the last preview stays until a newer one comes. */
function progressOf(event: StepEvent, before: DrawingProgress | undefined): DrawingProgress {
  const { image, images, step, steps, elapsedMs, remainingMs } = event
  const preview = event.preview ?? (before?.image === image ? before.preview : undefined)
  return {
    image,
    images,
    step,
    steps,
    elapsedMs,
    ...(remainingMs === undefined ? {} : { remainingMs }),
    ...(preview ? { preview } : {}),
  }
}

/** A reply in the making as adapters show it: what there is so far, how it goes on, and the cancel button. */
export const liveMessage = (job: Job, reply: ReplyState): OutgoingMessage =>
  messageOf(
    job,
    reply.phase,
    [
      ...routePart(job),
      ...liveParts(sentencesOf(job), reply),
      { type: 'controls', controls: [cancelControl(sentencesOf(job), job.id)] },
    ],
    false,
  )

/** A message of a job; `replyId` is that of the turn that the job writes, so showing it twice changes nothing. */
export const messageOf = (job: Job, state: JobState, parts: readonly Part[], final: boolean): OutgoingMessage => ({
  replyId: job.replyTurnId,
  jobId: job.id,
  key: job.key,
  inReplyTo: job.eventId,
  author: job.author,
  language: job.language ?? 'en',
  state,
  parts: job.spoiler ? parts.map(withSpoilers) : parts,
  final,
})

/** The part with its pictures hidden. */
function withSpoilers(part: Part): Part {
  if (part.type === 'images') return { ...part, images: part.images.map(hidden) }
  if (part.type !== 'change') return part
  return { ...part, before: hidden(part.before), ...(part.after ? { after: hidden(part.after) } : {}) }
}

const hidden = (image: OutgoingImage): OutgoingImage => ({ ...image, spoiler: true })

function liveParts(sentences: Sentences, { phase, position, items, notice }: ReplyState): readonly Part[] {
  const queued: Part = { type: 'progress', progress: { phase: 'queued', position } }
  const thinking: Part = { type: 'progress', progress: { phase: 'thinking' } }
  if (phase === 'queued') return [queued]
  if (items.length === 0) return [thinking]
  const parts = items.flatMap((item, index) => itemParts(sentences, item, index === items.length - 1))
  return notice === undefined ? parts : [...parts, { type: 'notice', text: notice }]
}

function itemParts(sentences: Sentences, item: ReplyItem, isLast: boolean): readonly Part[] {
  if (item.type === 'text') return [{ type: 'text', text: item.text, streaming: isLast }]
  const { block, prompt, complete, pictures, progress, position, change } = item
  const images: Part = { type: 'images', block, images: pictures.map((picture) => outgoingImage(picture, prompt)) }
  return [
    ...(prompt === '' ? [] : [{ type: 'prompt', block, text: prompt, streaming: !complete } as const]),
    ...(pictures.length > 0 ? [images] : []),
    ...(change && complete ? [liveChange(sentences, item, change)] : []),
    ...progressParts(block, progress, position),
  ]
}

const liveChange = (
  sentences: Sentences,
  { block, prompt, pictures }: PictureItem,
  { operation, before, source }: ChangeOfPicture,
): Part => changePart(sentences, { block, operation, before, after: pictures[0], source, target: prompt })

function progressParts(block: number, progress?: DrawingProgress, position?: number): readonly Part[] {
  if (progress) return [{ type: 'progress', progress: { phase: 'drawing', block, ...progress } }]
  if (position !== undefined) return [{ type: 'progress', progress: { phase: 'queued', position } }]
  return []
}

/** A sound end for items that were cut off by `error`: prompts that are not complete are left out. */
export const keptItems = (items: readonly ReplyItem[], error: AppErrorData | undefined): readonly ReplyItem[] =>
  error ? items.filter((item) => item.type === 'text' || item.complete) : items

/** The pictures and masks of a reply that are in no thread yet. */
export const liveBytes = ({ items }: ReplyState): readonly { readonly sha256: string; readonly bytes: Uint8Array }[] =>
  items.flatMap((item) =>
    item.type === 'text'
      ? []
      : item.pictures.flatMap(({ sha256, bytes, mask }) => [
          ...(bytes ? [{ sha256, bytes }] : []),
          ...(mask ? [mask] : []),
        ]),
  )
