import { createHash } from 'node:crypto'
import { AppError, type AppErrorData } from '../contract/errors.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { Job, JobRequest, JobState } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'

/**
 * The life of a job. `queued` and `running` jobs run (again) after a crash; a `posting` one has its result in the
 * thread and is posted (again) under the same reply id; the last three are ends.
 */
const transitions: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['running', 'posting'],
  running: ['running', 'queued', 'posting'],
  posting: ['done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
}

/** Starts that a job gets before it is given up: each one but the last ended with the whole process. */
export const maxAttempts = 3

/** The id of the job that an event makes, and of the event itself: the same event always gives the same. */
export const jobIdOf = ({ key, eventId }: Pick<Incoming, 'key' | 'eventId'>): string =>
  createHash('sha256')
    .update(`${threadKeyString(key)}\0${eventId}`)
    .digest('hex')
    .slice(0, 24)

export const userTurnId = (jobId: string): string => `u${jobId}`
export const replyTurnId = (jobId: string): string => `r${jobId}`

export const createJob = (incoming: Incoming, request: JobRequest, now: number): Job => ({
  version: 1,
  id: jobIdOf(incoming),
  key: incoming.key,
  author: incoming.author,
  eventId: incoming.eventId,
  request,
  state: 'queued',
  attempts: 0,
  createdAt: now,
  updatedAt: now,
  replyTurnId: replyTurnId(jobIdOf(incoming)),
})

/** The job in its next state. Throws AppError `internal` for a step that its life does not have. */
export function moveJob(job: Job, state: JobState, now: number, error?: AppErrorData): Job {
  if (!transitions[job.state].includes(state))
    throw new AppError('internal', { message: `job ${job.id} cannot go from ${job.state} to ${state}` })
  return { ...job, state, updatedAt: now, ...(error ? { error } : {}) }
}

/** A start is counted before it happens, so that a start that takes the process down counts. */
export const startJob = (job: Job, now: number): Job => ({
  ...moveJob(job, 'running', now),
  attempts: job.attempts + 1,
})

/** An orderly stop takes its start back. */
export const requeueJob = (job: Job, now: number): Job => ({
  ...moveJob(job, 'queued', now),
  attempts: job.attempts - 1,
})

export const isOpen = ({ state }: Job): boolean => transitions[state].length > 0
export const isWornOut = ({ state, attempts }: Job): boolean => state === 'running' && attempts >= maxAttempts

export const wornOutError = (): AppError =>
  new AppError('internal', {
    message: `the program was stopped ${maxAttempts} times while it worked on this`,
    hint: 'Try a smaller size or fewer pictures.',
    retryable: true,
  })

export const cancelledError = (): AppError =>
  new AppError('inference/cancelled', { message: 'cancelled by the person', retryable: true })
