import { placeString, serverOf } from '../../contract/policy.ts'
import type { ThreadKey } from '../../contract/thread.ts'
import { noUsage, peopleUsagePrefix, serverUsageKey, usageDay } from '../../conversation/usage.ts'
import type { Sentences } from '../../language/sentences.ts'
import type { Desk } from '../accept.ts'
import type { BotContext } from '../context.ts'
import { limitsOf } from './limits.ts'

/** Jobs of this server that run and that wait. */
export function countsHere({ runner }: Pick<Desk, 'runner'>, { key }: { readonly key: ThreadKey }) {
  const here = placeString(serverOf(key))
  const jobs = runner.live().filter(({ job }) => placeString(serverOf(job.key)) === here)
  const running = jobs.filter(({ job }) => job.state === 'running').length
  return { running, waiting: jobs.length - running }
}

/** How the bot stands in a channel, and by which rules. */
export function statusAnswer(desk: Desk, key: ThreadKey): (sentences: Sentences) => string {
  const { context, policy } = desk
  const limits = limitsOf(context, policy)
  return ({ admin: { status } }) => {
    const names = Object.keys(status.limitNames) as (keyof typeof status.limitNames)[]
    const set = names.filter((name) => limits[name] > 0).map((name) => `${limits[name]} ${status.limitNames[name]}`)
    return [
      status.title,
      status.takes[policy.paused ? 'paused' : policy.drained ? 'drained' : 'yes'],
      status.jobs(countsHere(desk, { key })),
      status.press(policy.press),
      status.nsfw(policy.nsfw),
      status.banned(policy.bannedPeople.join(', ') || status.nobody),
      status.limits(set.join(', ') || status.noLimit),
    ].join('\n')
  }
}

/** What people of this server have used today, the busiest first. Their figures are those of the whole platform. */
export async function usageAnswer(
  { stores, now }: BotContext,
  key: ThreadKey,
): Promise<(sentences: Sentences) => string> {
  const day = usageDay(now())
  const server = serverOf(key)
  const rows = await stores.tables.usage.list(peopleUsagePrefix(day, key.platform))
  const people = rows
    .map(({ value }) => value)
    .filter(({ servers = [] }) => servers.includes(placeString(server)))
    .sort((a, b) => b.jobs - a.jobs || b.seconds - a.seconds)
  const total = (await stores.tables.usage.get(serverUsageKey(day, server))) ?? noUsage
  const rounded = <T extends { seconds: number }>(usage: T) => ({ ...usage, seconds: Math.round(usage.seconds) })
  return ({ admin }) =>
    total.jobs === 0
      ? admin.noUsage(day)
      : [
          admin.usageTitle(day),
          ...people.flatMap(({ person, ...used }) =>
            person ? [admin.usageLine({ ...rounded(used), ...person })] : [],
          ),
          admin.usageTotal(rounded(total)),
        ].join('\n')
}
