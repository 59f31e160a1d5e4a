import type { ConversationState } from '../contract/conversation.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import { withoutArrival } from './arrival.ts'
import type { BotContext } from './context.ts'
import { imageOf, originOf } from './drawing.ts'
import { sourceBefore } from './edit-so-far.ts'

type Redo = Extract<JobRequest, { kind: 'redo' }>

/** Work on a picture, as its job was asked for it. */
export type WorkRequest = Extract<JobRequest, { imageId: string; words: string }>

/** Whether a job was work on a picture. */
export const isWork = (request: JobRequest): request is WorkRequest => 'imageId' in request && 'words' in request

/** The job that made a picture. */
export const jobOfImage = (context: BotContext, state: ConversationState, imageId: string): Promise<Job | undefined> =>
  context.stores.jobs.get(state.turns[imageOf(state, imageId).turnId]?.jobId ?? '')

/**
 * A picture once more with another seed: by its recipe, or where it was made from another one by the same work with the
 * same prompts. Throws AppError `input/not-found` for one that is gone or was not drawn here.
 */
export async function redoOf(context: BotContext, state: ConversationState, again: Redo): Promise<JobRequest> {
  const { image, prompt } = originOf(state, again.imageId)
  const request = (await jobOfImage(context, state, again.imageId))?.request
  if (request?.kind === 'variations' && image.recipe?.operation === 'image-to-image')
    return { ...request, turnId: again.turnId, seed: again.seed, count: 1 }
  if (!request || !isWork(request)) return again
  return sameWork(state, request, { ...again, prompt })
}

/** The same work as before, with the prompts that it had. */
export function sameWork(
  state: ConversationState,
  request: WorkRequest,
  { turnId, seed, imageId, prompt }: { turnId: string; seed: number; imageId: string; prompt: string },
): WorkRequest {
  const work = { ...withoutArrival(request), turnId, seed, ...(prompt === '' ? {} : { prompt }) }
  const made = state.images[imageId]
  if (work.kind !== 'edit' || !made) return work
  return { ...work, apply: true, ...sourceBefore(state, made) }
}
