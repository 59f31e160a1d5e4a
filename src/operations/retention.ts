import type { AdapterLog } from '../../adapters/chat/log.ts'
import type { Bot } from '../contract/adapter.ts'
import type { Stores } from '../conversation/stores.ts'

const dayMs = 86_400_000

/** Who deletes what nobody touched: the program itself. */
const keeper = { id: 'retention', name: 'retention', admin: true } as const

/**
 * Sweeps now and once a day: records older than their use, pictures of no thread and, with `keepDays`, threads that
 * nobody touched for so long, with their pictures. Returns how to stop.
 */
export function keepSwept(
  { bot, stores }: { readonly bot: Pick<Bot, 'deleteThread'>; readonly stores: Stores },
  { keepDays }: { readonly keepDays: number },
  log: AdapterLog,
): () => void {
  const run = () =>
    sweepOnce(bot, stores, keepDays, Date.now()).then(
      (swept) => log.info(swept, 'swept'),
      (error: unknown) => log.error({ err: error }, 'the sweep failed; it is tried again tomorrow'),
    )
  void run()
  const timer = setInterval(() => void run(), dayMs).unref()
  return () => clearInterval(timer)
}

/** One sweep; `now` is in milliseconds since the epoch. Returns how much went. */
export async function sweepOnce(bot: Pick<Bot, 'deleteThread'>, stores: Stores, keepDays: number, now: number) {
  const before = keepDays === 0 ? 0 : now - keepDays * dayMs
  const old = (await stores.threads.listAll()).filter(({ updatedAt }) => updatedAt < before)
  for (const { key } of old) await bot.deleteThread(key, keeper)
  return { threads: old.length, ...(await stores.sweep(now)) }
}
