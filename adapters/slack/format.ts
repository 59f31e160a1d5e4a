import type { Sentences } from '../../src/language/sentences.ts'
import type { Screen, ScreenPicture, Words } from '../chat/screen.ts'
import type { Piece } from '../chat/surface.ts'
import {
  contextBlock,
  controlBlocks,
  imageBlock,
  plainWords,
  wordBlocks,
  wordsAsMarkdown,
  type Block,
} from './blocks.ts'
import { escaped, shortened } from './markup.ts'
import { slackLimits } from './options.ts'

/** A message as Slack takes it. */
export interface SlackBody {
  readonly blocks: readonly Block[]
  /** What notifications say and screen readers read. */
  readonly text: string
  /** Files that hang on the message. */
  readonly fileIds: readonly string[]
  /** The words so far as Markdown, while they are being written: shown as a stream where Slack lets us. */
  readonly stream?: string
}

/** A picture that lies on Slack. */
export interface UploadedPicture {
  readonly picture: ScreenPicture
  readonly fileId: string
  /** It is shown smaller than it is stored. */
  readonly reduced: boolean
  readonly blurred: boolean
}

export interface Laid {
  readonly screen: Screen
  readonly pictures: readonly UploadedPicture[]
  readonly fileIds: readonly string[]
  readonly sentences: Sentences
  /** What the buttons belong to. */
  readonly place: string
}

/** A reply as messages: words, pictures, then what can be done about them. */
export function messagesOf(laid: Laid): readonly Piece<SlackBody>[] {
  const { screen, pictures, fileIds, sentences, place } = laid
  const words = [...screen.words, ...remarks(pictures, sentences)]
  const entries: readonly Entry[] = [
    ...words.flatMap((one) => wordBlocks(one).map((block) => ({ block }))),
    ...pictures.map(({ picture, fileId }) => ({ block: imageBlock(fileId, picture.alt), picture })),
    ...controlBlocks(screen, place).map((block) => ({ block })),
  ]
  const groups = grouped(withProgressOnce(entries))
  const text = fallbackText(words, pictures)
  return groups.map((group, index) => ({
    body: { blocks: group.map(({ block }) => block), text, fileIds: index === groups.length - 1 ? fileIds : [] },
    imageIds: group.flatMap(({ picture }) => (picture && 'imageId' in picture.source ? [picture.source.imageId] : [])),
  }))
}

/** While words are being written: the words as a stream, the buttons below it as a message of their own. */
export function streamOf({ screen, sentences, place }: Laid): readonly Piece<SlackBody>[] | undefined {
  const stream = screen.words.map(wordsAsMarkdown).join('\n\n')
  if (stream.trim() === '' || stream.length > slackLimits.stream * 0.9) return undefined
  const said = messagesOf({
    screen: { ...screen, buttons: [], menus: [] },
    pictures: [],
    fileIds: [],
    sentences,
    place,
  })
  const [first] = said
  if (!first || said.length > 1) return undefined
  const controls = controlBlocks(screen, place)
  const foot = [contextBlock(escaped(sentences.progress.thinking)), ...controls]
  const footPiece = { body: { blocks: foot, text: sentences.progress.thinking, fileIds: [] }, imageIds: [] }
  return [{ ...first, body: { ...first.body, stream } }, ...(controls.length > 0 ? [footPiece] : [])]
}

interface Entry {
  readonly block: Block
  readonly picture?: ScreenPicture
}

/** What is to be said about pictures that are not shown as they are. */
function remarks(pictures: readonly UploadedPicture[], { chat, slack }: Sentences): readonly Words[] {
  const notice = (text: string) => ({ type: 'notice', text }) as const
  return [
    ...(pictures.some(({ picture }) => picture.sensitive) ? [notice(chat.sensitive)] : []),
    ...(pictures.some(({ blurred }) => blurred) ? [notice(slack.blurred)] : []),
    ...(pictures.some(({ reduced }) => reduced) ? [notice(chat.reduced)] : []),
  ]
}

/** Ids of blocks are unique in a message. */
function withProgressOnce(entries: readonly Entry[]): readonly Entry[] {
  const first = entries.findIndex(({ block }) => block.block_id === 'progress')
  return entries.map((entry, index) =>
    entry.block.block_id === 'progress' && index !== first
      ? { ...entry, block: { ...entry.block, block_id: `progress:${index}` } }
      : entry,
  )
}

/** Blocks by message, so that none has more than Slack takes. */
function grouped(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups: Entry[][] = [[]]
  let size = 0
  for (const entry of entries) {
    const length = JSON.stringify(entry.block).length
    const group = groups.at(-1)!
    const isFull = group.length >= slackLimits.blocks || size + length > slackLimits.message
    if (isFull && group.length > 0) {
      groups.push([entry])
      size = length
    } else {
      group.push(entry)
      size += length
    }
  }
  return groups
}

function fallbackText(words: readonly Words[], pictures: readonly UploadedPicture[]): string {
  const told = words.map(plainWords).filter((one) => one.trim() !== '')
  const alts = pictures.map(({ picture }) => picture.alt).filter((alt) => alt !== '')
  const text = (told.length > 0 ? told : alts).join('\n')
  return escaped(shortened(text.trim() === '' ? '…' : text, slackLimits.fallback / 2))
}
