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
  const servers = grouped(waiting)
  const order: W[] = []
  const turns = {
    servers: turnsAfter(served.servers),
    people: turnsAfter(served.people),
    threads: turnsAfter(served.threads),
  }
  while (servers.size > 0) {
    const [server, people] = longestUnserved(servers, turns.servers)
    const [person, threads] = longestUnserved(people, turns.people)
    const [thread, jobs] = longestUnserved(threads, turns.threads)
    order.push(jobs.shift()!)
    turns.servers.serve(server, order.length)
    turns.people.serve(person, order.length)
    turns.threads.serve(thread, order.length)
    if (jobs.length === 0) threads.delete(thread)
    if (threads.size === 0) people.delete(person)
    if (people.size === 0) servers.delete(server)
  }
  return order
}

type Groups<W> = Map<string, Map<string, Map<string, W[]>>>

/**
 * Jobs by server, person and thread; each map is in order of its groups' first arrival. A job's turn then looks at
 * groups only: 500 jobs are put in order at each arrival, so looking at all of them would cost the cube of their number.
 */
function grouped<W extends Waiting>(waiting: readonly W[]): Groups<W> {
  const servers: Groups<W> = new Map()
  for (const job of waiting) {
    const people = entryOf(servers, job.server, () => new Map<string, Map<string, W[]>>())
    const threads = entryOf(people, job.person, () => new Map<string, W[]>())
    entryOf(threads, job.thread, (): W[] => []).push(job)
  }
  return servers
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}

/** Above every running number of what was served. */
const afterAll = 2 ** 52

/** When groups were last served, with the turns of this order after all that were before it. */
function turnsAfter(served: ReadonlyMap<string, number>) {
  const turns = new Map<string, number>()
  return {
    last: (group: string) => turns.get(group) ?? served.get(group) ?? 0,
    serve: (group: string, turn: number) => void turns.set(group, afterAll + turn),
  }
}
/** The group served longest ago; the one that came first among those never served. */
function longestUnserved<V>(
  groups: ReadonlyMap<string, V>,
  { last }: { last: (group: string) => number },
): [string, V] {
  let best: [string, V] | undefined
  let longest = Infinity
  for (const group of groups) {
    const turn = last(group[0])
    if (turn >= longest) continue
    best = group
    longest = turn
  }
  return best!
}
