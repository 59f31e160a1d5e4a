import type { Block, ConversationState, ImageNode } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type {
  ChatRequest,
  GeneratedImage,
  Inference,
  InferenceEvent,
  InferenceRequest,
  InferenceResult,
  PictureRequest,
} from '../contract/inference.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import { sha256Of } from '../conversation/blobs.ts'
import type { Wordings } from '../conversation/wordings.ts'
import { changeSaid } from '../language/change-said.ts'
import type { Sentences } from '../language/sentences.ts'
import { sentencesOf } from './job-words.ts'
import type { Lane, Place } from './queue.ts'
import type { DrawnPicture, ReplyEvent } from './reply.ts'
import type { PictureGuard } from './safety/picture-guard.ts'
import type { Styles } from './styles.ts'

/** What a job runs with. */
export interface JobRun {
  readonly job: Job
  /** The thread when the job begins. */
  readonly state: ConversationState
  readonly inference: Inference
  readonly wordings: Wordings
  readonly styles: Styles
  /** Size of a picture when nothing is said. */
  readonly usualSize: { readonly defaultWidth: number; readonly defaultHeight: number }
  /** The bytes of a picture, mask or file of the thread. */
  readonly load: (sha256: string) => Promise<Uint8Array>
  /** Looks at prompts and drawn pictures, by the rule of the place. */
  readonly guard: PictureGuard
  /** Waits for a place at the models, until the signal is aborted. */
  readonly enter: (lane: Lane, signal: AbortSignal, onPosition: (position: number) => void) => Promise<Place>
  readonly emit: (event: ReplyEvent) => void
  /** Stores what of the reply is settled, with pictures that are not stored yet: a restart goes on from there. */
  readonly keep: (kept: readonly Block[], pictures: readonly DrawnPicture[]) => Promise<void>
  readonly signal: AbortSignal
}

export type RequestOf<K extends JobRequest['kind']> = Extract<JobRequest, { kind: K }>

/** One piece of work at the models: which picture it works on, and the requests of a block. */
export interface BlockOfPictures {
  readonly block: number
  readonly prompt: string
  readonly requests: readonly PictureRequest[]
  /** The picture that it is made from. */
  readonly parent?: ImageNode | undefined
  /** What the picture shows, where an edit knows it. */
  readonly source?: string
}

/**
 * Draws the requests of one block in order, as one series of pictures. Returns those that may be shown; of the others a
 * notice tells. Throws AppError `access/denied` for a prompt that is not allowed.
 */
export async function drawBlock(run: JobRun, drawing: BlockOfPictures): Promise<readonly DrawnPicture[]> {
  const { block, prompt, requests, parent, source } = drawing
  run.guard.checkPrompt(prompt)
  run.emit({ type: 'prompt', block, prompt })
  const operation = requests[0]!.kind
  if (parent && operation !== 'text-to-image')
    run.emit({
      type: 'change',
      block,
      change: { operation, before: parent, ...(source === undefined ? {} : { source }) },
    })
  const place = await run.enter('draw', run.signal, (position) => run.emit({ type: 'waiting', block, position }))
  const drawn: (DrawnPicture | undefined)[] = []
  try {
    for (const nth of requests.keys()) drawn.push(...(await drawOne(run, drawing, nth)))
  } finally {
    place.leave()
  }
  run.emit({ type: 'drawn', block })
  const pictures = drawn.filter((picture) => picture !== undefined)
  const withheld = drawn.length - pictures.length
  if (withheld > 0) run.emit({ type: 'notice', text: sentencesOf(run.job).safety.withheld(withheld) })
  const share = pictures[0]?.details?.changedShare
  if (parent && share !== undefined) run.emit({ type: 'notice', text: changeSaid(repliesOf(run), share) })
  return pictures
}

/** What is said in a job's reply beside the language model's words. */
export const repliesOf = ({ job }: Pick<JobRun, 'job'>): Sentences['replies'] => sentencesOf(job).replies

/**
 * Draws one request of a series; its pictures and steps are counted among those of the whole series. A picture that may
 * not be shown is undefined.
 */
async function drawOne(run: JobRun, { block, requests, parent }: BlockOfPictures, nth: number) {
  const request = requests[nth]!
  const count = 'count' in request ? (request.count ?? 1) : 1
  const pictures: (DrawnPicture | undefined)[] = []
  for await (const event of eventsOf(run, request)) {
    if (event.type === 'step') {
      const { stepMs, steps, remainingMs } = event
      const later = (requests.length - 1 - nth) * count * steps * stepMs
      const left = remainingMs === undefined ? {} : { remainingMs: remainingMs + later }
      const step = {
        ...run.guard.shownStep(event),
        image: nth * count + event.image,
        images: requests.length * count,
        ...left,
      }
      run.emit({ type: 'step', block, step })
    }
    if (event.type === 'image') {
      const picture = pictureOf(`${run.job.id}-${block}-${nth * count + event.image.index}`, event.image, parent?.id)
      const verdict = await run.guard.judge(picture.bytes!, run.signal)
      const shown =
        verdict === 'withheld' ? undefined : { ...picture, ...(verdict === 'sensitive' && { sensitive: true }) }
      pictures.push(shown)
      if (shown) run.emit({ type: 'picture', block, picture: shown })
    }
  }
  return pictures
}

/** A picture as it came from the models, with an id that is the same when the job runs again. */
export function pictureOf(imageId: string, image: GeneratedImage, parentId: string | undefined): DrawnPicture {
  const { png, width, height, recipe, details } = image
  const { maskPng, ...rest } = details ?? {}
  return {
    imageId,
    sha256: sha256Of(png),
    bytes: png,
    mediaType: 'image/png',
    width,
    height,
    recipe,
    ...(parentId === undefined ? {} : { parentId }),
    ...(maskPng ? { mask: { sha256: sha256Of(maskPng), bytes: maskPng } } : {}),
    ...(Object.keys(rest).length > 0 ? { details: rest } : {}),
  }
}

/** Streams an answer of the language model to the person; `onPrompt` is told each prompt as soon as it is complete. */
export async function talk(
  run: JobRun,
  request: ChatRequest,
  onPrompt: (block: number, prompt: string) => void,
): Promise<void> {
  const place = await run.enter('chat', run.signal, (position) => run.emit({ type: 'queued', position }))
  try {
    for await (const event of eventsOf(run, request)) {
      if (event.type === 'text' || event.type === 'prompt-text' || event.type === 'prompt') run.emit(event)
      if (event.type === 'prompt') onPrompt(event.block, event.prompt)
      if (event.type === 'done') tellLeftOut(run, event.result)
    }
  } finally {
    place.leave()
  }
}

/** Says once that the model has no room for the beginning of the thread, and again when more of it is left out. */
function tellLeftOut(run: JobRun, { leftOut }: InferenceResult): void {
  if (leftOut?.newly) run.emit({ type: 'notice', text: repliesOf(run).leftOut(leftOut.turns) })
}

/** Asks the language model something that the person is not shown. Returns the words and the prompts of its answer. */
export async function askQuietly(run: JobRun, request: ChatRequest): Promise<QuietAnswer> {
  const place = await run.enter('chat', run.signal, (position) => run.emit({ type: 'queued', position }))
  let text = ''
  const prompts: string[] = []
  try {
    for await (const event of eventsOf(run, request)) {
      if (event.type === 'text') text += event.text
      if (event.type === 'prompt') prompts.push(event.prompt)
      if (event.type === 'done') tellLeftOut(run, event.result)
    }
  } finally {
    place.leave()
  }
  return { text: text.trim(), prompts }
}

export interface QuietAnswer {
  readonly text: string
  readonly prompts: readonly string[]
}

/** The events of a request; its failure, and an end without `done`, are thrown. */
export async function* eventsOf(
  { inference, signal }: Pick<JobRun, 'inference' | 'signal'>,
  request: InferenceRequest,
): AsyncGenerator<InferenceEvent> {
  for await (const event of inference.run(request, { signal })) {
    if (event.type === 'error') throw AppError.fromJSON(event.error)
    yield event
    if (event.type === 'done') return
  }
  throw new AppError('inference/failed', { message: 'the model stopped in the middle of its answer', retryable: true })
}
