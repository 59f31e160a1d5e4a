import type { Block, ThreadSettings } from '../../contract/conversation.ts'
import { refineWish } from '../../conversation/wordings.ts'
import { emitBook, pagesOf } from '../books.ts'
import { chatRequest } from '../converse.ts'
import { drawRequest, imageOf } from '../drawing.ts'
import { askQuietly, drawBlock, talk, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'
import { emptyReply, reduceReply, type DrawnPicture } from '../reply.ts'
import { blockOf, drawnPicture } from '../store-reply.ts'

/**
 * A storybook: the language model writes it with its prompts, which is kept; then page by page is drawn and kept, so
 * that a restart goes on with the missing ones; at the end it becomes one file.
 */
export async function story(run: JobRun, request: RequestOf<'story'>): Promise<void> {
  const { title, pages } = request
  const plan = takenUp(run) ?? (await keepPlan(run, await writeStory(run, request)))
  const found = pictureIndices(plan).length
  if (pages !== undefined && found < pages)
    run.emit({ type: 'notice', text: repliesOf(run).fewerPages({ written: found, asked: pages }) })
  await drawPages(run, request, plan, title)
}

/** Pages of a story at most, where nothing is said. */
const mostPages = 12

/** Pictures for a text: the language model is asked about single paragraphs; the text stays as it is. */
export async function illustrate(run: JobRun, request: RequestOf<'illustrate'>): Promise<void> {
  const plan = takenUp(run) ?? (await keepPlan(run, await chooseScenes(run, request)))
  await drawPages(run, request, plan, titleOf(request.text))
}

/** One page of a book drawn anew; the book stays as it is otherwise. */
export async function page(run: JobRun, request: RequestOf<'page'>): Promise<void> {
  const book = run.state.turns[request.bookTurnId]?.book
  const old = book?.pages[request.page]
  if (!book || old?.prompt === undefined || old.imageId === undefined) return
  const { prompt } = old
  const drawing = { ...request.drawing, count: 1 }
  if (old.text !== '') run.emit({ type: 'text', text: old.text })
  const drawn = await drawBlock(run, {
    block: 0,
    prompt,
    parent: imageOf(run.state, old.imageId),
    requests: [drawRequest({ prompt, wish: book.title, drawing, seed: request.seed, block: 0 }, run.styles)],
  })
  const pages = book.pages.map((one, i) =>
    i === request.page && drawn[0] ? { ...one, imageId: drawn[0].imageId } : one,
  )
  await emitBook(run, { ...book, pages }, drawn)
}

/** Has the story written, at most so many pages of it with pictures. */
async function writeStory(run: JobRun, request: RequestOf<'story'>): Promise<readonly Block[]> {
  let written = emptyReply
  const collecting: JobRun = {
    ...run,
    emit(event) {
      if ('block' in event && event.block >= (request.pages ?? mostPages)) return
      written = reduceReply(written, event)
      run.emit(event)
    },
  }
  const messages = [{ role: 'user', text: request.words } as const]
  await talk(collecting, chatRequest({ ...request, messages }), () => undefined)
  return written.items.flatMap(blockOf)
}

/** How much of a paragraph the language model is asked about, in characters. */
const sceneLength = 300

/** Chooses paragraphs, as far apart as they go, and has a prompt written for each. */
async function chooseScenes(run: JobRun, request: RequestOf<'illustrate'>): Promise<readonly Block[]> {
  const paragraphs = paragraphsOf(request.text)
  const chosen = spread(paragraphs.length, request.pictures)
  const plan: Block[] = []
  let block = 0
  for (const [index, text] of paragraphs.entries()) {
    run.emit({ type: 'text', text })
    plan.push({ type: 'text', text })
    if (!chosen.has(index)) continue
    const messages = [{ role: 'user', text: refineWish(run.wordings, sceneOf(text)) } as const]
    const { prompts } = await askQuietly(run, chatRequest({ ...request, messages }))
    const [prompt] = prompts
    if (prompt === undefined) continue
    run.emit({ type: 'prompt', block: block++, prompt })
    plan.push({ type: 'picture', prompt, imageIds: [] })
  }
  return plan
}

/** Paragraphs with the white space after them: together they are the text again. */
export const paragraphsOf = (text: string): readonly string[] => text.match(/\S[^]*?(?:\n\s*\n\s*|$)/g) ?? []

/** Which of `count` paragraphs get one of `pictures`: all, or as evenly spread as they go, the first among them. */
export function spread(count: number, pictures: number): ReadonlySet<number> {
  if (count <= pictures) return new Set(Array.from({ length: count }, (_, i) => i))
  const step = pictures === 1 ? 0 : (count - 1) / (pictures - 1)
  return new Set(Array.from({ length: pictures }, (_, i) => Math.round(i * step)))
}

const sceneOf = (paragraph: string): string => {
  const line = paragraph.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= sceneLength) return line
  const cut = line.slice(0, sceneLength)
  const end = Math.max(cut.lastIndexOf('. '), cut.lastIndexOf('。'))
  return end > 0 ? cut.slice(0, end + 1) : cut
}

const titleOf = (text: string): string => (text.trim().split(/\n/)[0] ?? '').slice(0, 80).trim()

async function keepPlan(run: JobRun, plan: readonly Block[]): Promise<readonly Block[]> {
  if (plan.some(({ type }) => type === 'picture')) await run.keep(plan, [])
  return plan
}

/** What an earlier start had settled, shown again. */
function takenUp(run: JobRun): readonly Block[] | undefined {
  const { kept } = run.job
  let block = 0
  for (const piece of kept ?? []) {
    if (piece.type === 'text') run.emit({ type: 'text', text: piece.text })
    if (piece.type !== 'picture') continue
    run.emit({ type: 'prompt', block, prompt: piece.prompt })
    for (const picture of keptPictures(run, piece.imageIds)) run.emit({ type: 'picture', block, picture })
    block++
  }
  return kept
}

const keptPictures = ({ state }: JobRun, imageIds: readonly string[]): readonly DrawnPicture[] =>
  imageIds.flatMap((id) => {
    const node = state.images[id]
    const picture = node && drawnPicture(node)
    return picture ? [picture] : []
  })

interface Pages {
  readonly seed: number
  readonly drawing: ThreadSettings
}

/** Draws the pictures that a plan lacks, keeps each, and makes the book. */
async function drawPages(run: JobRun, { seed, drawing }: Pages, plan: readonly Block[], title: string): Promise<void> {
  const drawn: DrawnPicture[] = []
  let blocks = plan
  for (const [block, index] of pictureIndices(plan).entries()) {
    const piece = plan[index]!
    if (piece.type !== 'picture' || piece.imageIds.length > 0) continue
    const job = { prompt: piece.prompt, wish: title, drawing: { ...drawing, count: 1 }, seed, block }
    const pictures = await drawBlock(run, { block, prompt: piece.prompt, requests: [drawRequest(job, run.styles)] })
    drawn.push(...pictures)
    blocks = blocks.with(index, { ...piece, imageIds: pictures.map(({ imageId }) => imageId) })
    await run.keep(blocks, pictures)
  }
  if (pictureIndices(plan).length > 0) await emitBook(run, { title, pages: pagesOf(blocks) }, drawn)
}

const pictureIndices = (blocks: readonly Block[]): readonly number[] =>
  blocks.flatMap(({ type }, index) => (type === 'picture' ? [index] : []))
