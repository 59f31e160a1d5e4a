import type { ThreadKey } from '../contract/thread.ts'
import type { BotContext } from './context.ts'
import { finishedMessage } from './finished-reply.ts'
import { isOpen } from './jobs.ts'

/** Has the platform show a finished reply as it stands now: a picture of it was deleted. */
export async function showAgain({ adapters, stores, log }: BotContext, key: ThreadKey, jobId: string): Promise<void> {
  const [job, state] = await Promise.all([stores.jobs.get(jobId), stores.threads.get(key)])
  if (!job || !state || isOpen(job)) return
  const shown = adapters.get(key.platform)?.render(finishedMessage(job, state))
  shown?.catch((error: unknown) => log.warn({ job: jobId, err: error }, 'a reply was not shown anew'))
}
