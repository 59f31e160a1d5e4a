import type { Bot } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import type { ScreenFile, ScreenPicture } from '../chat/screen.ts'
import type { NewFile } from './files.ts'
import type { UploadedPicture } from './format.ts'
import { slackLimits } from './options.ts'

/** The pictures and files of replies, as they lie on Slack. */
export interface Pictures {
  /** A picture that was deleted meanwhile is left out. */
  uploaded(message: OutgoingMessage, pictures: readonly ScreenPicture[]): Promise<readonly UploadedPicture[]>
  files(message: OutgoingMessage, files: readonly ScreenFile[]): Promise<readonly string[]>
  /** A message was changed: previews that it showed and shows no more are deleted on Slack. */
  replaced(before: readonly string[], now: readonly string[]): void
}

interface Tools {
  readonly bot: Pick<Bot, 'readImage' | 'readBlob'>
  readonly upload: (file: NewFile) => Promise<string>
  readonly remove: (fileId: string) => Promise<unknown>
  /** Shortest time between two previews of one reply. */
  readonly previewMs: number
}

interface Lying {
  readonly fileId: string
  readonly reduced: boolean
}

const mostKept = 1000

/** Uploads each picture once, and previews no more often than `previewMs`. */
export function createPictures({ bot, upload, remove, previewMs }: Tools): Pictures {
  const lying = new Map<string, Promise<Lying | undefined>>()
  const previews = new Map<string, { readonly shown: UploadedPicture; readonly at: number }>()
  const previewFiles = new Set<string>()

  /** What lies on Slack under this name, brought there when it is not. */
  function once(name: string, bring: () => Promise<Lying | undefined>): Promise<Lying | undefined> {
    const known = lying.get(name)
    if (known) return known
    const brought = bring()
    brought.catch(() => lying.delete(name))
    lying.set(name, brought)
    const [oldest] = lying.keys()
    if (lying.size > mostKept && oldest !== undefined) lying.delete(oldest)
    return brought
  }

  async function stored(message: OutgoingMessage, picture: ScreenPicture): Promise<UploadedPicture | undefined> {
    const { source } = picture
    if (!('sha256' in source)) return preview(message, picture, source.bytes, source.mediaType)
    const blurred = picture.sensitive || picture.spoiler
    const { sha256, veilSha256 } = source
    const fit = { maxBytes: slackLimits.imageBytes, blurred, ...(veilSha256 === undefined ? {} : { veilSha256 }) }
    const found = await once(`${picture.id} ${blurred}`, async () => {
      const image = await bot.readImage(message.key, message.author, sha256, fit)
      if (!image) return undefined
      const name = `${picture.alt}.${endingOf(image.mediaType)}`
      return { fileId: await upload({ bytes: image.bytes, name }), reduced: image.reduced && !blurred && !veilSha256 }
    })
    return found && { picture, ...found, blurred }
  }

  /** The newest preview, or the one before while that is not old enough. */
  async function preview(
    { replyId }: OutgoingMessage,
    picture: ScreenPicture,
    bytes: Uint8Array,
    mediaType: string,
  ): Promise<UploadedPicture> {
    const last = previews.get(replyId)
    if (last && (last.shown.picture.id === picture.id || Date.now() - last.at < previewMs)) return last.shown
    const fileId = await upload({ bytes, name: `preview.${endingOf(mediaType)}` })
    previewFiles.add(fileId)
    const shown = { picture, fileId, reduced: false, blurred: false }
    previews.set(replyId, { shown, at: Date.now() })
    return shown
  }

  return {
    async uploaded(message, pictures) {
      if (message.final) previews.delete(message.replyId)
      const found: UploadedPicture[] = []
      for (const picture of pictures) found.push(...[await stored(message, picture)].filter((one) => one !== undefined))
      return found
    },
    async files(message, files) {
      const ids: string[] = []
      for (const { sha256, name } of files) {
        const found = await once(`file ${sha256} ${name} ${message.replyId}`, async () => {
          const bytes = await bot.readBlob(message.key, message.author, sha256)
          return bytes && { fileId: await upload({ bytes, name }), reduced: false }
        })
        if (found) ids.push(found.fileId)
      }
      return ids
    },
    replaced(before, now) {
      for (const fileId of before) {
        if (now.includes(fileId) || !previewFiles.delete(fileId)) continue
        void remove(fileId).catch(() => undefined) // a preview that stays is only litter
      }
    },
  }
}

const endingOf = (mediaType: string): string => mediaType.split('/')[1]?.replace('jpeg', 'jpg') ?? 'png'
