import type { ConversationState, ThreadSettings } from '../contract/conversation.ts'
import type { DesignKind, JobRequest } from '../contract/job.ts'
import { liveImage } from '../conversation/images.ts'
import type { Desk } from './accept.ts'

/** A design that a thread is about: its kind and size. */
interface DesignSoFar {
  readonly design: DesignKind
  readonly size: Pick<ThreadSettings, 'width' | 'height'>
}

/** The design that the current picture is, if it is one. */
export async function lastDesign({ context }: Desk, state: ConversationState): Promise<DesignSoFar | undefined> {
  const image = liveImage(state, state.headImageId)
  const jobId = image && state.turns[image.turnId]?.jobId
  const request = jobId === undefined ? undefined : (await context.stores.jobs.get(jobId))?.request
  if (!request || !('design' in request) || request.design === undefined) return undefined
  const { width, height } = request.drawing
  return width === undefined || height === undefined ? undefined : { design: request.design, size: { width, height } }
}

/** "A second one, warmer": what is talked about after a design is drawn in the design's shape. */
export function inheritDesign(so: DesignSoFar | undefined, request: JobRequest): JobRequest {
  if (!so || request.kind !== 'chat') return request
  return { ...request, design: so.design, drawing: { ...request.drawing, ...so.size } }
}
