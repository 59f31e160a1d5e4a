import type { Bot, ThreadSummary, ThreadView } from '../../src/contract/adapter.ts'
import type { ConversationState, ImageNode, Turn } from '../../src/contract/conversation.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import type { Person } from '../../src/contract/thread.ts'
import { blobUrl, toWireImage, toWirePart } from './to-wire-part.ts'
import type { WireEntry, WireImage, WirePicture, WireReply, WireThread, WireThreadSummary } from './wire.ts'

/** A reply for the page: pictures by address, the preview as a data: URL. */
export function toWireReply(message: OutgoingMessage): WireReply {
  const { replyId, jobId, inReplyTo, state, final } = message
  const parts = message.parts.map((part) => toWirePart(part, message.key.threadId))
  return { replyId, jobId, inReplyTo, state, parts, final }
}

export function toWireSummary({ key, title, updatedAt, headImageSha256 }: ThreadSummary): WireThreadSummary {
  const image = headImageSha256 === undefined ? {} : { imageUrl: blobUrl(key.threadId, headImageSha256) }
  return { threadId: key.threadId, title, updatedAt, ...image }
}

/** The thread as it is shown: turns from the first to the head, each assistant turn as the bot renders it. */
export async function toWireThread(bot: Bot, person: Person, view: ThreadView): Promise<WireThread> {
  const { state } = view
  const turns = shownTurns(state)
  const replies = await readReplies(bot, person, view, turns)
  const told = new Set(turns.filter((turn) => turn.role === 'assistant').map((turn) => turn.jobId))
  const entries = turns.flatMap((turn): WireEntry[] => {
    const reply = replies.get(turn.jobId)
    const replyEntry: WireEntry[] = reply === undefined ? [] : [{ type: 'reply', reply }]
    if (turn.role === 'assistant') return replyEntry
    return [personEntry(turn, state, reply?.inReplyTo), ...(told.has(turn.jobId) ? [] : replyEntry)]
  })
  // a retried job answers a turn of another job
  const others = view.pending.filter((message) => !replies.has(message.jobId))
  return {
    threadId: state.key.threadId,
    title: state.title,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    ...(state.headImageId === undefined ? {} : { headImageId: state.headImageId }),
    pictures: Object.values(state.images).map((node) => toWirePicture(node, state)),
    canUndo: turns.some(isExchange),
    canRedo: isFollowed(Object.values(state.turns), state.headTurnId),
    settings: state.settings,
    entries: [...entries, ...others.map((message): WireEntry => ({ type: 'reply', reply: toWireReply(message) }))],
  }
}

/** The replies of these turns by job. An answer that was taken back (its turn lies off the path) is none of them. */
async function readReplies(
  bot: Bot,
  person: Person,
  { state, pending }: ThreadView,
  turns: readonly Turn[],
): Promise<ReadonlyMap<string, WireReply>> {
  const live = new Map(pending.map((message) => [message.jobId, message]))
  const answers = Object.values(state.turns).filter((turn) => turn.role === 'assistant')
  const takenBack = new Set(answers.filter((turn) => !turns.includes(turn)).map((turn) => turn.jobId))
  const replies = new Map<string, WireReply>()
  for (const jobId of new Set(turns.map((turn) => turn.jobId))) {
    const stored = takenBack.has(jobId) ? undefined : () => bot.readReply(state.key, person, jobId)
    const message = live.get(jobId) ?? (await stored?.())
    if (message !== undefined) replies.set(jobId, toWireReply(message))
  }
  return replies
}

/** The path from the first turn to the head. A parent that is missing or comes round again ends it. */
function shownTurns({ turns, headTurnId }: ConversationState): Turn[] {
  const path = new Set<Turn>()
  for (let id = headTurnId; id !== undefined;) {
    const turn: Turn | undefined = turns[id]
    if (turn === undefined || path.has(turn)) break
    path.add(turn)
    id = turn.parentId
  }
  return [...path].reverse()
}

const isExchange = ({ role, aside }: Turn): boolean => role === 'user' && aside !== true

/** Whether an exchange lies below a turn, with nothing but asides between. */
const isFollowed = (turns: readonly Turn[], turnId: string | undefined): boolean =>
  turns.some((turn) => turn.parentId === turnId && (isExchange(turn) || isFollowed(turns, turn.id)))

function personEntry(turn: Turn, state: ConversationState, eventId: string | undefined): WireEntry {
  const uploads = turn.blocks.flatMap((block) => (block.type === 'upload' ? [state.images[block.imageId]] : []))
  return {
    type: 'person',
    turnId: turn.id,
    jobId: turn.jobId,
    ...(eventId === undefined ? {} : { eventId }),
    text: wordsOf(turn),
    images: uploads.flatMap((node) => (node?.deletedAt === undefined && node ? [uploadImage(node, state)] : [])),
    createdAt: turn.createdAt,
  }
}

/** What `node` shows: an upload by its name, a drawn one by its prompt. */
const altOf = (node: ImageNode): string => node.recipe?.prompt ?? node.name ?? 'Picture'

const uploadImage = (node: ImageNode, { key }: ConversationState): WireImage => {
  const { id: imageId, sha256, mediaType, width, height, sensitive } = node
  const image = { imageId, sha256, mediaType, width, height, alt: altOf(node), ...(sensitive && { sensitive }) }
  return toWireImage(image, key.threadId)
}

function toWirePicture(node: ImageNode, state: ConversationState): WirePicture {
  const { parentId, operation, createdAt, deletedAt } = node
  const words = wordsFor(node, state)
  return {
    ...uploadImage(node, state),
    ...(parentId === undefined ? {} : { parentId }),
    operation,
    ...(words === '' ? {} : { words }),
    createdAt,
    deleted: deletedAt !== undefined,
  }
}

/** The words of the person that a picture came of. */
function wordsFor({ turnId }: ImageNode, { turns }: ConversationState): string {
  const turn = turns[turnId]
  const asked = turn?.role === 'assistant' ? turns[turn.parentId ?? ''] : turn
  return asked === undefined ? '' : wordsOf(asked)
}

const wordsOf = ({ blocks }: Turn): string =>
  blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n')
