import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import { moveHead } from './thread.ts'

/** Adds pictures to the tree. Whether one becomes current is said by the turn that shows it. */
export const addImages = (state: ConversationState, images: readonly ImageNode[]): ConversationState => ({
  ...state,
  images: { ...state.images, ...Object.fromEntries(images.map((image) => [image.id, image])) },
})

/** A picture that exists and was not deleted. */
export function liveImage(state: ConversationState, imageId: string | undefined): ImageNode | undefined {
  const image = imageId === undefined ? undefined : state.images[imageId]
  return image?.deletedAt === undefined ? image : undefined
}

/** A picture and what it was made from, oldest first. */
export function lineage(state: ConversationState, imageId: string): readonly ImageNode[] {
  const image = state.images[imageId]
  if (!image) return []
  return [...(image.parentId === undefined ? [] : lineage(state, image.parentId)), image]
}

/** Content hashes that a thread still shows: pictures, masks and files. */
export const liveHashes = (state: ConversationState): ReadonlySet<string> =>
  new Set([
    ...Object.values(state.images).flatMap((image) => (image.deletedAt === undefined ? hashesOf(image) : [])),
    ...Object.values(state.turns).flatMap(hashesOfTurn),
  ])

/** Content hashes of everything that a thread has held. */
export const allHashes = (state: ConversationState): ReadonlySet<string> =>
  new Set([...Object.values(state.images).flatMap(hashesOf), ...Object.values(state.turns).flatMap(hashesOfTurn)])

/** A picture's own bytes, and its mask's. */
export const hashesOf = ({ sha256, maskSha256 }: ImageNode): readonly string[] =>
  maskSha256 === undefined ? [sha256] : [sha256, maskSha256]

const hashesOfTurn = ({ mask, proposal, files = [] }: Turn): readonly string[] => [
  ...(mask ? [mask.sha256] : []),
  ...(proposal?.maskSha256 === undefined ? [] : [proposal.maskSha256]),
  ...files.map(({ sha256 }) => sha256),
]

/** Ids of the pictures that a block holds. */
export const imagesOf = (block: Block): readonly string[] =>
  block.type === 'picture' ? block.imageIds : block.type === 'upload' ? [block.imageId] : []

/** What was said of a picture that was drawn here: the prompt, and the sentence before it. */
export interface PictureWords {
  readonly prompt: string
  readonly sentence?: string
}

/** The prompt of a picture as its turn shows it, or as its recipe says. Undefined for one that has none. */
export function promptOf(state: ConversationState, image: ImageNode): PictureWords | undefined {
  const blocks = state.turns[image.turnId]?.blocks ?? []
  const index = blocks.findIndex((block) => block.type === 'picture' && block.imageIds.includes(image.id))
  const block = blocks[index]
  const before = blocks[index - 1]
  const prompt = block?.type === 'picture' ? block.prompt : (image.recipe?.prompt ?? '')
  if (prompt.trim() === '') return undefined
  return before?.type === 'text' ? { prompt, sentence: before.text } : { prompt }
}

/** Marks a picture as deleted; the current picture falls back to the one before it. Unknown ids change nothing. */
export function deleteImage(state: ConversationState, imageId: string, now: number): ConversationState {
  const image = liveImage(state, imageId)
  if (!image) return state
  const marked = { ...state, updatedAt: now, images: { ...state.images, [imageId]: { ...image, deletedAt: now } } }
  return moveHead(marked, state.headTurnId)
}
