import type { Job } from '../contract/job.ts'
import type { BotContext } from './context.ts'
import { isOpen } from './jobs.ts'

/**
 * Stored jobs that have not ended, of the platforms that are attached, in the order of their acceptance. One damaged
 * record does not keep the others from running.
 */
export async function readOpenJobs({ stores, log, adapters }: BotContext): Promise<readonly Job[]> {
  const read = async (id: string): Promise<Job | undefined> => {
    try {
      const job = await stores.jobs.get(id)
      return job && isOpen(job) ? job : undefined
    } catch (error) {
      log.error({ job: id, err: error }, 'a stored job cannot be read and was left alone')
      return undefined
    }
  }
  const found = await Promise.all((await stores.jobs.openIds()).map(read))
  return found
    .filter((job) => job !== undefined)
    .filter((job) => adapters.has(job.key.platform))
    .sort((a, b) => a.createdAt - b.createdAt)
}
