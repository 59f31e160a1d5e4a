import type { ErrorCode } from './errors.ts'
import type { JobRequest } from './job.ts'

/** A job as those who count see it: nothing that a person said, and not who they are. */
export interface ObservedJob {
  readonly kind: JobRequest['kind']
  readonly platform: string
}

/** How a job ended. */
export interface ObservedEnd {
  readonly end: 'done' | 'failed' | 'cancelled'
  /** Milliseconds from its start, places that it waited for on the way included; 0 when it never began. */
  readonly runMs: number
  readonly pictures: number
  /** Why it is not done. */
  readonly code?: ErrorCode
}

/** Is told what the bot does, for figures. Calls return at once and do not throw. */
export interface Observer {
  jobAccepted(job: ObservedJob): void
  /** `waitMs`: milliseconds since it was accepted. */
  jobStarted(job: ObservedJob, waitMs: number): void
  jobEnded(job: ObservedJob, end: ObservedEnd): void
  /** A final reply has reached the platform; `postMs`: milliseconds since its result was stored. */
  jobPosted(job: ObservedJob, postMs: number): void
}

/** Counts nothing. */
export const noObserver: Observer = {
  jobAccepted: () => undefined,
  jobStarted: () => undefined,
  jobEnded: () => undefined,
  jobPosted: () => undefined,
}
