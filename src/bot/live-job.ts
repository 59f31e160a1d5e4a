import { AppError } from '../contract/errors.ts'
import type { Job } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import { emptyReply, type ReplyState } from './reply.ts'

/** A job in memory, from its acceptance until its end is stored. */
export interface LiveJob {
  job: Job
  reply: ReplyState
  readonly threadKey: string
  readonly controller: AbortController
  /** Its end is decided: what still happens to it is dropped. */
  settled: boolean
  /** When it began, in milliseconds since the epoch. */
  startedAt?: number
}

export const liveJob = (job: Job): LiveJob => ({
  job,
  reply: emptyReply,
  threadKey: threadKeyString(job.key),
  controller: new AbortController(),
  settled: false,
})

/** Why a job failed. A cancel that nobody asked for is a failure: the models were stopped under the job. */
export function failureOf({ controller }: LiveJob, error: unknown): AppError {
  const failure = AppError.from(error)
  if (failure.code !== 'inference/cancelled' || controller.signal.aborted) return failure
  return new AppError('inference/failed', { message: 'the models were stopped', retryable: true, cause: error })
}
