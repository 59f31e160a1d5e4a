import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../contract/errors.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import type { OutgoingMessage } from '../contract/outgoing.ts'
import { threadKeyString } from '../contract/thread.ts'
import { createKeyedMutex } from '../conversation/mutex.ts'
import { loadBlob, optionContext, wordingsOf, type BotContext } from './context.ts'
import { withCurrentPicture } from './current-picture.ts'
import { endStateOf, unstoredMessage } from './finished-reply.ts'
import type { JobRun } from './job-run.ts'
import { cancelledError, isOpen, isWornOut, requeueJob, startJob, wornOutError } from './jobs.ts'
import { postReply } from './post-reply.ts'
import type { FairQueue, Place } from './queue.ts'
import { emptyReply, liveMessage, reduceReply, type ReplyEvent, type ReplyState } from './reply.ts'
import { firstLane, runJob } from './run-job.ts'
import { endOfJob, progressOfJob } from './store-reply.ts'
import { downloadsOf, takeDownloads } from './take-downloads.ts'

/** A job in memory, from its acceptance until its end is stored. */
export interface LiveJob {
  job: Job
  reply: ReplyState
  readonly threadKey: string
  readonly controller: AbortController
  /** Its end is decided: what still happens to it is dropped. */
  settled: boolean
}

export interface Runner {
  /** Lines up a stored job. Returns its place in line; 0 when it begins at once. */
  submit(job: Job): number
  /** Ends a job that has not ended; durable when it resolves. False when there is none. */
  cancel(jobId: string): Promise<boolean>
  /** Forgets the jobs of a thread that is being deleted. */
  drop(threadKey: string): void
  /** Shows a job's stored result until that has worked, then ends the job. */
  post(job: Job): void
  /** Jobs that have not ended. */
  live(): readonly LiveJob[]
  /** These, and those whose end is being stored: what they made is in no thread yet. */
  unstored(): readonly LiveJob[]
  /** Takes up every job that had not ended when the program did, of the platforms that are attached. */
  resume(): Promise<void>
  /** Stops what runs, so that it runs again at the next start. */
  stop(): Promise<void>
}

/** Waits before storing a result is tried again, in milliseconds. */
const storeRetriesMs = [300, 2000]

export function createRunner(context: BotContext, queue: FairQueue): Runner {
  const { stores, log, now, withThread } = context
  const jobs = new Map<string, LiveJob>()
  const inThread = createKeyedMutex()
  const stopping = new AbortController()
  const tasks = new Set<Promise<void>>()

  /** Work that goes on by itself and is awaited by `stop`. */
  function background(jobId: string, work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => log.error({ job: jobId, err: error }, 'a job was left where it was'))
      .finally(() => tasks.delete(task))
    tasks.add(task)
  }

  function show({ job }: LiveJob, message: OutgoingMessage): void {
    const adapter = context.adapters.get(job.key.platform)
    adapter?.render(message).catch((error: unknown) => log.warn({ job: job.id, err: error }, 'a reply was not shown'))
  }

  function emit(live: LiveJob, event: ReplyEvent): void {
    if (live.settled) return
    live.reply = reduceReply(live.reply, event)
    show(live, liveMessage(live.job, live.reply))
  }

  function track(job: Job): LiveJob {
    const threadKey = threadKeyString(job.key)
    const live = { job, reply: emptyReply, threadKey, controller: new AbortController(), settled: false }
    jobs.set(job.id, live)
    return live
  }

  function submit(job: Job): number {
    if (stopping.signal.aborted) return 0 // stored while the bot stops: it runs at the next start
    const before = [...jobs.values()].filter((other) => !other.settled && other.threadKey === threadKeyString(job.key))
    const live = track(job)
    log.info({ job: job.id, kind: job.request.kind, platform: job.key.platform }, 'job accepted')
    const place = before.length === 0 && !downloadsOf(job.request) ? lineUp(live) : undefined // now: in order of acceptance
    if (before.length > 0) emit(live, { type: 'queued', position: before.length })
    background(
      job.id,
      inThread(live.threadKey, () => execute(live, place)),
    )
    return before.length > 0 ? before.length : queue.position(job.id)
  }

  const enter = ({ job, threadKey }: LiveJob, ...[lane, signal, onPosition]: Parameters<JobRun['enter']>) => {
    const person = `${job.key.platform}/${job.author.id}`
    return queue.enter({ id: job.id, person, thread: threadKey, lane, signal, onPosition })
  }

  /** Waits for the first place that a job needs. */
  function lineUp(live: LiveJob): Promise<Place> {
    const onPosition = (position: number) => emit(live, { type: 'queued', position })
    const place = enter(live, firstLane(live.job.request), live.controller.signal, onPosition)
    place.catch(() => undefined) // awaited when the jobs before it in the thread have ended
    return place
  }

  async function execute(live: LiveJob, lined: Promise<Place> | undefined): Promise<void> {
    try {
      if (!lined) await fetchFiles(live)
      const place = await (lined ?? lineUp(live))
      try {
        await run(live, place)
      } finally {
        place.leave()
      }
      await settle(live)
    } catch (error) {
      await settle(live, failureOf(live, error))
    }
  }

  async function run(live: LiveJob, first: Place): Promise<void> {
    const state = await stores.threads.get(live.job.key)
    if (!state) throw new AppError('input/not-found', { message: 'the thread of this job is gone' })
    await start(live, withCurrentPicture(live.job.request, state))
    let held: Place | undefined = first
    const lane = firstLane(live.job.request)
    const { inference, styles } = context
    await runJob({
      job: live.job,
      state,
      inference,
      wordings: wordingsOf(context, live.job),
      styles,
      usualSize: optionContext(context),
      load: (sha256) => loadBlob(stores, sha256),
      signal: live.controller.signal,
      emit: (event) => emit(live, event),
      keep: (...progress) => keep(live, ...progress),
      async enter(...request) {
        const place = held
        held = undefined
        if (place && request[0] === lane) return place
        place?.leave()
        return enter(live, ...request)
      },
    })
  }

  /** Stores what of a reply is settled, with its pictures. */
  const keep = (live: LiveJob, ...[kept, pictures]: Parameters<JobRun['keep']>) =>
    withThread(live.threadKey, async () => {
      const state = await stores.threads.get(live.job.key)
      if (!state || live.settled) throw cancelledError()
      const change = progressOfJob(state, live.job, kept, pictures, now())
      await stores.commit(change)
      live.job = change.jobs[0]
    })

  /** Counts the start, durably, before anything is computed. */
  async function start(live: LiveJob, request: JobRequest): Promise<void> {
    await storeJob(live, (job, at) => startJob({ ...job, request }, at))
    emit(live, { type: 'running' })
    log.info({ job: live.job.id, attempt: live.job.attempts }, 'job started')
  }

  const storeJob = (live: LiveJob, change: (job: Job, at: number) => Job) =>
    withThread(live.threadKey, async () => {
      if (live.settled) throw cancelledError()
      const job = change(live.job, now())
      await stores.commit({ jobs: [job] })
      live.job = job
    })

  /** Fetches what the platform holds, and stores it in the turn that is answered. */
  async function fetchFiles(live: LiveJob): Promise<void> {
    if (!downloadsOf(live.job.request)) return
    const taken = await takeDownloads(context, live.job, live.controller.signal)
    await withThread(live.threadKey, async () => {
      const state = await stores.threads.get(live.job.key)
      if (!state || live.settled) throw cancelledError()
      const change = taken(state)
      await stores.commit(change)
      live.job = change.jobs[0]
    })
  }

  /** Stores how a job ended, once: whoever comes first, the job itself or a cancel. Then posts it. */
  async function settle(live: LiveJob, error?: AppError): Promise<void> {
    if (live.settled) return
    live.settled = true
    try {
      const job = await storeEnd(live, error)
      if (job) post(job)
    } catch (failure) {
      leaveUnstored(live, AppError.from(failure))
    } finally {
      jobs.delete(live.job.id)
    }
  }

  async function storeEnd(live: LiveJob, error?: AppError): Promise<Job | undefined> {
    const end = endStateOf(error?.toJSON())
    if (end === 'failed') log.error({ job: live.job.id, code: error?.code, err: error }, 'job failed')
    else log.info({ job: live.job.id, end }, 'job ended')
    for (let attempt = 0; ; attempt++) {
      try {
        return await withThread(live.threadKey, async () => {
          const state = await stores.threads.get(live.job.key)
          if (!state) return undefined // deleted meanwhile, and the job with it
          const change = endOfJob(state, live.job, live.reply, now(), error?.toJSON())
          await stores.commit(change)
          return change.jobs?.[0]
        })
      } catch (failure) {
        const wait = storeRetriesMs[attempt]
        if (wait === undefined || !AppError.from(failure).retryable || stopping.signal.aborted) throw failure
        await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  /** The stored job stays as it was: it runs again at the next start, or when the person tries again. */
  function leaveUnstored(live: LiveJob, failure: AppError): void {
    log.error({ job: live.job.id, code: failure.code, err: failure }, 'the end of a job could not be stored')
    show(live, unstoredMessage(live.job, failure.toJSON()))
  }

  const post = (job: Job): void => background(job.id, postReply(context, job, stopping.signal))

  async function resume(): Promise<void> {
    const ids = await stores.jobs.openIds()
    const found = await Promise.all(ids.map(readOpenJob))
    const own = found.filter((job) => job !== undefined && context.adapters.has(job.key.platform) && !jobs.has(job.id))
    for (const job of own.filter((one) => one !== undefined).sort((a, b) => a.createdAt - b.createdAt)) {
      if (job.state === 'posting') post(job)
      else if (isWornOut(job)) background(job.id, settle(track(job), wornOutError()))
      else submit(job)
    }
  }

  /** One damaged record does not keep the others from running. */
  async function readOpenJob(id: string): Promise<Job | undefined> {
    try {
      const job = await stores.jobs.get(id)
      return job && isOpen(job) ? job : undefined
    } catch (error) {
      log.error({ job: id, err: error }, 'a stored job cannot be read and was left alone')
      return undefined
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    const running = [...jobs.values()].filter((live) => !live.settled)
    for (const live of running) {
      live.settled = true
      live.controller.abort()
    }
    while (tasks.size > 0) await Promise.all(tasks)
    const started = running.filter(({ job }) => job.state === 'running')
    if (started.length > 0) await stores.commit({ jobs: started.map(({ job }) => requeueJob(job, now())) })
  }

  return {
    submit,
    async cancel(jobId) {
      const live = jobs.get(jobId)
      if (!live || live.settled) return false
      const settled = settle(live, cancelledError())
      live.controller.abort()
      await settled
      return true
    },
    drop(threadKey) {
      for (const live of jobs.values()) {
        if (live.threadKey !== threadKey) continue
        live.settled = true
        live.controller.abort()
        jobs.delete(live.job.id)
      }
    },
    post,
    live: () => [...jobs.values()].filter((live) => !live.settled),
    unstored: () => [...jobs.values()],
    resume,
    stop,
  }
}

/** A cancel that nobody asked for is a failure: the models were stopped under the job. */
function failureOf({ controller }: LiveJob, error: unknown): AppError {
  const failure = AppError.from(error)
  if (failure.code !== 'inference/cancelled' || controller.signal.aborted) return failure
  return new AppError('inference/failed', { message: 'the models were stopped', retryable: true, cause: error })
}
