import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isForThePerson } from '../contract/errors.ts'
import type { Job } from '../contract/job.ts'
import type { ObservedEnd, ObservedJob } from '../contract/observer.ts'
import type { BotContext } from './context.ts'
import { endStateOf } from './finished-reply.ts'
import { countsOfEnd } from './policy/limits.ts'
import type { LiveJob } from './live-job.ts'
import { endOfJob } from './store-reply.ts'

/** Waits before storing a result is tried again, in milliseconds. */
const storeRetriesMs = [300, 2000]

/** A job for those who count. */
export const observed = ({ request, key }: Job): ObservedJob => ({ kind: request.kind, platform: key.platform })

/**
 * Stores the reply of a job that has ended. Returns the job as it is to be posted; undefined when its thread was deleted
 * meanwhile, and the job with it. Throws AppError `storage/*` when it could not be stored in a few tries.
 */
export async function storeEnd(
  context: BotContext,
  live: LiveJob,
  error: AppError | undefined,
  stopping: AbortSignal,
): Promise<Job | undefined> {
  tell(context, live, error)
  for (let attempt = 0; ; attempt++) {
    try {
      return await storeOnce(context, live, error)
    } catch (failure) {
      const wait = storeRetriesMs[attempt]
      if (wait === undefined || !AppError.from(failure).retryable || stopping.aborted) throw failure
      await sleep(wait, undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}

const storeOnce = ({ stores, now, withThread }: BotContext, live: LiveJob, error: AppError | undefined) =>
  withThread(live.threadKey, async () => {
    const state = await stores.threads.get(live.job.key)
    if (!state) return undefined
    const change = endOfJob(state, live.job, live.reply, now(), error?.toJSON())
    const { pictures, runMs } = observedEnd(live, error)
    await stores.commit({ ...change, counts: countsOfEnd(live.job, { pictures, seconds: runMs / 1000 }, now()) })
    return change.jobs?.[0]
  })

/** Logs and counts the end. */
function tell({ log, observer }: BotContext, live: LiveJob, error: AppError | undefined): void {
  const end = endStateOf(error?.toJSON())
  if (error && end === 'failed' && isForThePerson(error.code))
    log.info({ job: live.job.id, code: error.code }, 'job could not be done as it was asked for')
  else if (end === 'failed') log.error({ job: live.job.id, code: error?.code, err: error }, 'job failed')
  else log.info({ job: live.job.id, end }, 'job ended')
  observer.jobEnded(observed(live.job), observedEnd(live, error))
}

function observedEnd({ reply, startedAt }: LiveJob, error: AppError | undefined): ObservedEnd {
  const state = endStateOf(error?.toJSON())
  return {
    end: state === 'failed' || state === 'cancelled' ? state : 'done',
    runMs: startedAt === undefined ? 0 : Date.now() - startedAt,
    pictures: reply.items.reduce((sum, item) => sum + (item.type === 'picture' ? item.pictures.length : 0), 0),
    ...(error ? { code: error.code } : {}),
  }
}
