import type { ConversationState, ImageNode } from '../contract/conversation.ts'
import { liveImage, promptOf } from '../conversation/images.ts'

/** An edit of the thread: the picture before it, both prompts, and whether it still waits for approval. */
export interface EditSoFar {
  readonly imageId: string
  readonly source?: string
  readonly prompt: string
  readonly proposed: boolean
}

/** The edit that a reply proposes or made; undefined for any other reply. */
export function editSoFar(state: ConversationState, turnId: string): EditSoFar | undefined {
  const turn = state.turns[turnId]
  if (turn?.proposal) return { ...turn.proposal, proposed: true }
  const made = turn?.blocks.flatMap((block) => (block.type === 'picture' ? block.imageIds : []))
  const image = liveImage(state, made?.[0])
  if (image?.recipe?.operation !== 'edit' || image.parentId === undefined) return undefined
  const prompt = promptOf(state, image)?.prompt ?? image.recipe.prompt
  return { imageId: image.parentId, prompt, proposed: false, ...sourceBefore(state, image) }
}

/** The prompt of what an edited picture showed before, without the style that stood behind it. */
export function sourceBefore(state: ConversationState, made: ImageNode): { readonly source?: string } {
  const full = made.recipe?.edit?.sourcePrompt
  if (full === undefined) return {}
  const before = liveImage(state, made.parentId)
  const plain = before && promptOf(state, before)?.prompt
  return { source: plain !== undefined && full.startsWith(plain) ? plain : full }
}
