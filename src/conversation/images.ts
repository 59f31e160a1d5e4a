import type { Block, ConversationState, ImageNode } from '../contract/conversation.ts'
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

/** Content hashes that a thread still shows. */
export const liveHashes = (state: ConversationState): ReadonlySet<string> =>
  new Set(
    Object.values(state.images)
      .filter((image) => image.deletedAt === undefined)
      .map((image) => image.sha256),
  )

/** Ids of the pictures that a block holds. */
export const imagesOf = (block: Block): readonly string[] =>
  block.type === 'picture' ? block.imageIds : block.type === 'upload' ? [block.imageId] : []

/** Marks a picture as deleted; the current picture falls back to the one before it. Unknown ids change nothing. */
export function deleteImage(state: ConversationState, imageId: string, now: number): ConversationState {
  const image = liveImage(state, imageId)
  if (!image) return state
  const marked = { ...state, updatedAt: now, images: { ...state.images, [imageId]: { ...image, deletedAt: now } } }
  return moveHead(marked, state.headTurnId)
}
