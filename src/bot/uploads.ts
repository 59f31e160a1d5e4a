import type { ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import type { Attachment, IncomingMessage } from '../contract/incoming.ts'
import type { Download } from '../contract/job.ts'
import type { Person } from '../contract/thread.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { addImages } from '../conversation/images.ts'
import { moveHead } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import type { BotContext, CheckedImage } from './context.ts'

/** A picture that a person sent, looked at and found good. */
export interface Upload extends CheckedImage {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Checks the number of attachments and the sizes that are known. Throws AppError `access/limit`, `image/too-large`. */
export function checkAttachments(
  { limits, adapters }: BotContext,
  { key, attachments }: Pick<IncomingMessage, 'key' | 'attachments'>,
): void {
  if (attachments.length > limits.attachments)
    throw refuse('access/limit', 'tooManyFiles', { count: attachments.length, limit: limits.attachments })
  for (const { name, source } of attachments) {
    const size = 'bytes' in source ? source.bytes.length : source.sizeBytes
    if (size !== undefined && size > limits.attachmentBytes) throw tooLarge(name, size, limits.attachmentBytes)
    if ('url' in source && !adapters.get(key.platform)?.download)
      throw refuse('image/unreadable', 'fileIsLink', { name })
  }
}

/** The pictures among attachments that brought their bytes. Throws AppError `image/*` for one that is refused. */
export const readUploads = (context: BotContext, attachments: readonly Attachment[]): Promise<readonly Upload[]> =>
  Promise.all(
    attachments.flatMap(({ name, source }) => ('bytes' in source ? [readUpload(context, name, source.bytes)] : [])),
  )

/** Fetches what the adapter's platform still holds. Throws what the download throws, and AppError `image/*`. */
export async function fetchUploads(
  context: BotContext,
  platform: string,
  downloads: readonly Download[],
  signal: AbortSignal,
): Promise<readonly Upload[]> {
  const { adapters, limits } = context
  const download = adapters.get(platform)?.download
  if (!download) throw refuse('image/unreadable', 'linksNotFetched')
  return Promise.all(
    downloads.map(async ({ name, url }) =>
      readUpload(context, name, await download(url, limits.attachmentBytes, signal)),
    ),
  )
}

async function readUpload({ checkImage, limits }: BotContext, name: string, bytes: Uint8Array): Promise<Upload> {
  if (bytes.length > limits.attachmentBytes) throw tooLarge(name, bytes.length, limits.attachmentBytes)
  if (bytes.length === 0) throw refuse('image/unreadable', 'fileEmpty', { name })
  return { ...(await checkImage(bytes)), name, bytes }
}

const tooLarge = (name: string, size: number, limit: number) =>
  refuse('image/too-large', 'fileTooLarge', { name, size, limit }, { details: { name, size, limit } })

/** Nodes of a user turn's pictures, in the order in which they were sent. */
export const uploadNodes = (
  uploads: readonly Upload[],
  { turnId, author, now }: { readonly turnId: string; readonly author: Person; readonly now: number },
): readonly ImageNode[] =>
  uploads.map(({ name, bytes, width, height, mediaType }, index) => ({
    id: `${turnId}-${index}`,
    turnId,
    sha256: sha256Of(bytes),
    mediaType,
    width,
    height,
    operation: 'upload',
    name: name.slice(0, 200),
    author,
    createdAt: now,
  }))

/** Puts pictures that came later into their user turn; the last one is current from that turn on. */
export function addToTurn(state: ConversationState, turnId: string, nodes: readonly ImageNode[]): ConversationState {
  const turn = state.turns[turnId]
  const last = nodes.at(-1)
  if (!turn || !last) return state
  const blocks = [...nodes.map(({ id }) => ({ type: 'upload', imageId: id }) as const), ...turn.blocks]
  const filled: Turn = { ...turn, blocks, headImageId: last.id }
  const next = addImages({ ...state, turns: { ...state.turns, [turnId]: filled } }, nodes)
  return moveHead(next, next.headTurnId)
}
