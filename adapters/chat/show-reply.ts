import type { Notes } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { digestOf, nonceOf, readDelivery, writeDelivery, writeShown, type Delivery } from './delivery.ts'
import { SurfaceError, type Piece, type PostedMessage, type Surface } from './surface.ts'

/** What is known of a reply on its platform. */
export interface ReplyOnSurface<Body> {
  /** Undefined until it was read. */
  delivery: Delivery | undefined
  /** What the messages show, as far as this process has put it there. */
  bodies: readonly (Body | undefined)[]
}

interface Tools<Body> {
  readonly surface: Surface<Body>
  readonly notes: Notes
}

/**
 * Brings the messages of a reply to the given state: edits those that are there, posts those that are missing, removes
 * those that are left over. Every step is written down, so that it can be cut off anywhere and done again.
 */
export async function showReply<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
): Promise<void> {
  reply.delivery ??= await readDelivery(tools.notes, message.replyId)
  if (reply.delivery.final && !message.final) return
  const pieces = await tools.surface.layout(message)
  for (const [index, piece] of pieces.entries()) await showPiece(tools, reply, message, index, piece)
  await removeFrom(tools, reply, message, pieces.length)
  await removeDoubtful(tools, reply, message, pieces.length)
  if (message.final && !reply.delivery.final) await keep(tools, reply, message, { ...reply.delivery, final: true })
}

async function keep<Body>(
  { notes }: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  { replyId }: OutgoingMessage,
  delivery: Delivery,
): Promise<void> {
  await writeDelivery(notes, replyId, delivery)
  reply.delivery = delivery
}

async function showPiece<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
  index: number,
  piece: Piece<Body>,
): Promise<void> {
  const digest = digestOf(piece.body)
  const delivered = reply.delivery!.messages[index]
  if (delivered?.digest === digest) return
  const posted = delivered
    ? await editOrRepost(tools, reply, message, index, piece.body, delivered.posted)
    : await post(tools, reply, message, index, piece.body)
  const { jobId, replyId } = message
  await writeShown(tools.notes, posted, { jobId, replyId, imageIds: piece.imageIds })
  const { messages, creating, ...delivery } = reply.delivery!
  const doubtful = creating === undefined || creating === index ? {} : { creating }
  const shown = withAt(messages, index, { posted, digest })
  await keep(tools, reply, message, { ...delivery, ...doubtful, messages: shown })
  reply.bodies = withAt(reply.bodies, index, piece.body)
}

const withAt = <T>(list: readonly T[], index: number, value: T): readonly T[] => [
  ...list.slice(0, index),
  value,
  ...list.slice(index + 1),
]

/** Posts a part that is not there; one that may have been posted just before a crash or a broken connection is looked for. */
async function post<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
  index: number,
  body: Body,
  nonce = nonceOf(message.replyId, index),
): Promise<PostedMessage> {
  if (reply.delivery!.creating === index) {
    const found = await tools.surface.find(message, index, nonce)
    if (found) {
      return (await tools.surface.edit(found, body, undefined)) ?? found
    }
  }
  await keep(tools, reply, message, { ...reply.delivery!, creating: index })
  return tools.surface.create(message, index, body, nonce)
}

/** Somebody may have deleted the message meanwhile: an end is posted anew, a live state is nothing to insist on. */
async function editOrRepost<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
  index: number,
  body: Body,
  posted: PostedMessage,
): Promise<PostedMessage> {
  try {
    return (await tools.surface.edit(posted, body, reply.bodies[index])) ?? posted
  } catch (error) {
    if (!message.final || !(error instanceof SurfaceError) || error.kind !== 'gone') throw error
    // under another nonce: with the first one the platform would point at the message that is gone
    return post(tools, reply, message, index, body, nonceOf(`${message.replyId} again`, index))
  }
}

/** Removes the messages of a longer state. */
async function removeFrom<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
  count: number,
): Promise<void> {
  const left = reply.delivery!.messages.slice(count)
  if (left.length === 0) return
  for (const { posted } of left) await tools.surface.remove(posted)
  await keep(tools, reply, message, { ...reply.delivery!, messages: reply.delivery!.messages.slice(0, count) })
  reply.bodies = reply.bodies.slice(0, count)
}

/** Removes a part that may have been posted without an answer and that the reply needs no more. */
async function removeDoubtful<Body>(
  tools: Tools<Body>,
  reply: ReplyOnSurface<Body>,
  message: OutgoingMessage,
  count: number,
): Promise<void> {
  const { creating, ...delivery } = reply.delivery!
  if (creating === undefined || creating < count) return
  const found = await tools.surface.find(message, creating, nonceOf(message.replyId, creating))
  if (found) await tools.surface.remove(found)
  await keep(tools, reply, message, delivery)
}
