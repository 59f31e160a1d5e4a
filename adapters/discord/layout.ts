import type { Bot, FittedImage } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { sentencesIn, type Sentences } from '../../src/language/sentences.ts'
import { screensOf, type Screen, type ScreenFile, type ScreenPicture, type Words } from '../chat/screen.ts'
import type { Piece } from '../chat/surface.ts'
import { controlRoom, rowsOf, shortened, type Row } from './components.ts'
import { contentsOf } from './format.ts'
import { discordLimits } from './options.ts'
import { createPictureShelf } from './picture-shelf.ts'
import { cleanFileName } from './words-in.ts'

/** A file beside a message. */
export interface DiscordFile {
  /** The same for the same bytes: what is there already is not sent again. */
  readonly id: string
  readonly name: string
  readonly mediaType: string
  readonly description: string
  readonly bytes: Uint8Array
}

/** One message as Discord is to show it. */
export interface DiscordBody {
  readonly content: string
  readonly rows: readonly Row[]
  readonly files: readonly DiscordFile[]
}

/** A file with the picture that it shows, and what there is to say about it. */
interface LaidOut {
  readonly file?: DiscordFile
  readonly imageId?: string
  readonly notice?: string
}

export interface LayoutTools {
  readonly bot: Bot
  /** Bytes that one file may have where the message goes. */
  readonly limitOf: (message: OutgoingMessage) => number
  readonly previewMs: number
}

/** Shown while there is nothing to show: Discord takes no empty message. */
const nothingYet = '…'

/** Lays replies out as Discord's messages: words first, pictures and files under the last words, controls at the foot. */
export function createLayout({ bot, limitOf, previewMs }: LayoutTools) {
  const shelf = createPictureShelf(previewMs)

  async function pictureOf(message: OutgoingMessage, picture: ScreenPicture, said: Sentences): Promise<LaidOut> {
    const { source } = picture
    if (!('sha256' in source)) return { file: fileOf(picture, source) }
    try {
      const fitted = await shelf.fitted(bot, message, source, limitOf(message))
      if (!fitted) return {}
      return {
        file: fileOf(picture, fitted),
        imageId: source.imageId,
        ...(fitted.reduced && source.veilSha256 === undefined ? { notice: said.chat.reduced } : {}),
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'image/too-large') return { notice: said.discord.pictureTooLarge }
      throw error
    }
  }

  async function documentOf({ key, author }: OutgoingMessage, file: ScreenFile, limit: number, said: Sentences) {
    const { sha256, name, mediaType } = file
    const bytes = await bot.readBlob(key, author, sha256)
    if (!bytes) return {}
    if (bytes.length > limit) return { notice: said.discord.fileTooLarge(cleanFileName(name)) }
    return { file: { id: sha256, name: cleanFileName(name), mediaType, description: shortAlt(name), bytes } }
  }

  /** Throws what the store of pictures throws. */
  return async function layout(message: OutgoingMessage): Promise<readonly Piece<DiscordBody>[]> {
    const screens = screensOf(message, { sentences: sentencesIn(message.language), ...controlRoom })
    return (await Promise.all(screens.map((screen) => laidOutScreen(message, screen)))).flat()
  }

  async function laidOutScreen(message: OutgoingMessage, screen: Screen): Promise<readonly Piece<DiscordBody>[]> {
    const said = sentencesIn(message.language)
    const pictures = shelf.calm(message, screen.pictures)
    const laidOut: readonly LaidOut[] = [
      ...(await Promise.all(pictures.map((picture) => pictureOf(message, picture, said)))),
      ...(await Promise.all(screen.files.map((file) => documentOf(message, file, limitOf(message), said)))),
    ]
    return piecesOf(screen, [...screen.words, ...noticesOf(laidOut, pictures, said)], laidOut)
  }
}

/** What there is to say about files, each sentence once. */
function noticesOf(laidOut: readonly LaidOut[], pictures: readonly ScreenPicture[], { chat }: Sentences) {
  const sensitive = pictures.some((picture) => picture.sensitive) ? [chat.sensitive] : []
  const notices = new Set([...laidOut.flatMap(({ notice }) => notice ?? []), ...sensitive])
  return [...notices].map((text): Words => ({ type: 'notice', text }))
}

function piecesOf(screen: Screen, words: readonly Words[], laidOut: readonly LaidOut[]): readonly Piece<DiscordBody>[] {
  const contents = contentsOf(words)
  const shown = laidOut.filter(({ file }) => file !== undefined)
  const sheets = inGroups(shown, discordLimits.attachments)
  const pieces = [
    ...contents.slice(0, -1).map((content) => ({ content, entries: [] as readonly LaidOut[] })),
    { content: contents.at(-1)!, entries: sheets[0] ?? [] },
    ...sheets.slice(1).map((entries) => ({ content: '', entries })),
  ]
  return pieces.map(({ content, entries }, index) => {
    const files = withOwnNames(entries.flatMap(({ file }) => file ?? []))
    const rows = index === pieces.length - 1 ? rowsOf(screen) : []
    const isEmpty = content === '' && files.length === 0
    return {
      body: { content: isEmpty ? nothingYet : content, rows, files },
      imageIds: entries.flatMap(({ imageId }) => imageId ?? []),
    }
  })
}

const inGroups = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, group) => list.slice(group * size, (group + 1) * size))

/** Two files of a message never have one name: what is there is recognised by it. */
const withOwnNames = (files: readonly DiscordFile[]): readonly DiscordFile[] =>
  files.map((file, index) => {
    const isTaken = files.findIndex(({ name }) => name === file.name) < index
    return isTaken ? { ...file, name: file.name.replace(/(\.[^.]*)?$/, `-${index + 1}$1`) } : file
  })

function fileOf({ id, alt, spoiler, sensitive }: ScreenPicture, { bytes, mediaType }: Drawn): DiscordFile {
  const kind = /^image\/(\w+)/.exec(mediaType)?.[1] ?? 'png'
  const stem = alt === '' ? 'preview' : slug(alt)
  const name = `${stem}-${cleanFileName(id).slice(0, 16)}.${kind === 'jpeg' ? 'jpg' : kind}`
  const hidden = spoiler || sensitive
  const description = shortAlt(alt)
  return {
    id: `${id}/${bytes.length}/${hidden}`,
    name: hidden ? `SPOILER_${name}` : name,
    mediaType,
    description,
    bytes,
  }
}

type Drawn = Pick<FittedImage, 'bytes' | 'mediaType'>

const shortAlt = (alt: string): string => shortened(alt, discordLimits.description)

const slug = (text: string): string => {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 40) || 'picture'
}
