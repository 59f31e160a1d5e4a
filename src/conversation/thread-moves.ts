import type { ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import { history, moveHead } from './thread.ts'

/** Takes back the last exchange: the head moves to the turn before the newest user turn. Undefined at the start. */
export function undo(state: ConversationState): ConversationState | undefined {
  const last = history(state).findLast(isExchange)
  return last && moveHead(state, last.parentId)
}

/** Goes forward again by one exchange, along the newest line; undefined where nothing follows. */
export function redo(state: ConversationState): ConversationState | undefined {
  const next = nextExchange(state, state.headTurnId)
  if (!next) return undefined
  const answer = newest(childrenOf(state, next.id).filter(({ role }) => role === 'assistant'))
  return moveHead(state, (answer ?? next).id)
}

/** Makes an older picture current again: the head moves to the turn that made it, and what is said next goes on there. */
export const goTo = (state: ConversationState, image: ImageNode): ConversationState => moveHead(state, image.turnId)

const isExchange = ({ role, aside }: Turn): boolean => role === 'user' && !aside

const childrenOf = (state: ConversationState, turnId: string | undefined): readonly Turn[] =>
  Object.values(state.turns).filter(({ parentId }) => parentId === turnId)

const newest = (turns: readonly Turn[]): Turn | undefined =>
  turns.reduce<Turn | undefined>((last, turn) => (last && last.createdAt >= turn.createdAt ? last : turn), undefined)

/** The newest user turn below a turn with nothing but asides between. */
function nextExchange(state: ConversationState, turnId: string | undefined): Turn | undefined {
  const children = childrenOf(state, turnId)
  const found = children.map((turn) => (isExchange(turn) ? turn : nextExchange(state, turn.id)))
  return newest(found.filter((turn) => turn !== undefined))
}
