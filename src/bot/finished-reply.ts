import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import type { AppErrorData } from '../contract/errors.ts'
import type { Job, JobState } from '../contract/job.ts'
import type { OutgoingMessage, Part } from '../contract/outgoing.ts'
import { liveImage } from '../conversation/images.ts'
import { sentenceOf } from '../language/error-sentence.ts'
import type { Sentences } from '../language/sentences.ts'
import { changePart, nodeImage, outgoingImage } from './change-part.ts'
import {
  approvalControls,
  editPromptControl,
  imageControls,
  pageControl,
  retryControl,
  undoControl,
} from './controls.ts'
import { sentencesOf } from './job-words.ts'
import { messageOf } from './reply.ts'
import { routePart } from './route-part.ts'

/** How a job ends that failed with this error, or did not. */
export const endStateOf = (error: AppErrorData | undefined): JobState =>
  error === undefined ? 'done' : error.code === 'inference/cancelled' ? 'cancelled' : 'failed'

/** The final message of a job, made from the stored turn alone: after a restart it is the same. */
export function finishedMessage(job: Job, state: ConversationState): OutgoingMessage {
  const turn = state.turns[job.replyTurnId]
  const parts = turn ? turnParts(sentencesOf(job), state, turn) : []
  const failure = job.error ? errorParts(job, job.error) : []
  return messageOf(job, endStateOf(job.error), [...routePart(job), ...parts, ...failure], true)
}

/** What a job leaves to be seen when its end could not be stored; it is kept, and runs again after a restart. */
export const unstoredMessage = (job: Job, error: AppErrorData): OutgoingMessage =>
  messageOf(job, 'failed', errorParts(job, error), true)

function errorParts(job: Job, error: AppErrorData): readonly Part[] {
  return [
    { type: 'error', error, sentence: sentenceOf(error, job.language ?? 'en') },
    { type: 'controls', controls: [retryControl(sentencesOf(job), job.id)] },
  ]
}

function turnParts(sentences: Sentences, state: ConversationState, turn: Turn): readonly Part[] {
  let block = 0
  const parts = turn.blocks.flatMap((piece) =>
    piece.type === 'picture' ? pictureParts(sentences, state, turn, piece, block++) : textParts(piece),
  )
  return [
    ...parts,
    ...proposalParts(sentences, state, turn),
    ...comparedParts(sentences, state, turn),
    ...(turn.files ?? []).map((file) => ({ type: 'file', ...file }) as const),
    ...pageParts(sentences, turn),
    ...(turn.notice === undefined ? [] : [{ type: 'notice', text: turn.notice } as const]),
  ]
}

const textParts = (block: Block): readonly Part[] =>
  block.type === 'text' ? [{ type: 'text', text: block.text, streaming: false }] : []

type PictureBlock = Extract<Block, { type: 'picture' }>

function pictureParts(
  sentences: Sentences,
  state: ConversationState,
  turn: Turn,
  piece: PictureBlock,
  block: number,
): readonly Part[] {
  const { prompt } = piece
  const images = piece.imageIds.map((id) => liveImage(state, id)).filter((image) => image !== undefined)
  const controls = images.flatMap((image, index) =>
    imageControls(sentences, image, images.length > 1 ? index + 1 : undefined),
  )
  const changes = images.flatMap((image) => changeOf(sentences, state, image, prompt, block))
  const canRewrite = prompt !== '' && !turn.proposal
  return [
    ...(prompt === '' ? [] : [{ type: 'prompt', block, text: prompt, streaming: false } as const]),
    ...(images.length > 0 ? [imagesPart(sentences, images, prompt, block)] : []),
    ...changes,
    {
      type: 'controls',
      controls: [
        ...controls,
        ...(canRewrite ? [editPromptControl(sentences, { turnId: turn.id, block, prompt })] : []),
        ...editControls(sentences, state, turn, images, prompt),
        ...(images.length > 0 && isLastPicture(turn, piece) ? [undoControl(sentences, turn.id)] : []),
      ],
    },
  ]
}

const isLastPicture = ({ blocks }: Turn, piece: PictureBlock) =>
  blocks.findLast((one) => one.type === 'picture') === piece

const imagesPart = (sentences: Sentences, images: readonly ImageNode[], prompt: string, block: number): Part => ({
  type: 'images',
  block,
  images: images.map((image) =>
    prompt === '' ? nodeImage(sentences, image) : outgoingImage({ ...image, imageId: image.id }, prompt),
  ),
})

/** What a picture was made from, when that is still there. */
const parentOf = (state: ConversationState, { parentId, recipe }: ImageNode) =>
  recipe === undefined || recipe.operation === 'text-to-image' ? undefined : liveImage(state, parentId)

function changeOf(
  sentences: Sentences,
  state: ConversationState,
  image: ImageNode,
  target: string,
  block: number,
): readonly Part[] {
  const before = parentOf(state, image)
  if (!before || !image.recipe) return []
  const { operation, edit } = image.recipe
  const mask = image.maskSha256 === undefined ? {} : { mask: { sha256: image.maskSha256 } }
  const after = { ...image, imageId: image.id, ...mask }
  return [changePart(sentences, { block, operation, before, after, source: edit?.sourcePrompt, target })]
}

/** An edit that was applied can still be made otherwise. */
function editControls(
  sentences: Sentences,
  state: ConversationState,
  turn: Turn,
  [image]: readonly ImageNode[],
  prompt: string,
) {
  const before = image?.recipe?.operation === 'edit' ? parentOf(state, image) : undefined
  return before && image
    ? approvalControls(sentences, turn.id, before, { prompt, maskSha256: image.maskSha256, proposed: false })
    : []
}

function proposalParts(sentences: Sentences, state: ConversationState, { id, proposal }: Turn): readonly Part[] {
  const before = liveImage(state, proposal?.imageId)
  if (!proposal || !before) return []
  const { source, prompt, maskSha256 } = proposal
  return [
    changePart(sentences, { block: 0, operation: 'edit', before, source, target: prompt, maskSha256, proposed: true }),
    { type: 'controls', controls: approvalControls(sentences, id, before, { prompt, maskSha256, proposed: true }) },
  ]
}

function comparedParts(sentences: Sentences, state: ConversationState, { compared = [] }: Turn): readonly Part[] {
  const images = compared.map((id) => liveImage(state, id)).filter((image) => image !== undefined)
  return images.length === 0
    ? []
    : [{ type: 'images', block: 0, images: images.map((image) => nodeImage(sentences, image)) }]
}

function pageParts(sentences: Sentences, { id, book }: Turn): readonly Part[] {
  const controls =
    book?.pages.flatMap((page, index) => (page.imageId === undefined ? [] : [pageControl(sentences, id, index)])) ?? []
  return controls.length === 0 ? [] : [{ type: 'controls', controls }]
}
