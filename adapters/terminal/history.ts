import type { ThreadView } from '../../src/contract/adapter.ts'
import type { Block, ConversationState, Turn } from '../../src/contract/conversation.ts'
import { printable } from './printable.ts'

/** The last `limit` turns of a thread as lines to read, oldest first. */
export function showHistory({ state }: ThreadView, limit: number): string[] {
  const turns: Turn[] = []
  for (let id = state.headTurnId; id !== undefined && turns.length < limit;) {
    const turn: Turn | undefined = state.turns[id]
    if (!turn) break
    turns.unshift(turn)
    id = turn.parentId
  }
  return turns.flatMap((turn) => showTurn(turn, state))
}

function showTurn({ role, blocks, error }: Turn, state: ConversationState): string[] {
  const who = role === 'user' ? 'you: ' : ''
  const lines = blocks.flatMap((block) => showBlock(block, state))
  const failure = error ? [`(not finished: ${error.message})`] : []
  return [...lines, ...failure].map((line, i) => printable(i === 0 ? who + line : line))
}

function showBlock(block: Block, { images }: ConversationState): string[] {
  switch (block.type) {
    case 'text':
      return [block.text.trim()]
    case 'upload':
      return [`[${images[block.imageId]?.name ?? 'picture'}]`]
    case 'picture':
      return [
        `> ${block.prompt}`,
        `[${block.imageIds.length === 1 ? '1 picture' : `${block.imageIds.length} pictures`}]`,
      ]
  }
}
