import type { ConversationState } from '../contract/conversation.ts'
import type { JobRequest } from '../contract/job.ts'
import { liveImage } from '../conversation/images.ts'
import { currentImageId } from '../conversation/thread.ts'
import { missingPicture } from './missing.ts'

/** Stands for the picture that will be current when the jobs before have ended. */
export const laterPicture = ''

/**
 * The request with the picture that is current where it is asked, when it left that open. Throws AppError
 * `input/not-found` when there is none.
 */
export function withCurrentPicture(request: JobRequest, state: ConversationState): JobRequest {
  if (!('imageId' in request) || request.imageId !== laterPicture) return request
  const image = liveImage(state, currentImageId(state, request.turnId))
  if (!image) throw missingPicture(request.kind)
  return { ...request, imageId: image.id }
}
