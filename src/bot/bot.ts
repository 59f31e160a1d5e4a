import type { Acknowledgement, Adapter, AdapterStatus, Bot } from '../contract/adapter.ts'
import type { ConversationState } from '../contract/conversation.ts'
import { AppError } from '../contract/errors.ts'
import type { Incoming } from '../contract/incoming.ts'
import { noObserver } from '../contract/observer.ts'
import type { OutgoingMessage } from '../contract/outgoing.ts'
import type { BotStatus } from '../contract/status.ts'
import { threadKeyString, type Person, type ThreadKey } from '../contract/thread.ts'
import { liveHashes } from '../conversation/images.ts'
import { createKeyedMutex, createMutex } from '../conversation/mutex.ts'
import { renameThread } from '../conversation/thread.ts'
import { refuse } from '../language/refuse.ts'
import { checkMember, checkOwner, findThread, threadNotFound } from './access.ts'
import type { Handled } from './accept.ts'
import { createClock, defaultLimits, type BotContext, type BotOptions } from './context.ts'
import { openDesk } from './open-desk.ts'
import { finishedMessage, unstoredMessage } from './finished-reply.ts'
import { exportThread } from './export-thread.ts'
import { handleAction } from './handle-action.ts'
import { handleMessage } from './handle-message.ts'
import { isOpen, jobIdOf } from './jobs.ts'
import { createPauses } from './policy/pauses.ts'
import { createFairQueue } from './queue.ts'
import { emptyReply, liveBytes, liveMessage } from './reply.ts'
import { createRunner, type Runner } from './runner.ts'
import { noSafety } from './safety/safety-checker.ts'
import { checkEvent, checkText, isBlank } from './text-checks.ts'

/** The bot, and what a composition root does with it: attach adapters, start, start the adapters, stop. */
export interface BotWithAdapters extends Bot {
  /** Before `start`: where replies of this adapter's platform go. */
  attach(adapter: Adapter): void
  /** Takes up the jobs that had not ended when the program did. Adapters must be ready to render. */
  start(): Promise<void>
  /** How it stands, with what is attached to it. */
  status(): Promise<BotStatus>
  /**
   * Before an orderly stop: begins nothing more and waits for what runs, at most `limitMs` milliseconds. New events are
   * still taken; their jobs run at the next start.
   */
  drain(limitMs: number): Promise<void>
  /** Refuses new events, stops what runs (it runs again at the next start), and waits for it. */
  stop(): Promise<void>
}

/**
 * The bot: every call checks that the person may. Its state lies in the stores and, while jobs run, in the runner.
 *
 * @example
 * const bot = createBot({ stores, inference, about, wordings, styles, log, checkImage })
 * bot.attach(terminal)
 * await bot.start()
 */
export function createBot(options: BotOptions): BotWithAdapters {
  const adapters = new Map<string, Adapter>()
  const limits = { ...defaultLimits, ...options.limits }
  const withThread = createKeyedMutex()
  const context: BotContext = {
    ...options,
    defaults: options.defaults ?? {},
    observer: options.observer ?? noObserver,
    logPrompts: options.logPrompts ?? false,
    policy: options.policy ?? {},
    safety: options.safety ?? noSafety,
    language: options.language ?? 'en',
    limits,
    adapters,
    pauses: createPauses(),
    accepting: createMutex(),
    withThread,
    now: createClock(),
  }
  const capacity = { chat: limits.chatting, draw: limits.drawing }
  const queue = createFairQueue({ capacity, perPerson: limits.runningPerPerson })
  const runner = createRunner(context, queue)
  const { stores } = options
  const startedAt = Date.now()
  let isStopped = false
  let isDraining = false
  let isResumed = false

  async function handle(incoming: Incoming): Promise<Acknowledgement> {
    if (isStopped) throw stoppedError()
    checkEvent(incoming)
    const handled = await withThread(threadKeyString(incoming.key), () => handleInThread(context, runner, incoming))
    return handled.type === 'later' ? handled.act() : handled
  }

  /** What the thread does not hold yet. Asked before the thread is read, so that nothing is in neither. */
  const ownJobs = (key: ThreadKey) => runner.unstored().filter((live) => live.threadKey === threadKeyString(key))

  /** The owner's thread, for a change. Throws AppError `input/not-found`, `access/denied`. */
  const changeThread = <T>(key: ThreadKey, person: Person, change: (state: ConversationState) => Promise<T>) =>
    withThread(threadKeyString(key), async () => {
      const state = await stores.threads.get(key)
      if (!state) throw threadNotFound()
      checkOwner(state, person)
      return change(state)
    })

  async function readReply(key: ThreadKey, person: Person, jobId: string): Promise<OutgoingMessage | undefined> {
    const live = ownJobs(key).find(({ job }) => job.id === jobId)
    const job = await stores.jobs.get(jobId)
    const state = await findThread(context, key, person)
    if (!state) return undefined
    if (live) return liveMessage(live.job, live.reply)
    if (!job || threadKeyString(job.key) !== threadKeyString(key)) return undefined
    if (!isOpen(job) || job.state === 'posting') return finishedMessage(job, state)
    return isResumed ? unstoredMessage(job, unstoredError().toJSON()) : liveMessage(job, emptyReply) // about to run
  }

  async function readBlob(key: ThreadKey, person: Person, sha256: string): Promise<Uint8Array | undefined> {
    const shown = ownJobs(key).flatMap(({ reply }) => liveBytes(reply))
    const state = await findThread(context, key, person)
    if (!state) return undefined
    if (liveHashes(state).has(sha256)) return stores.blobs.read(sha256)
    return shown.find((one) => one.sha256 === sha256)?.bytes
  }

  return {
    handle,
    listThreads: (platform, person) => stores.threads.list(platform, person.id),
    async readThread(key, person) {
      const pending = ownJobs(key).map(({ job, reply }) => liveMessage(job, reply))
      const state = await findThread(context, key, person)
      return state && { state, pending }
    },
    renameThread: (key, person, title) =>
      changeThread(key, person, async (state) => {
        checkText(title, limits.textLength)
        if (isBlank(title)) throw refuse('input/empty', 'emptyTitle')
        await stores.commit({ thread: renameThread(state, title, context.now()) })
      }),
    deleteThread: (key, person) =>
      changeThread(key, person, async (state) => {
        runner.drop(threadKeyString(key))
        await stores.threads.remove(state)
      }),
    readBlob,
    async readImage(key, person, sha256, { veilSha256, ...fit }) {
      const bytes = await readBlob(key, person, sha256)
      const veil = veilSha256 === undefined ? undefined : await readBlob(key, person, veilSha256)
      return bytes && options.fitImage(bytes, veil ? { ...fit, veil } : fit)
    },
    async revoke(key, eventId) {
      const id = jobIdOf({ key, eventId })
      const isWaiting = runner.live().some(({ job, reply }) => job.id === id && reply.phase === 'queued')
      return isWaiting && runner.cancel(id)
    },
    async exportThread(key, person) {
      const state = await findThread(context, key, person)
      return state && exportThread(stores.blobs, state)
    },
    notes: (platform) => stores.notes(platform),
    readReply,
    about: () => options.about,
    attach: (adapter) => void adapters.set(adapter.platform, adapter),
    async start() {
      await context.pauses.load(stores.tables)
      await runner.resume()
      isResumed = true
    },
    async status() {
      const inference = await options.inference.status()
      return {
        version: options.about.version,
        startedAt,
        draining: isDraining,
        jobs: runner.counts(),
        lanes: queue.status(),
        adapters: Object.fromEntries([...adapters].map(([name, adapter]) => [name, statusOf(adapter, startedAt)])),
        inference,
      }
    },
    drain(limitMs) {
      isDraining = true
      return runner.drain(limitMs)
    },
    async stop() {
      isStopped = true
      await runner.stop()
    },
  }
}

/** Answers an event once. The thread's lock is held. */
async function handleInThread(context: BotContext, runner: Runner, incoming: Incoming): Promise<Handled> {
  const { stores } = context
  const id = jobIdOf(incoming)
  const seen = await stores.events.get(id)
  if (seen) return seen.jobId === undefined ? { type: 'done' } : { type: 'repeated', jobId: seen.jobId }
  const state = await stores.threads.get(incoming.key)
  if (state) checkMember(context, state, incoming.author)
  const desk = await openDesk(context, runner, incoming, state)
  if (incoming.type === 'message') return handleMessage(desk, incoming, state)
  return handleAction(desk, incoming, state)
}

/** An adapter that connects to nothing is where it should be. */
const statusOf = (adapter: Adapter, since: number): AdapterStatus => adapter.status?.() ?? { state: 'connected', since }

const stoppedError = () =>
  new AppError('internal', {
    message: 'the bot is stopping',
    hint: 'Try again when it is back.',
    retryable: true,
  })

/** Why a stored job that has not ended is not running either. */
const unstoredError = () =>
  new AppError('storage/full', {
    message: 'what came of this could not be stored; it runs again at the next start',
    retryable: true,
  })
