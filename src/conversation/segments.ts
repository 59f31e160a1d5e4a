import type { Block, ConversationState, ImageNode, Turn } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { ChatMessage } from '../contract/inference.ts'
import { liveImage, promptOf } from './images.ts'
import { history, picturesAlong } from './thread.ts'
import { asShown, plainSentence, type Wordings } from './wordings.ts'

/** A message whose picture is still a hash. */
export interface SegmentMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly imageSha256?: string
}

/**
 * What the language model is shown of a thread so that it answers the user turn `turnId` (LLMGA's training format:
 * one picture, before the first user turn). A new current picture starts a segment: a drawn one opens it as if the
 * model had just been asked for it, an uploaded one with the person's own words; the turns since then follow. Text
 * from before comes along only when no other picture was shown. Throws AppError `input/not-found`.
 */
export function segment(state: ConversationState, turnId: string, wordings: Wordings): readonly SegmentMessage[] {
  const path = history(state, turnId)
  if (path.at(-1)?.role !== 'user')
    throw new AppError('input/not-found', { message: `${turnId} is not a user turn of this thread` })
  const pictures = picturesAlong(state, path)
  const unseen = unseenTurns(path)
  const seen = (turns: readonly Turn[]) => turns.filter((turn) => !unseen.has(turn.id)).map(messageOf)
  const image = liveImage(state, pictures.at(-1))
  if (!image) return seen(path)
  const begin = pictures.findLastIndex((id) => id !== image.id) + 1
  const isFirst = pictures.slice(0, begin).every((id) => id === undefined)
  const drawn = promptOf(state, image)
  const parts = image.operation === 'upload' ? uploadedParts(path, begin) : drawnParts(path, begin)
  const opening = drawn ? similarExchange(wordings, drawn.prompt, drawn.sentence) : []
  return withPicture(image, [...(isFirst ? seen(parts.earlier) : []), ...opening, ...seen(parts.later)])
}

/** The messages with the bytes of their pictures. */
export const loadSegment = (
  messages: readonly SegmentMessage[],
  load: (sha256: string) => Promise<Uint8Array>,
): Promise<readonly ChatMessage[]> =>
  Promise.all(
    messages.map(async ({ role, text, imageSha256 }) => ({
      role,
      text,
      ...(imageSha256 === undefined ? {} : { image: await load(imageSha256) }),
    })),
  )

/**
 * Asides, exchanges that failed before anything was said, and edits that were only proposed. The turn to be answered
 * always counts.
 */
function unseenTurns(path: readonly Turn[]): ReadonlySet<string> {
  const failed = path.filter((turn) => (turn.error && turn.blocks.length === 0) || turn.proposal)
  const asides = path.filter((turn) => turn.aside)
  return new Set([...asides.map(({ id }) => id), ...failed.flatMap(({ id, parentId }) => [id, parentId ?? id])])
}

const uploadedParts = (path: readonly Turn[], begin: number) => ({
  earlier: path.slice(0, begin),
  later: path.slice(begin),
})

/** The opening takes the place of the exchange that drew the picture; a turn that only chose it stays. */
function drawnParts(path: readonly Turn[], begin: number) {
  const drew = path[begin]?.role === 'assistant'
  return { earlier: path.slice(0, drew ? begin - 1 : begin), later: path.slice(drew ? begin + 1 : begin) }
}

/** The exchange that the model would have had about a picture of `prompt`. */
export const similarExchange = (
  wordings: Wordings,
  prompt: string,
  sentence = plainSentence,
): readonly [SegmentMessage, SegmentMessage] => [
  { role: 'user', text: wordings.similar },
  { role: 'assistant', text: `${asShown(sentence)} ${tagged(prompt)}` },
]

const tagged = (prompt: string) => `<gen_image> ${prompt} </gen_image>`

const messageOf = (turn: Turn): SegmentMessage => ({
  role: turn.role,
  text: turn.blocks.flatMap(blockText).join(turn.role === 'user' ? '\n' : ' '),
})

function blockText(block: Block): readonly string[] {
  switch (block.type) {
    case 'text':
      return [asShown(block.text)]
    case 'picture':
      return block.prompt === '' ? [] : [tagged(block.prompt)]
    case 'upload':
      return []
  }
}

function withPicture(image: ImageNode, messages: readonly SegmentMessage[]): readonly SegmentMessage[] {
  const first = messages.findIndex(({ role }) => role === 'user')
  return messages.map((message, index) => (index === first ? { ...message, imageSha256: image.sha256 } : message))
}
