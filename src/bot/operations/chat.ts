import { loadSegment, segment } from '../../conversation/segments.ts'
import { refineWish } from '../../conversation/wordings.ts'
import { converse, type Drafting } from '../converse.ts'
import { drawRequest } from '../drawing.ts'
import { drawBlock, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'

/** Draws the prompts of an answer with the request's settings. */
const drafting =
  (run: JobRun, { seed, drawing }: Pick<RequestOf<'chat'>, 'seed' | 'drawing'>, wish: string): Drafting =>
  (block, prompt) => ({ block, prompt, requests: [drawRequest({ prompt, wish, drawing, seed, block }, run.styles)] })

/** Answers a turn of the thread, and draws what the answer asks for. */
export async function chat(run: JobRun, request: RequestOf<'chat'>): Promise<void> {
  noteOtherPictures(run, request.turnId)
  const messages = await loadSegment(segment(run.state, request.turnId, run.wordings), run.load)
  const wish = messages.at(-1)?.text ?? ''
  const draft = drafting(run, request, wish)
  const prompts = await converse(run, { ...request, messages }, draft)
  const instead = prompts.length === 0 && request.otherwise !== undefined && draft(0, request.otherwise)
  if (!instead) return
  run.emit({ type: 'notice', text: repliesOf(run).lastPromptDrawn })
  await drawBlock(run, instead)
}

function noteOtherPictures(run: JobRun, turnId: string): void {
  const { state, emit } = run
  const uploads = state.turns[turnId]?.blocks.flatMap((block) => (block.type === 'upload' ? [block.imageId] : [])) ?? []
  const name = state.images[uploads.at(-1) ?? '']?.name
  if (uploads.length > 1) emit({ type: 'notice', text: repliesOf(run).onePicture(String(name)) })
}

/** Has a wish written out and draws it; the wish itself when the model wrote no prompt, or when it is to be left raw. */
export async function imagine(run: JobRun, request: RequestOf<'imagine'>): Promise<void> {
  const { wish, drawing } = request
  if (drawing.raw) {
    run.emit({ type: 'text', text: repliesOf(run).here })
    return drawWish(run, request, wish)
  }
  await drawAnswer(run, request, request.bare ? wish : refineWish(run.wordings, wish), wish)
}

/** A design: the model says what it has in mind, then it is drawn in the shape of its kind. */
export const design = (run: JobRun, request: RequestOf<'design'>): Promise<void> =>
  drawAnswer(run, request, request.words, request.words)

/** Asks for a picture in one message, and draws the answer's prompts; without any, the wish. */
async function drawAnswer(run: JobRun, request: RequestOf<'imagine' | 'design'>, question: string, wish: string) {
  const messages = [{ role: 'user', text: question } as const]
  const prompts = await converse(run, { ...request, messages }, drafting(run, request, wish))
  if (prompts.length > 0) return
  run.emit({ type: 'notice', text: repliesOf(run).wordsDrawn })
  await drawWish(run, request, wish)
}

async function drawWish(run: JobRun, { seed, drawing }: Pick<RequestOf<'imagine'>, 'seed' | 'drawing'>, wish: string) {
  const request = drawRequest({ prompt: wish, drawing, seed, block: 0 }, run.styles)
  await drawBlock(run, { block: 0, prompt: wish, requests: [request] })
}

/** Draws a given prompt as it is. */
export async function draw(run: JobRun, request: RequestOf<'draw'>): Promise<void> {
  const { prompt, parentImageId } = request
  const parent = parentImageId === undefined ? undefined : run.state.images[parentImageId]
  run.emit({ type: 'text', text: repliesOf(run).here })
  await drawBlock(run, { block: 0, prompt, parent, requests: [drawRequest({ ...request, block: 0 }, run.styles)] })
}
