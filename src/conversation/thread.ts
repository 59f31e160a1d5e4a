import {
  conversationVersion,
  type ConversationState,
  type ThreadSettings,
  type Turn,
} from '../contract/conversation.ts'
import type { Person, ThreadKey } from '../contract/thread.ts'

/**
 * A thread is a tree of turns and a tree of pictures; these functions return the next state and change nothing.
 * Invariant: `state.headImageId` is the newest picture on the path to `state.headTurnId` that is not deleted.
 */
export const createThread = (start: {
  readonly key: ThreadKey
  readonly owner: Person
  readonly title: string
  readonly now: number
}): ConversationState => ({
  version: conversationVersion,
  key: start.key,
  owner: start.owner,
  title: start.title,
  createdAt: start.now,
  updatedAt: start.now,
  turns: {},
  images: {},
  settings: {},
})

const titleLength = 48

/** The first words of a text as a title: one line, cut between words, '…' where something is missing. */
export function titleFrom(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= titleLength) return line
  const cut = line.lastIndexOf(' ', titleLength)
  return `${line.slice(0, cut > titleLength / 2 ? cut : titleLength).trimEnd()}…`
}

/** Turns from the root to `turnId` (default: the head), in order. An unknown id gives none. */
export function history(state: ConversationState, turnId = state.headTurnId): readonly Turn[] {
  const path: Turn[] = []
  for (let id = turnId; id !== undefined; id = state.turns[id]?.parentId) {
    const turn = state.turns[id]
    if (!turn) return []
    path.push(turn)
  }
  return path.reverse()
}

/** The picture that is current after each turn of a path: deleted ones give way to the one before. */
export function picturesAlong(state: ConversationState, path: readonly Turn[]): readonly (string | undefined)[] {
  let current: string | undefined
  return path.map((turn) => {
    const image = turn.headImageId === undefined ? undefined : state.images[turn.headImageId]
    if (image && image.deletedAt === undefined) current = image.id
    return current
  })
}

/** Id of the picture that "it" means after `turnId` (default: the head). */
export const currentImageId = (state: ConversationState, turnId = state.headTurnId): string | undefined =>
  picturesAlong(state, history(state, turnId)).at(-1)

type Changeable<T> = { -readonly [K in keyof T]: T[K] }

/** Moves the head; the current picture goes with it. */
export function moveHead(state: ConversationState, turnId: string | undefined): ConversationState {
  const next: Changeable<ConversationState> = { ...state }
  delete next.headTurnId
  delete next.headImageId
  if (turnId === undefined) return next
  const imageId = currentImageId(state, turnId)
  return { ...next, headTurnId: turnId, ...(imageId === undefined ? {} : { headImageId: imageId }) }
}

/** A turn before it has its place in the tree. Without `headImageId` the picture of the turn before stays current. */
export type NewTurn = Omit<Turn, 'parentId'>

/** Adds a turn below the head, and makes it the head. */
export const appendTurn = (state: ConversationState, turn: NewTurn): ConversationState =>
  moveHead(placeTurn(state, turn, state.headTurnId), turn.id)

/**
 * Adds the answer to the turn `parentId`. What was said while it was being answered (user turns below `parentId`)
 * comes after the answer; the head moves only when it was the answered turn itself.
 */
export function insertReply(state: ConversationState, reply: NewTurn, parentId: string): ConversationState {
  const before = state.turns[parentId]?.headImageId
  const placed = placeTurn(state, reply, parentId)
  const later = Object.values(state.turns).filter((turn) => turn.parentId === parentId && turn.role === 'user')
  const moved = Object.fromEntries(later.map((turn) => [turn.id, { ...turn, parentId: reply.id }]))
  const after = placed.turns[reply.id]?.headImageId
  const rehung = { ...placed, turns: { ...placed.turns, ...moved } }
  const carried = later.reduce((next, turn) => carryPicture(next, turn.id, before, after), rehung)
  return moveHead(carried, state.headTurnId === parentId ? reply.id : state.headTurnId)
}

function placeTurn(state: ConversationState, turn: NewTurn, parentId: string | undefined): ConversationState {
  const imageId = turn.headImageId ?? (parentId === undefined ? undefined : currentImageId(state, parentId))
  const placed: Changeable<Turn> = { ...turn, ...(imageId === undefined ? {} : { headImageId: imageId }) }
  delete placed.parentId
  if (parentId !== undefined) placed.parentId = parentId
  const updatedAt = Math.max(state.updatedAt, turn.createdAt)
  return { ...state, updatedAt, turns: { ...state.turns, [turn.id]: placed } }
}

/** Turns from `turnId` on that had only inherited the picture `before` inherit `after`. */
function carryPicture(
  state: ConversationState,
  turnId: string,
  before: string | undefined,
  after: string | undefined,
): ConversationState {
  const turn = state.turns[turnId]
  if (!turn || turn.headImageId !== before || after === undefined) return state
  const next = { ...state, turns: { ...state.turns, [turnId]: { ...turn, headImageId: after } } }
  const below = Object.values(next.turns).filter(({ parentId }) => parentId === turnId)
  return below.reduce((done, child) => carryPicture(done, child.id, before, after), next)
}

export const renameThread = (state: ConversationState, title: string, now: number): ConversationState => ({
  ...state,
  title: titleFrom(title),
  updatedAt: now,
})

export const changeSettings = (state: ConversationState, settings: ThreadSettings): ConversationState => ({
  ...state,
  settings,
})
