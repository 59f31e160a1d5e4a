import type { Job } from '../contract/job.ts'
import { placeString, serverOf } from '../contract/policy.ts'
import { threadKeyString } from '../contract/thread.ts'

/** A job that waits for a place. `served` numbers grow with time; 0 means never. */
export interface Waiting {
  readonly id: string
  /** The server (workspace) that it comes from. */
  readonly server: string
  readonly person: string
  readonly thread: string
}

/** What a job's turn goes by. */
export const groupsOf = ({ id, key, author }: Job): Waiting => ({
  id,
  server: placeString(serverOf(key)),
  person: `${key.platform}/${author.id}`,
  thread: threadKeyString(key),
})

/** When servers, people and threads were last served, by their ids: a running number, absent for never. */
export interface Served {
  readonly servers: ReadonlyMap<string, number>
  readonly people: ReadonlyMap<string, number>
  readonly threads: ReadonlyMap<string, number>
}

/**
 * The order in which waiting jobs are served: round-robin over servers (the one served longest ago goes first), then over
 * the server's people, then over that person's threads, then by arrival. `waiting` is in order of arrival. No server waits
 * behind another's forty people, nobody behind another's twenty jobs, and the jobs of a thread keep their order.
 */
export function fairOrder<W extends Waiting>(waiting: readonly W[], served: Served): readonly W[] {
  const servers = new Map(served.servers)
  const people = new Map(served.people)
  const threads = new Map(served.threads)
  let clock = Math.max(0, ...servers.values(), ...people.values(), ...threads.values())
  const order: W[] = []
  let left = waiting
  while (left.length > 0) {
    const server = longestUnserved(left, (one) => one.server, servers)
    const there = left.filter((one) => one.server === server)
    const person = longestUnserved(there, (one) => one.person, people)
    const own = there.filter((one) => one.person === person)
    const thread = longestUnserved(own, (one) => one.thread, threads)
    const next = own.find((one) => one.thread === thread)!
    clock++
    servers.set(server, clock)
    people.set(person, clock)
    threads.set(thread, clock)
    order.push(next)
    left = left.filter((one) => one !== next)
  }
  return order
}

/** The group served longest ago; the one that came first among those never served. */
function longestUnserved<W>(waiting: readonly W[], group: (one: W) => string, served: ReadonlyMap<string, number>) {
  const last = (one: W) => served.get(group(one)) ?? 0
  return group(waiting.reduce((best, one) => (last(one) < last(best) ? one : best)))
}
