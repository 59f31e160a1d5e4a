import { createHash } from 'node:crypto'
import { placeString, type Place } from '../contract/policy.ts'
import type { Person } from '../contract/thread.ts'

/** What was used on one day (UTC), by a person on a platform or by a server. */
export interface Usage {
  readonly jobs: number
  readonly pictures: number
  /** Seconds that jobs ran, models and waiting for a free one. */
  readonly seconds: number
  /** Whose it is: until they ask to be forgotten. Absent for a server. */
  readonly person?: Pick<Person, 'id' | 'name'>
  /** Servers in which the person had jobs, as placeString. */
  readonly servers?: readonly string[]
}

/** What is to be added to the usage of a day. */
export type UsageCount = Partial<Usage> & { readonly key: string }

export const noUsage: Usage = { jobs: 0, pictures: 0, seconds: 0 }

/** The usage with a count added. */
export function addUsage(usage: Usage, { person, servers = [], jobs = 0, pictures = 0, seconds = 0 }: UsageCount) {
  const known = person ?? usage.person
  const places = [...new Set([...(usage.servers ?? []), ...servers])]
  return {
    jobs: usage.jobs + jobs,
    pictures: usage.pictures + pictures,
    seconds: Math.round((usage.seconds + seconds) * 1000) / 1000,
    ...(known ? { person: { id: known.id, name: known.name } } : {}),
    ...(places.length > 0 ? { servers: places } : {}),
  } satisfies Usage
}

/** The day of a time, in UTC: '2026-11-23'. `at` is in milliseconds since the epoch. */
export const usageDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

const dayMs = 86_400_000

/** When the next day begins, in milliseconds since the epoch. */
export const nextDayAt = (at: number): number => (Math.floor(at / dayMs) + 1) * dayMs

/** Where the usage of a person is kept: not by their id, so that the count of a day outlives their being forgotten. */
export const personUsageKey = (day: string, platform: string, personId: string): string =>
  `${day}/person/${encodeURIComponent(platform)}/${createHash('sha256').update(`${platform}\0${personId}`).digest('hex')}`

export const serverUsageKey = (day: string, server: Place): string => `${day}/server/${placeString(server)}`

/** Keys of people's usage on one platform on one day begin so. */
export const peopleUsagePrefix = (day: string, platform: string): string =>
  `${day}/person/${encodeURIComponent(platform)}/`
