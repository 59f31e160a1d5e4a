import type { Bot, FittedImage } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import type { ScreenPicture } from '../chat/screen.ts'

type Stored = Extract<ScreenPicture['source'], { sha256: string }>

/** Pictures that were fitted last, so that the states of a reply share them. */
const shelfSize = 12
/** Replies whose last preview is remembered. */
const previewsKept = 200

/** Pictures as they were shown last: fitted ones, and the preview of each reply. */
export function createPictureShelf(previewMs: number) {
  const fittedOnes = new Map<string, FittedImage>()
  const previews = new Map<string, { readonly picture: ScreenPicture; readonly at: number }>()

  return {
    /** A stored picture within `maxBytes`. Throws AppError `image/too-large`. */
    async fitted(bot: Bot, { key, author }: OutgoingMessage, { sha256, veilSha256 }: Stored, maxBytes: number) {
      const id = [sha256, veilSha256, maxBytes].join('/')
      const known = fittedOnes.get(id)
      if (known) return known
      const veil = veilSha256 === undefined ? {} : { veilSha256 }
      const fitted = await bot.readImage(key, author, sha256, { maxBytes, ...veil })
      if (fitted) keep(fittedOnes, id, fitted, shelfSize)
      return fitted
    },

    /** The pictures of a state, where a preview takes the place of the last one only after a while: each is an upload. */
    calm({ replyId, final }: OutgoingMessage, pictures: readonly ScreenPicture[]): readonly ScreenPicture[] {
      const preview = pictures.find(({ source }) => !('sha256' in source))
      if (final) previews.delete(replyId)
      if (!preview || final) return pictures
      const last = previews.get(replyId)
      if (last && Date.now() - last.at < previewMs)
        return pictures.map((picture) => (picture === preview ? last.picture : picture))
      keep(previews, replyId, { picture: preview, at: Date.now() }, previewsKept)
      return pictures
    },
  }
}

/** The newest `size` entries stay. */
function keep<T>(shelf: Map<string, T>, id: string, value: T, size: number): void {
  shelf.delete(id)
  shelf.set(id, value)
  const oldest = shelf.keys().next()
  if (shelf.size > size && !oldest.done) shelf.delete(oldest.value)
}
