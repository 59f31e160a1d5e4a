import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../contract/job.ts'
import { threadKeyString } from '../contract/thread.ts'
import type { BotContext } from './context.ts'
import { endStateOf, finishedMessage } from './finished-reply.ts'
import { moveJob } from './jobs.ts'

/** First and longest wait before a reply is posted again, in milliseconds. */
const retryMs = { first: 500, longest: 60_000 }
/** How long a reply that is on its way may hold up an orderly stop, in milliseconds. */
const graceMs = 2000

/**
 * Shows the stored result of a `posting` job until the adapter says that it has arrived, then ends the job. When the
 * program dies in between, the next one posts it again under the same reply id. Aborting `signal` leaves it for then.
 * Resolves to whether it has arrived.
 */
export async function postReply(context: BotContext, job: Job, signal: AbortSignal): Promise<boolean> {
  const { adapters, stores, log, now, withThread } = context
  const adapter = adapters.get(job.key.platform)
  const state = await stores.threads.get(job.key)
  if (!adapter || !state) return false
  const message = finishedMessage(job, state)
  for (let waitMs = retryMs.first; ; waitMs = Math.min(2 * waitMs, retryMs.longest)) {
    try {
      await untilStopped(adapter.render(message), signal)
      break
    } catch (error) {
      log.warn({ job: job.id, err: error, waitMs }, 'posting a reply failed')
      if (!signal.aborted) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return false
    }
  }
  await withThread(threadKeyString(job.key), async () => {
    if (!(await stores.threads.get(job.key)) || !(await stores.jobs.get(job.id))) return // deleted or forgotten
    await stores.commit({ jobs: [moveJob(job, endStateOf(job.error), now())] })
  })
  return true
}

/** The work's end, or a rejection some time after `signal` was aborted. */
async function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const stopped = new Promise<never>((_, reject) => {
    const refuse = () => setTimeout(() => reject(new Error('the bot is stopping')), graceMs).unref()
    setMaxListeners(0, signal) // every result may be on its way
    if (signal.aborted) refuse()
    else signal.addEventListener('abort', refuse, { once: true, signal: over.signal })
  })
  try {
    await Promise.race([work, stopped])
  } finally {
    over.abort()
  }
}
