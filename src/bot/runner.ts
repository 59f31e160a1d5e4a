import { setTimeout as sleep } from 'node:timers/promises'
import type { ConversationState } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { Job, JobRequest } from '../contract/job.ts'
import type { OutgoingMessage } from '../contract/outgoing.ts'
import type { BotStatus } from '../contract/status.ts'
import { threadKeyString } from '../contract/thread.ts'
import { createKeyedMutex } from '../conversation/mutex.ts'
import { refuse } from '../language/refuse.ts'
import { loadBlob, optionContext, wordingsOf, type BotContext } from './context.ts'
import { withCurrentPicture } from './current-picture.ts'
import { unstoredMessage } from './finished-reply.ts'
import type { JobRun } from './job-run.ts'
import { cancelledError, isWornOut, requeueJob, startJob, wornOutError } from './jobs.ts'
import { readOpenJobs } from './open-jobs.ts'
import { failureOf, liveJob, type LiveJob } from './live-job.ts'
import { postReply } from './post-reply.ts'
import { groupsOf } from './fair-order.ts'
import type { FairQueue, Place } from './queue.ts'
import { liveMessage, reduceReply, type ReplyEvent } from './reply.ts'
import { firstLane, runJob } from './run-job.ts'
import { pictureGuard } from './safety/picture-guard.ts'
import { observed, storeEnd } from './store-end.ts'
import { progressOfJob } from './store-reply.ts'
import { downloadsOf, takeDownloads } from './take-downloads.ts'

export interface Runner {
  /** Lines up a stored job. Returns its place in line; 0 when it begins at once. */
  submit(job: Job): number
  /** Ends a job that has not ended; durable when it resolves. False when there is none. */
  cancel(jobId: string): Promise<boolean>
  /** Forgets the jobs of a thread that is being deleted. */
  drop(threadKey: string): void
  /** Shows a job's stored result until that has worked, then ends the job. */
  post(job: Job): void
  /** What is held back may have changed. */
  wake(): void
  /** Jobs that have not ended. */
  live(): readonly LiveJob[]
  /** These, and those whose end is being stored: what they made is in no thread yet. */
  unstored(): readonly LiveJob[]
  /** Takes up every job that had not ended when the program did, of the platforms that are attached. */
  resume(): Promise<void>
  /** Begins nothing more; waits until what runs has ended and is posted, at most `limitMs` milliseconds. */
  drain(limitMs: number): Promise<void>
  /** Jobs by their state. */
  counts(): BotStatus['jobs']
  /** Stops what runs, so that it runs again at the next start. */
  stop(): Promise<void>
}

export function createRunner(context: BotContext, queue: FairQueue): Runner {
  const { stores, log, now, withThread, observer } = context
  const jobs = new Map<string, LiveJob>()
  const inThread = createKeyedMutex()
  const stopping = new AbortController()
  const tasks = new Set<Promise<void>>()
  /** Jobs that an orderly stop left for the next start. */
  const left = new Set<LiveJob>()
  let isDraining = false
  let posting = 0

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
    const live = liveJob(job)
    jobs.set(job.id, live)
    return live
  }

  function submit(job: Job): number {
    if (stopping.signal.aborted) return 0 // stored while the bot stops: it runs at the next start
    const before = [...jobs.values()].filter((other) => !other.settled && other.threadKey === threadKeyString(job.key))
    const live = track(job)
    log.info({ job: job.id, kind: job.request.kind, platform: job.key.platform }, 'job accepted')
    observer.jobAccepted(observed(job))
    if (isDraining) return leave(live)
    const place = before.length === 0 && !downloadsOf(job.request) ? lineUp(live) : undefined // now: in order of acceptance
    if (before.length > 0) emit(live, { type: 'queued', position: before.length })
    background(
      job.id,
      inThread(live.threadKey, () => execute(live, place)),
    )
    return before.length > 0 ? before.length : queue.position(job.id)
  }

  /** Stored as it is: it runs at the next start. */
  function leave(live: LiveJob): 0 {
    left.add(live)
    live.settled = true
    live.controller.abort()
    return 0
  }

  const enter = (live: LiveJob, ...[lane, signal, onPosition]: Parameters<JobRun['enter']>) => {
    const isHeld = () => live.job.state === 'queued' && context.pauses.isPaused(live.job.key)
    return queue.enter({ ...groupsOf(live.job), lane, signal, onPosition, isHeld })
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
    const { inference, styles } = context
    const state = await stores.threads.get(live.job.key)
    if (!state) throw refuse('input/not-found', 'threadGone')
    await start(live, withCurrentPicture(live.job.request, state))
    let held: Place | undefined = first
    const lane = firstLane(live.job.request)
    await runJob({
      job: live.job,
      state,
      inference,
      wordings: wordingsOf(context, live.job),
      styles,
      usualSize: optionContext(context),
      load: (sha256) => loadBlob(stores, sha256),
      guard: await pictureGuard(context, live.job.key),
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

  /** Stores a change that a job makes to its thread and to itself while it goes on. */
  const changeThread = (live: LiveJob, changeOf: (state: ConversationState) => ReturnType<typeof progressOfJob>) =>
    withThread(live.threadKey, async () => {
      const state = await stores.threads.get(live.job.key)
      if (!state || live.settled) throw cancelledError()
      const change = changeOf(state)
      await stores.commit(change)
      live.job = change.jobs[0]
    })

  /** Stores what of a reply is settled, with its pictures. */
  const keep = (live: LiveJob, ...progress: Parameters<JobRun['keep']>) =>
    changeThread(live, (state) => progressOfJob(state, live.job, ...progress, now()))

  /** Counts the start, durably, before anything is computed. */
  async function start(live: LiveJob, request: JobRequest): Promise<void> {
    await storeJob(live, (job, at) => startJob({ ...job, request }, at))
    emit(live, { type: 'running' })
    log.info({ job: live.job.id, attempt: live.job.attempts }, 'job started')
    live.startedAt = Date.now()
    observer.jobStarted(observed(live.job), live.startedAt - live.job.createdAt)
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
    await changeThread(live, await takeDownloads(context, live.job, live.controller.signal))
  }

  /** Stores how a job ended, once: whoever comes first, the job itself or a cancel. Then posts it. */
  async function settle(live: LiveJob, error?: AppError): Promise<void> {
    if (live.settled) return
    live.settled = true
    try {
      const job = await storeEnd(context, live, error, stopping.signal)
      if (job) post(job)
    } catch (failure) {
      leaveUnstored(live, AppError.from(failure))
    } finally {
      jobs.delete(live.job.id)
    }
  }

  /** The stored job stays as it was: it runs again at the next start, or when the person tries again. */
  function leaveUnstored(live: LiveJob, failure: AppError): void {
    log.error({ job: live.job.id, code: failure.code, err: failure }, 'the end of a job could not be stored')
    show(live, unstoredMessage(live.job, failure.toJSON()))
  }

  function post(job: Job): void {
    const begin = Date.now()
    posting++
    const posted = postReply(context, job, stopping.signal).then((hasArrived) => {
      if (hasArrived) observer.jobPosted(observed(job), Date.now() - begin)
    })
    background(
      job.id,
      posted.finally(() => posting--),
    )
  }

  async function resume(): Promise<void> {
    for (const job of await readOpenJobs(context)) {
      if (jobs.has(job.id)) continue
      if (job.state === 'posting') post(job)
      else if (isWornOut(job)) background(job.id, settle(track(job), wornOutError()))
      else submit(job)
    }
  }

  async function drain(limitMs: number): Promise<void> {
    isDraining = true
    for (const live of unsettled()) if (live.job.state === 'queued') leave(live)
    const over = new AbortController()
    const ended = async () => {
      while (tasks.size > 0 && !over.signal.aborted) await Promise.all(tasks)
    }
    await Promise.race([ended(), sleep(limitMs, undefined, { signal: over.signal })])
    over.abort()
  }

  async function stop(): Promise<void> {
    stopping.abort()
    unsettled().forEach(leave)
    while (tasks.size > 0) await Promise.all(tasks)
    const started = [...left].filter(({ job }) => job.state === 'running')
    if (started.length > 0) await stores.commit({ jobs: started.map(({ job }) => requeueJob(job, now())) })
  }

  const unsettled = (): readonly LiveJob[] => [...jobs.values()].filter((live) => !live.settled)

  function counts(): BotStatus['jobs'] {
    const running = unsettled().filter(({ job }) => job.state === 'running').length
    return { queued: unsettled().length - running, running, posting }
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
    wake: () => queue.refresh(),
    live: unsettled,
    unstored: () => [...jobs.values()],
    resume,
    drain,
    counts,
    stop,
  }
}
