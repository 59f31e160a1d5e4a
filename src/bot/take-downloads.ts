import type { ConversationState } from '../contract/conversation.ts'
import type { Download, Job, JobRequest } from '../contract/job.ts'
import type { Change } from '../conversation/stores.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { refuse } from '../language/refuse.ts'
import type { BotContext } from './context.ts'
import { sortFiles } from './sort-files.ts'
import { drawnMask } from './stored-mask.ts'
import { addToTurn, fetchUploads, uploadNodes } from './uploads.ts'

/** Files that a platform still holds for a job. */
export const downloadsOf = (request: JobRequest): readonly Download[] | undefined =>
  'downloads' in request ? request.downloads : undefined

/** What comes of the files in a thread: its pictures and mask in the user turn, and the job without downloads. */
export type Taken = (state: ConversationState) => Change & { readonly jobs: readonly [Job] }

/** Fetches a job's files. Throws what the download throws, and AppError `image/*`, `input/*` for what is refused. */
export async function takeDownloads(context: BotContext, job: Job, signal: AbortSignal): Promise<Taken> {
  const uploads = await fetchUploads(context, job.key.platform, downloadsOf(job.request) ?? [], signal)
  const isMasked = job.request.kind === 'inpaint' && !job.request.mask
  const { pictures, mask } = isMasked ? await sortFiles(uploads, { hasPicture: false }) : { pictures: uploads }
  return (state) => {
    const { turnId } = job.request
    const now = context.now()
    const nodes = uploadNodes(pictures, { turnId, author: job.author, now })
    const request = withFiles(job.request, nodes[0]?.id, mask && sha256Of(mask.bytes))
    const filled = addToTurn(state, turnId, nodes)
    const thread = mask && nodes[0] ? withMask(filled, turnId, nodes[0].id, sha256Of(mask.bytes)) : filled
    const kept = [...pictures, ...(mask ? [mask] : [])]
    return { thread, pictures: kept.map(({ bytes }) => bytes), jobs: [{ ...job, request }] }
  }
}

function withMask(state: ConversationState, turnId: string, imageId: string, sha256: string): ConversationState {
  const turn = state.turns[turnId]
  if (!turn) throw refuse('input/not-found', 'wordsGone')
  return { ...state, turns: { ...state.turns, [turnId]: { ...turn, mask: { imageId, sha256 } } } }
}

const withoutDownloads = (request: JobRequest): JobRequest =>
  Object.fromEntries(Object.entries(request).filter(([key]) => key !== 'downloads')) as JobRequest

/** The request with its files in place: nothing is left to fetch. */
function withFiles(request: JobRequest, imageId: string | undefined, maskSha256: string | undefined): JobRequest {
  const fetched = withoutDownloads(request)
  if (fetched.kind !== 'inpaint') return fetched
  const picture = imageId === undefined ? fetched : { ...fetched, imageId }
  return maskSha256 === undefined ? picture : { ...picture, mask: drawnMask(maskSha256) }
}
