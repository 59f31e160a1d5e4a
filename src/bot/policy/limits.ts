import type { Incoming } from '../../contract/incoming.ts'
import type { Job } from '../../contract/job.ts'
import { placeString, serverOf, type Policy } from '../../contract/policy.ts'
import {
  nextDayAt,
  personUsageKey,
  serverUsageKey,
  usageDay,
  type Usage,
  type UsageCount,
} from '../../conversation/usage.ts'
import type { Row } from '../../conversation/tables.ts'
import { refuse, type RefusalKey } from '../../language/refuse.ts'
import type { BotContext, Limits } from '../context.ts'
import type { Runner } from '../runner.ts'

type LimitName = 'jobsPerPerson' | 'jobsPerPersonDay' | 'jobsPerServer' | 'jobsPerServerDay'

export interface Admission {
  readonly context: BotContext
  readonly runner: Runner
  readonly policy: Policy
}

/** The limits of a place: as its admins have set them, else the bot's. */
export const limitsOf = ({ limits }: BotContext, policy: Policy): Pick<Limits, LimitName> => ({
  ...limits,
  ...policy.limits,
})

/**
 * Whether a job may begin to wait: the bot takes something on there, and neither the person nor the server has too much
 * of it. Throws AppError `access/limit`, which says when it goes on.
 */
export async function checkAdmission({ context, runner, policy }: Admission, incoming: Incoming): Promise<void> {
  if (policy.paused) throw refuse('access/limit', 'paused', {}, { retryable: true })
  if (policy.drained) throw refuse('access/limit', 'drained', {}, { retryable: true })
  const { key, author } = incoming
  const now = context.now()
  const limits = limitsOf(context, policy)
  const inPlace = runner.live().filter(({ job }) => job.state !== 'posting' && job.key.platform === key.platform)
  const own = inPlace.filter(({ job }) => job.author.id === author.id)
  const ofServer = inPlace.filter(({ job }) => job.key.workspaceId === key.workspaceId)
  const used = await usageOf(context, incoming, now)
  if (own.length >= limits.jobsPerPerson) throw overLimit('tooManyJobs', own.length, limits.jobsPerPerson)
  checkDay('tooManyJobsToday', used.person.jobs, limits.jobsPerPersonDay, now)
  if (limits.jobsPerServer > 0 && ofServer.length >= limits.jobsPerServer)
    throw overLimit('serverTooManyJobs', ofServer.length, limits.jobsPerServer)
  checkDay('serverTooManyJobsToday', used.server.jobs, limits.jobsPerServerDay, now)
}

const overLimit = (key: Extract<RefusalKey, 'tooManyJobs' | 'serverTooManyJobs'>, open: number, limit: number) =>
  refuse('access/limit', key, { open, limit }, { details: { open, limit }, retryable: true })

function checkDay(key: 'tooManyJobsToday' | 'serverTooManyJobsToday', used: number, limit: number, now: number): void {
  if (limit === 0 || used < limit) return
  const retryAt = nextDayAt(now)
  const minutes = Math.max(1, Math.ceil((retryAt - now) / 60_000))
  throw refuse('access/limit', key, { limit, minutes }, { details: { limit, retryAt }, retryable: true })
}

const none: Usage = { jobs: 0, pictures: 0, seconds: 0 }

/** What a person and their server have used today. */
export async function usageOf({ stores }: BotContext, { key, author }: Pick<Incoming, 'key' | 'author'>, now: number) {
  const { usage } = stores.tables
  const day = usageDay(now)
  return {
    person: (await usage.get(personUsageKey(day, key.platform, author.id))) ?? none,
    server: (await usage.get(serverUsageKey(day, serverOf(key)))) ?? none,
  }
}

/** A job that begins, for the person and for the server. */
export function countsOfStart({ key, author }: Pick<Incoming, 'key' | 'author'>, now: number): readonly UsageCount[] {
  const day = usageDay(now)
  const { id, name } = author
  const servers = [placeString(serverOf(key))]
  return [
    { key: personUsageKey(day, key.platform, id), jobs: 1, person: { id, name }, servers },
    { key: serverUsageKey(day, serverOf(key)), jobs: 1 },
  ]
}

/** What came of a job; by now its person may be forgotten, so it does not name them. */
export function countsOfEnd({ key, author }: Job, used: Pick<Usage, 'pictures' | 'seconds'>, now: number) {
  const day = usageDay(now)
  const keys = [personUsageKey(day, key.platform, author.id), serverUsageKey(day, serverOf(key))]
  return keys.map((one): UsageCount => ({ key: one, ...used }))
}

/** Usage of earlier days than yesterday, to be removed: nothing is asked about them. */
export async function staleUsage({ stores }: BotContext, now: number): Promise<readonly Row[]> {
  const yesterday = usageDay(now - 86_400_000)
  const rows = await stores.tables.usage.list()
  return rows.flatMap(({ key }) => (key < yesterday ? [{ table: 'usage', key, value: undefined } as const] : []))
}
