import type { ConversationState } from '../contract/conversation.ts'
import type { Download, Job, JobRequest, StoredMask } from '../contract/job.ts'
import type { Change } from '../conversation/stores.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { liveImage } from '../conversation/images.ts'
import { currentImageId } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { optionContext, wordingsOf, type BotContext } from './context.ts'
import { requestOfRoute } from './requests.ts'
import { sortFiles, type SortedFiles } from './sort-files.ts'
import { drawnMask } from './stored-mask.ts'
import { addToTurn, fetchUploads, uploadNodes } from './uploads.ts'
import { wordRoute } from './word-routes.ts'

/** Files that a platform still holds for a job. */
export const downloadsOf = (request: JobRequest): readonly Download[] | undefined =>
  'downloads' in request ? request.downloads : undefined

/** What comes of the files in a thread: its pictures and mask in the user turn, and the job without downloads. */
export type Taken = (state: ConversationState) => Change & { readonly jobs: readonly [Job] }

/** Fetches a job's files. Throws what the download throws, and AppError `image/*`, `input/*` for what is refused. */
export async function takeDownloads(context: BotContext, job: Job, signal: AbortSignal): Promise<Taken> {
  const uploads = await fetchUploads(context, job.key.platform, downloadsOf(job.request) ?? [], signal)
  const before = await context.stores.threads.get(job.key)
  const { turnId } = job.request
  const current = before && liveImage(before, currentImageId(before, turnId))?.id
  const files = await sortFor(job.request, uploads, current !== undefined)
  const sha256 = files.mask && sha256Of(files.mask.bytes)
  const mask = sha256 === undefined ? files.transparent : drawnMask(sha256)
  return (state) => {
    const nodes = uploadNodes(files.pictures, { turnId, author: job.author, now: context.now() })
    const imageId = nodes[0]?.id ?? current
    const filled = addToTurn(state, turnId, nodes)
    const request = withFiles(context, job, filled, imageId, mask)
    const hasMask = sha256 !== undefined && imageId !== undefined
    const thread = hasMask ? withMask(filled, turnId, imageId, sha256) : filled
    const kept = [...files.pictures, ...(files.mask ? [files.mask] : [])]
    return { thread, pictures: kept.map(({ bytes }) => bytes), jobs: [{ ...job, request }] }
  }
}

/** Pictures and mask, where the request can have one. */
function sortFor(request: JobRequest, pictures: SortedFiles['pictures'], hasPicture: boolean): Promise<SortedFiles> {
  const canHave = isPlain(request) || ((request.kind === 'inpaint' || request.kind === 'edit') && !request.mask)
  return canHave ? sortFiles(pictures, { hasPicture }) : Promise.resolve({ pictures })
}

/** Made of words alone, before it was known what came with them: no command says what is to be done. */
const isPlain = (request: JobRequest): boolean =>
  request.kind === 'chat' || ((request.kind === 'edit' || request.kind === 'imagine') && request.routed !== undefined)

function withMask(state: ConversationState, turnId: string, imageId: string, sha256: string): ConversationState {
  const turn = state.turns[turnId]
  if (!turn) throw refuse('input/not-found', 'wordsGone')
  return { ...state, turns: { ...state.turns, [turnId]: { ...turn, mask: { imageId, sha256 } } } }
}

const withoutDownloads = (request: JobRequest): JobRequest =>
  Object.fromEntries(Object.entries(request).filter(([key]) => key !== 'downloads')) as JobRequest

/** The request with its files in place: nothing is left to fetch. With a mask, plain words say what is drawn there. */
function withFiles(
  context: BotContext,
  job: Job,
  state: ConversationState,
  imageId: string | undefined,
  mask: StoredMask | undefined,
): JobRequest {
  const request = withoutDownloads(job.request)
  if (mask && isPlain(request)) return maskedWords(context, { ...job, request }, state, imageId, mask)
  if (request.kind !== 'inpaint' && request.kind !== 'edit') return request
  return { ...request, ...(imageId === undefined ? {} : { imageId }), ...(mask ? { mask } : {}) }
}

/** What words without a command ask for beside a mask. */
function maskedWords(
  context: BotContext,
  { request, ...job }: Job,
  state: ConversationState,
  imageId: string | undefined,
  mask: StoredMask,
): JobRequest {
  const { turnId } = request
  const text = (state.turns[turnId]?.blocks ?? []).map((block) => (block.type === 'text' ? block.text : '')).join('')
  const situation = { hasPicture: true, hasMask: true, options: optionContext(context) }
  const routed = wordRoute(text, true, { ...situation, wordings: wordingsOf(context, { ...job, request }) })
  if (routed.kind !== 'inpaint' && routed.kind !== 'edit') return request
  return { ...requestOfRoute(routed, { context, state, turnId, imageId, mask }), ...seedOf(request) }
}

const seedOf = (request: JobRequest) => ('seed' in request ? { seed: request.seed } : {})
