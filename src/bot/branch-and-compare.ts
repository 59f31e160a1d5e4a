import type { Acknowledgement } from '../contract/adapter.ts'
import type { ConversationState, ImageNode } from '../contract/conversation.ts'
import type { Incoming } from '../contract/incoming.ts'
import { liveImage } from '../conversation/images.ts'
import { history, picturesAlong } from '../conversation/thread.ts'
import { goTo } from '../conversation/thread-moves.ts'
import { refuse } from '../language/refuse.ts'
import { acceptAnswer, type Desk } from './accept.ts'
import { imageOf } from './drawing.ts'

/**
 * Goes on from an older picture, in the same thread: the head moves to the turn that made it, and what is said next
 * hangs there. The other line stays in the tree; branching from one of its pictures leads back.
 */
export function branchFrom(
  desk: Desk,
  incoming: Incoming,
  state: ConversationState,
  imageId: string,
): Promise<Acknowledgement> {
  const image = imageOf(state, imageId)
  if (!state.turns[image.turnId]) throw refuse('input/not-found', 'pictureUnfinished')
  const there = goTo(state, image)
  return acceptAnswer(desk, incoming, there, {
    question: '/branch',
    text: ({ answers }) => answers.branched,
    aboutImageId: image.id,
    compared: [image.id],
  })
}

/** Shows a picture beside the one that it was made from, or beside the one before it in the thread. */
export function compareWithParent(
  desk: Desk,
  incoming: Incoming,
  state: ConversationState,
  imageId: string,
): Promise<Acknowledgement> {
  const image = imageOf(state, imageId)
  const before = liveImage(state, image.parentId) ?? earlierPicture(state, image)
  if (!before) throw refuse('input/not-found', 'nothingToCompare')
  return acceptAnswer(desk, incoming, state, {
    question: '/compare',
    text: ({ answers }) => answers.compared,
    compared: [before.id, image.id],
  })
}

/** The picture that was current before this one was made. */
function earlierPicture(state: ConversationState, image: ImageNode): ImageNode | undefined {
  const along = picturesAlong(state, history(state, image.turnId))
  return liveImage(
    state,
    along.findLast((id) => id !== undefined && id !== image.id),
  )
}
