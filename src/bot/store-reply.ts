import type { Block, ConversationState, ImageNode } from '../contract/conversation.ts'
import type { AppErrorData } from '../contract/errors.ts'
import type { Job } from '../contract/job.ts'
import { addImages } from '../conversation/images.ts'
import type { Change } from '../conversation/stores.ts'
import { insertReply, type NewTurn } from '../conversation/thread.ts'
import { moveJob } from './jobs.ts'
import { keptItems, type DrawnPicture, type MadeFile, type ReplyItem, type ReplyState } from './reply.ts'

/**
 * The end of a job as one change: the reply's turn and pictures in the thread, and the job `posting`. After `error`
 * the turn keeps what was finished before it.
 */
export function endOfJob(
  state: ConversationState,
  job: Job,
  reply: ReplyState,
  now: number,
  error?: AppErrorData,
): Change {
  const items = keptItems(reply.items, error)
  const drawn = items.flatMap((item) => (item.type === 'picture' ? item.pictures : []))
  const { files = [], maskBytes } = reply
  const turn = { ...replyTurn(job, items.flatMap(blockOf), headOf(items), now), ...extrasOf(reply, error) }
  return {
    thread: insertReply(addImages(state, newNodes(drawn, job, now)), turn, job.request.turnId),
    pictures: [...drawn.flatMap(bytesOf), ...files.map(({ bytes }) => bytes), ...(maskBytes ? [maskBytes] : [])],
    jobs: [moveJob(job, 'posting', now, error)],
  }
}

/** What is settled of a reply that is still being made, as one change: its pictures come into the thread. */
export function progressOfJob(
  state: ConversationState,
  job: Job,
  kept: readonly Block[],
  pictures: readonly DrawnPicture[],
  now: number,
): Change & { readonly jobs: readonly [Job] } {
  return {
    thread: addImages(state, newNodes(pictures, job, now)),
    pictures: pictures.flatMap(bytesOf),
    jobs: [{ ...job, kept, updatedAt: now }],
  }
}

/** The assistant turn of a job. */
export function replyTurn(job: Job, blocks: readonly Block[], headImageId: string | undefined, now: number): NewTurn {
  return {
    id: job.replyTurnId,
    role: 'assistant',
    blocks,
    jobId: job.id,
    createdAt: now,
    ...(headImageId === undefined ? {} : { headImageId }),
    ...(job.request.kind === 'answer' ? { aside: true } : {}),
  }
}

/** The picture that is current after a reply: the first of its last block with pictures. */
function headOf(items: readonly ReplyItem[]): string | undefined {
  const shown = items.findLast((item) => item.type === 'picture' && item.pictures.length > 0)
  return shown?.type === 'picture' ? shown.pictures[0]?.imageId : undefined
}

const extrasOf = (
  { notice, proposal, book, files }: ReplyState,
  error: AppErrorData | undefined,
): Partial<NewTurn> => ({
  ...(error ? { error } : {}),
  ...(notice === undefined ? {} : { notice }),
  ...(proposal ? { proposal } : {}),
  ...(book ? { book } : {}),
  ...(files ? { files: files.map(storedFile) } : {}),
})

const storedFile = ({ name, mediaType, sha256, bytes }: MadeFile) => ({
  name,
  mediaType,
  sha256,
  sizeBytes: bytes.length,
})

/** The pieces of a reply as its turn keeps them. */
export function blockOf(item: ReplyItem): readonly Block[] {
  if (item.type === 'text') return item.text.trim() === '' ? [] : [{ type: 'text', text: item.text.trim() }]
  return [{ type: 'picture', prompt: item.prompt, imageIds: item.pictures.map(({ imageId }) => imageId) }]
}

const bytesOf = ({ bytes, mask }: DrawnPicture): readonly Uint8Array[] => [
  ...(bytes ? [bytes] : []),
  ...(bytes && mask ? [mask.bytes] : []),
]

/** Nodes of the pictures that the thread does not hold yet. */
const newNodes = (pictures: readonly DrawnPicture[], job: Job, now: number): readonly ImageNode[] =>
  pictures.filter(({ bytes }) => bytes).map((picture) => imageNode(picture, job, now))

function imageNode(picture: DrawnPicture, job: Job, now: number): ImageNode {
  const { imageId, sha256, mediaType, width, height, recipe, parentId, mask, details, sensitive } = picture
  return {
    id: imageId,
    ...(parentId === undefined ? {} : { parentId }),
    turnId: job.replyTurnId,
    sha256,
    mediaType,
    width,
    height,
    operation: operationOf(job, recipe.operation),
    recipe,
    ...(job.spoiler ? { spoiler: true } : {}),
    ...(mask ? { maskSha256: mask.sha256 } : {}),
    ...(details ? { details } : {}),
    ...(sensitive ? { sensitive } : {}),
    author: job.author,
    createdAt: now,
  }
}

function operationOf({ request }: Job, operation: NonNullable<ImageNode['recipe']>['operation']) {
  if (request.kind === 'variations') return 'variation'
  return request.kind === 'redo' || request.kind === 'page' ? 'redo' : operation
}

/** A picture of the thread as a running reply shows it. */
export function drawnPicture(node: ImageNode): DrawnPicture | undefined {
  const { id, sha256, mediaType, width, height, recipe, parentId, details, sensitive } = node
  if (!recipe) return undefined
  return {
    imageId: id,
    sha256,
    mediaType,
    width,
    height,
    recipe,
    ...(parentId === undefined ? {} : { parentId }),
    ...(details ? { details } : {}),
    ...(sensitive ? { sensitive } : {}),
  }
}
