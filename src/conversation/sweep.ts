import type { WritableBlobs } from './blobs.ts'
import type { RecordKind } from './migrations.ts'
import { recordKinds } from './record-kinds.ts'
import type { Records } from './records.ts'
import { usageDay } from './usage.ts'

/** What a sweep deleted, in numbers. */
export interface Swept {
  readonly events: number
  readonly usage: number
  readonly notes: number
  readonly blobs: number
}

const dayMs = 86_400_000

/** No platform repeats an event after so long: Slack stops after a day. */
const eventDays = 30
/** Limits look at one day; admins look at a season. */
const usageDays = 90

/**
 * Deletes records that are older than their use, and pictures that no thread uses (a crash can leave one). Nothing may be
 * written meanwhile. `now` is in milliseconds since the epoch.
 */
export async function sweep(records: Records, blobs: WritableBlobs, now: number): Promise<Swept> {
  const oldest = now - eventDays * dayMs
  const events = await keysOf(records, 'event:', recordKinds.event, ({ at }) => at !== undefined && at < oldest)
  const lastDay = usageDay(now - usageDays * dayMs)
  const usage = (await records.keys('usage:')).filter((key) => key.slice('usage:'.length) < lastDay)
  const notes = await keysOf(records, 'note:', recordKinds.note, ({ until }) => until !== undefined && until < now)
  await records.remove([...events, ...usage, ...notes])
  const used = new Set((await records.keys('use:')).map((key) => key.split(':')[1]))
  const stray = (await blobs.list()).filter((sha256) => !used.has(sha256))
  for (const sha256 of stray) await blobs.remove(sha256)
  return { events: events.length, usage: usage.length, notes: notes.length, blobs: stray.length }
}

/** Keys of the records that `isOld` says so of; a damaged one hurts nobody. */
async function keysOf<T>(
  records: Records,
  prefix: string,
  kind: RecordKind<T>,
  isOld: (record: T) => boolean,
): Promise<readonly string[]> {
  const old: string[] = []
  for (const key of await records.keys(prefix)) {
    const record = await records.get(kind, key).catch(() => undefined)
    if (record !== undefined && isOld(record)) old.push(key)
  }
  return old
}
