import type { ConversationState } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type {
  ChatMessage,
  GeneratedImage,
  Inference,
  InferenceEvent,
  InferenceRequest,
  TextToImageRequest,
} from '../contract/inference.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { loadSegment, segment } from '../conversation/segments.ts'
import { plainSentence, refineWish, type Wordings } from '../conversation/wordings.ts'
import { drawRequest, originOf, redoRequest, variationRequests } from './drawing.ts'
import type { Lane, Place } from './queue.ts'
import type { DrawnPicture, ReplyEvent } from './reply.ts'
import type { Styles } from './styles.ts'

/** What a job runs with. */
export interface JobRun {
  readonly job: Job
  /** The thread when the job begins. */
  readonly state: ConversationState
  readonly inference: Inference
  readonly wordings: Wordings
  readonly styles: Styles
  /** The bytes of a picture of the thread. */
  readonly load: (sha256: string) => Promise<Uint8Array>
  /** Waits for a place at the models, until the signal is aborted. */
  readonly enter: (lane: Lane, signal: AbortSignal, onPosition: (position: number) => void) => Promise<Place>
  readonly emit: (event: ReplyEvent) => void
  readonly signal: AbortSignal
}

/** Where a job begins: most talk before they draw. */
export const firstLane = (request: JobRequest): Lane =>
  request.kind === 'chat' || (request.kind === 'imagine' && !request.drawing.raw) ? 'chat' : 'draw'

type RequestOf<K extends JobRequest['kind']> = Extract<JobRequest, { kind: K }>

/** Does a job; what comes of it goes to `run.emit`. Throws AppError for what cannot be done, or is cancelled. */
export async function runJob(run: JobRun): Promise<void> {
  const { request } = run.job
  switch (request.kind) {
    case 'chat':
      return answer(run, request)
    case 'imagine':
      return imagine(run, request)
    case 'draw':
      run.emit({ type: 'text', text: plainSentence })
      return drawBlock(run, 0, request.prompt, [drawRequest({ ...request, block: 0 }, run.styles)])
    case 'redo':
      return drawAgain(run, request.imageId, (recipe) => [redoRequest(recipe, request.seed)])
    case 'variations':
      return drawAgain(run, request.imageId, (recipe) =>
        variationRequests(recipe, request.seed, request.count, request.strength),
      )
    case 'answer':
      return run.emit({ type: 'text', text: request.text })
  }
}

/** Answers a turn of the thread, and draws what the answer asks for. */
async function answer(run: JobRun, request: RequestOf<'chat'>): Promise<void> {
  noteOtherPictures(run, request.turnId)
  const messages = await loadSegment(segment(run.state, request.turnId, run.wordings), run.load)
  await converse(run, request, messages, messages.at(-1)?.text ?? '')
}

function noteOtherPictures({ state, emit }: JobRun, turnId: string): void {
  const uploads = state.turns[turnId]?.blocks.flatMap((block) => (block.type === 'upload' ? [block.imageId] : [])) ?? []
  const name = state.images[uploads.at(-1) ?? '']?.name
  if (uploads.length > 1) emit({ type: 'notice', text: `I look at one picture at a time: this is about ${name}.` })
}

/** Has a wish written out and draws it; the wish itself when the model wrote no prompt, or when it is to be left raw. */
async function imagine(run: JobRun, request: RequestOf<'imagine'>): Promise<void> {
  const { wish, drawing } = request
  const drawWish = () =>
    drawBlock(run, 0, wish, [drawRequest({ prompt: wish, drawing, seed: request.seed, block: 0 }, run.styles)])
  if (drawing.raw) {
    run.emit({ type: 'text', text: plainSentence })
    return drawWish()
  }
  const prompts = await converse(run, request, [{ role: 'user', text: refineWish(run.wordings, wish) }], wish)
  if (prompts > 0) return
  run.emit({ type: 'notice', text: 'The model wrote no prompt for this, so your own words were drawn.' })
  return drawWish()
}

/**
 * Streams a reply of the language model. Each prompt in it is drawn as soon as it is complete, one after the other,
 * while the words after it still come. Returns how many prompts there were.
 */
async function converse(
  run: JobRun,
  { seed, drawing }: RequestOf<'chat' | 'imagine'>,
  messages: readonly ChatMessage[],
  wish: string,
): Promise<number> {
  const stop = new AbortController()
  const easel: JobRun = { ...run, signal: AbortSignal.any([run.signal, stop.signal]) }
  let prompts = 0
  let drawings = Promise.resolve()
  const draw = (block: number, prompt: string) => {
    prompts++
    const request = drawRequest({ prompt, wish, drawing, seed, block }, run.styles)
    drawings = drawings.then(() => drawBlock(easel, block, prompt, [request]))
    drawings.catch(() => undefined) // awaited below
  }
  try {
    await talk(run, { kind: 'chat', messages, sampling: { seed } }, draw)
  } catch (error) {
    stop.abort()
    await drawings.catch(() => undefined)
    throw error
  }
  await drawings
  return prompts
}

async function talk(run: JobRun, request: InferenceRequest, onPrompt: (block: number, prompt: string) => void) {
  const place = await run.enter('chat', run.signal, (position) => run.emit({ type: 'queued', position }))
  try {
    for await (const event of eventsOf(run, request)) {
      if (event.type === 'text' || event.type === 'prompt-text' || event.type === 'prompt') run.emit(event)
      if (event.type === 'prompt') onPrompt(event.block, event.prompt)
      if (event.type === 'done' && event.result.droppedTurns)
        run.emit({ type: 'notice', text: forgotten(event.result.droppedTurns) })
    }
  } finally {
    place.leave()
  }
}

/** Said when a thread has outgrown what the model can look at. */
const forgotten = (turns: number): string =>
  `This thread has grown long: the model no longer sees its first ${turns === 1 ? 'message' : `${turns} messages`}.`

/** Draws a picture once more by its recipe, changed by `requestsOf`. */
function drawAgain(
  run: JobRun,
  imageId: string,
  requestsOf: (recipe: ReturnType<typeof originOf>['recipe']) => readonly TextToImageRequest[],
): Promise<void> {
  const { sentence, prompt, recipe } = originOf(run.state, imageId)
  run.emit({ type: 'text', text: sentence })
  return drawBlock(run, 0, prompt, requestsOf(recipe))
}

/** Draws the requests of one block in order, as one series of pictures. */
async function drawBlock(
  run: JobRun,
  block: number,
  prompt: string,
  requests: readonly TextToImageRequest[],
): Promise<void> {
  run.emit({ type: 'prompt', block, prompt })
  const place = await run.enter('draw', run.signal, (position) => run.emit({ type: 'waiting', block, position }))
  try {
    for (const [index, request] of requests.entries()) await drawOne(run, block, request, index, requests.length)
  } finally {
    place.leave()
  }
  run.emit({ type: 'drawn', block })
}

/** Draws one request of a series; its pictures and steps are counted among those of the whole series. */
async function drawOne(run: JobRun, block: number, request: TextToImageRequest, nth: number, of: number) {
  const count = request.count ?? 1
  for await (const event of eventsOf(run, request)) {
    if (event.type === 'step') {
      const { stepMs, steps, remainingMs } = event
      const later = (of - 1 - nth) * count * steps * stepMs
      const left = remainingMs === undefined ? {} : { remainingMs: remainingMs + later }
      const step = { ...event, image: nth * count + event.image, images: of * count, ...left }
      run.emit({ type: 'step', block, step })
    }
    if (event.type === 'image')
      run.emit({ type: 'picture', block, picture: pictureOf(run, block, nth * count, event.image) })
  }
}

/** A picture with an id that is the same when the job runs again. */
function pictureOf({ job }: JobRun, block: number, offset: number, image: GeneratedImage): DrawnPicture {
  const { png, width, height, recipe, index } = image
  const imageId = `${job.id}-${block}-${offset + index}`
  return { imageId, sha256: sha256Of(png), bytes: png, mediaType: 'image/png', width, height, recipe }
}

/** The events of a request; its failure, and an end without `done`, are thrown. */
async function* eventsOf({ inference, signal }: JobRun, request: InferenceRequest): AsyncGenerator<InferenceEvent> {
  for await (const event of inference.run(request, { signal })) {
    if (event.type === 'error') throw AppError.fromJSON(event.error)
    yield event
    if (event.type === 'done') return
  }
  throw new AppError('inference/failed', { message: 'the model stopped in the middle of its answer', retryable: true })
}
