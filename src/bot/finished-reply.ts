import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import type { AppErrorData } from '../contract/errors.ts'
import type { Job, JobState } from '../contract/job.ts'
import type { OutgoingMessage, Part } from '../contract/outgoing.ts'
import { liveImage } from '../conversation/images.ts'
import { editPromptControl, imageControls, retryControl } from './controls.ts'
import { messageOf, outgoingImage } from './reply.ts'
import { sentenceOf } from './sentences.ts'

/** How a job ends that failed with this error, or did not. */
export const endStateOf = (error: AppErrorData | undefined): JobState =>
  error === undefined ? 'done' : error.code === 'inference/cancelled' ? 'cancelled' : 'failed'

/** The final message of a job, made from the stored turn alone: after a restart it is the same. */
export function finishedMessage(job: Job, state: ConversationState): OutgoingMessage {
  const turn = state.turns[job.replyTurnId]
  const parts = turn ? turnParts(state, turn) : []
  return messageOf(job, endStateOf(job.error), [...parts, ...(job.error ? errorParts(job, job.error) : [])], true)
}

/** What a job leaves to be seen when its end could not be stored; it is kept, and runs again after a restart. */
export const unstoredMessage = (job: Job, error: AppErrorData): OutgoingMessage =>
  messageOf(job, 'failed', errorParts(job, error), true)

function errorParts(job: Job, error: AppErrorData): readonly Part[] {
  return [
    { type: 'error', error, sentence: sentenceOf(error) },
    { type: 'controls', controls: [retryControl(job.id)] },
  ]
}

function turnParts(state: ConversationState, turn: Turn): readonly Part[] {
  let block = 0
  const parts = turn.blocks.flatMap((piece) =>
    piece.type === 'picture' ? pictureParts(state, turn, piece, block++) : textParts(piece),
  )
  return turn.notice === undefined ? parts : [...parts, { type: 'notice', text: turn.notice }]
}

const textParts = (block: Block): readonly Part[] =>
  block.type === 'text' ? [{ type: 'text', text: block.text, streaming: false }] : []

type PictureBlock = Extract<Block, { type: 'picture' }>

function pictureParts(state: ConversationState, turn: Turn, piece: PictureBlock, block: number): readonly Part[] {
  const images = piece.imageIds.map((id) => liveImage(state, id)).filter((image) => image !== undefined)
  const controls = images.flatMap((image, index) => imageControls(image.id, images.length > 1 ? index + 1 : undefined))
  return [
    { type: 'prompt', block, text: piece.prompt, streaming: false },
    ...(images.length > 0 ? [imagesPart(images, piece.prompt, block)] : []),
    { type: 'controls', controls: [...controls, editPromptControl(turn.id, block, piece.prompt)] },
  ]
}

const imagesPart = (images: readonly ImageNode[], prompt: string, block: number): Part => ({
  type: 'images',
  block,
  images: images.map((image) => outgoingImage({ ...image, imageId: image.id }, prompt)),
})
