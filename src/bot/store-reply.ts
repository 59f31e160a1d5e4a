import type { Block, ConversationState, ImageNode } from '../contract/conversation.ts'
import type { AppErrorData } from '../contract/errors.ts'
import type { Job } from '../contract/job.ts'
import { addImages } from '../conversation/images.ts'
import type { Change } from '../conversation/stores.ts'
import { insertReply, type NewTurn } from '../conversation/thread.ts'
import { moveJob } from './jobs.ts'
import { keptItems, type DrawnPicture, type ReplyItem, type ReplyState } from './reply.ts'

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
  const nodes = drawn.map((picture) => imageNode(picture, job, now))
  const turn = replyTurn(job, items, reply.notice, now, error)
  return {
    thread: insertReply(addImages(state, nodes), turn, job.request.turnId),
    pictures: drawn.map(({ bytes }) => bytes),
    jobs: [moveJob(job, 'posting', now, error)],
  }
}

export function replyTurn(
  job: Job,
  items: readonly ReplyItem[],
  notice: string | undefined,
  now: number,
  error?: AppErrorData,
): NewTurn {
  const shown = items.findLast((item) => item.type === 'picture' && item.pictures.length > 0)
  const imageId = shown?.type === 'picture' ? shown.pictures[0]?.imageId : undefined
  return {
    id: job.replyTurnId,
    role: 'assistant',
    blocks: items.flatMap(blockOf),
    jobId: job.id,
    createdAt: now,
    ...(imageId === undefined ? {} : { headImageId: imageId }),
    ...(error ? { error } : {}),
    ...(notice === undefined ? {} : { notice }),
    ...(job.request.kind === 'answer' ? { aside: true } : {}),
  }
}

function blockOf(item: ReplyItem): readonly Block[] {
  if (item.type === 'text') return item.text.trim() === '' ? [] : [{ type: 'text', text: item.text.trim() }]
  return [{ type: 'picture', prompt: item.prompt, imageIds: item.pictures.map(({ imageId }) => imageId) }]
}

function imageNode(picture: DrawnPicture, job: Job, now: number): ImageNode {
  const { request } = job
  const parentId =
    'imageId' in request ? request.imageId : 'parentImageId' in request ? request.parentImageId : undefined
  return {
    id: picture.imageId,
    ...(parentId === undefined ? {} : { parentId }),
    turnId: job.replyTurnId,
    sha256: picture.sha256,
    mediaType: picture.mediaType,
    width: picture.width,
    height: picture.height,
    operation: request.kind === 'redo' ? 'redo' : request.kind === 'variations' ? 'variation' : 'text-to-image',
    recipe: picture.recipe,
    author: job.author,
    createdAt: now,
  }
}
