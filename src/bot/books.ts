import type { Block, Book, BookPage } from '../contract/conversation.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { bookHtml, type PrintedPage } from './book-html.ts'
import type { JobRun } from './job-run.ts'
import type { DrawnPicture, MadeFile } from './reply.ts'

/** The pages of a reply: each text with the picture that follows it. */
export function pagesOf(blocks: readonly Block[]): readonly BookPage[] {
  const pages: BookPage[] = []
  let text = ''
  const turnOver = (picture: Omit<BookPage, 'text'> = {}) => {
    pages.push({ text: text.trim(), ...picture })
    text = ''
  }
  for (const block of blocks) {
    if (block.type === 'text') text += block.text
    if (block.type === 'picture') {
      const [imageId] = block.imageIds
      turnOver({ prompt: block.prompt, ...(imageId === undefined ? {} : { imageId }) })
    }
  }
  if (text.trim() !== '') turnOver()
  return pages
}

/** Puts a book into a reply, with its file. `drawn` holds pictures that are in no thread yet. */
export async function emitBook(run: JobRun, book: Book, drawn: readonly DrawnPicture[] = []): Promise<void> {
  const pages = await Promise.all(book.pages.map((page) => printed(run, page, drawn)))
  const bytes = new TextEncoder().encode(bookHtml(book.title, pages))
  const file: MadeFile = { name: fileName(book.title), mediaType: 'text/html', sha256: sha256Of(bytes), bytes }
  run.emit({ type: 'book', book, files: [file] })
}

async function printed(run: JobRun, { text, prompt = '', imageId }: BookPage, drawn: readonly DrawnPicture[]) {
  const fresh = drawn.find((picture) => picture.imageId === imageId)
  const stored = imageId === undefined ? undefined : run.state.images[imageId]
  const picture = fresh ?? (stored?.deletedAt === undefined ? stored : undefined)
  if (!picture) return { text } satisfies PrintedPage
  const bytes = fresh?.bytes ?? (await run.load(picture.sha256))
  return { text, picture: { bytes, mediaType: picture.mediaType, alt: prompt } } satisfies PrintedPage
}

/** `The Fox's Journey` -> `the-foxs-journey.html`. */
function fileName(title: string): string {
  const words =
    title
      .toLowerCase()
      .replaceAll(/['’]/g, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  const name = words.join('-').slice(0, 60)
  return `${name === '' ? 'story' : name}.html`
}
