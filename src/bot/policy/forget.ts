import type { Acknowledgement } from '../../contract/adapter.ts'
import type { ConversationState } from '../../contract/conversation.ts'
import type { Incoming } from '../../contract/incoming.ts'
import type { Job } from '../../contract/job.ts'
import { threadKeyString, type Person, type ThreadKey } from '../../contract/thread.ts'
import { forgetPerson, type Forgotten } from '../../conversation/forget-person.ts'
import type { Row } from '../../conversation/tables.ts'
import { personUsageKey, usageDay } from '../../conversation/usage.ts'
import { sentencesIn, type Sentences } from '../../language/sentences.ts'
import { answer, type Desk, type Handled } from '../accept.ts'
import type { BotContext } from '../context.ts'
import { forgetControl } from '../controls.ts'
import { jobIdOf } from '../jobs.ts'
import { personScope } from './scopes.ts'

/** What is kept of a person: counted before it is deleted, or as it was deleted. */
interface Kept {
  readonly turns: number
  readonly pictures: number
  readonly jobs: number
  /** Threads in which nobody else has spoken, and those where others have. */
  readonly threads: number
  readonly shared: number
}

const nothing: Kept = { turns: 0, pictures: 0, jobs: 0, threads: 0, shared: 0 }

/** Tells what is kept of the person who asks; the deletion itself is asked for with `--confirm yes`, or by the button. */
export async function askToForget(desk: Desk, incoming: Incoming, state: ConversationState): Promise<Acknowledgement> {
  const unlocked = <T>(_: string, action: () => Promise<T>) => action() // this thread is locked, and nothing changes
  const kept = await eachThread(desk.context, incoming, unlocked, async (found) => found)
  const isNothing = kept.threads + kept.shared === 0
  const text = ({ forget }: Sentences) =>
    isNothing ? forget.nothing : [forget.summary(kept), forget.rules, forget.howTo].join('\n')
  const controls = (sentences: Sentences) => (isNothing ? [] : [forgetControl(sentences)])
  return answer(desk, incoming, state, { question: '/forget', text, controls })
}

/**
 * Deletes everything that is kept of the person on this platform, once the thread's lock is free: what runs for them is
 * cancelled, then thread after thread loses what is theirs. A crash in between leaves the rest for the next /forget.
 */
export const forgetEverything = (desk: Desk, incoming: Incoming): Handled => ({
  type: 'later',
  act: async () => {
    const { context, runner, language } = desk
    const { author, key } = incoming
    const own = runner.live().filter(({ job }) => job.author.id === author.id && job.key.platform === key.platform)
    await Promise.all(own.map(({ job }) => runner.cancel(job.id)))
    const kept = await eachThread(context, incoming, context.withThread, (found, state) =>
      remove(desk, found, state, author),
    )
    await context.stores.commit({
      rows: await ownRows(context, key.platform, author),
      event: { id: jobIdOf(incoming) },
    })
    const isPrivate = context.adapters.get(key.platform)?.capabilities.ephemeral === true
    return isPrivate ? { type: 'answered', text: sentencesIn(language).forget.done(kept) } : { type: 'done' }
  },
})

/** Goes through every thread of the platform that holds something of the person, one at a time. */
async function eachThread(
  context: BotContext,
  { key, author }: Pick<Incoming, 'key' | 'author'>,
  within: BotContext['withThread'],
  visit: (found: Forgotten, state: ConversationState) => Promise<Forgotten>,
): Promise<Kept> {
  const { stores } = context
  const open = await stores.jobs.openIds()
  let kept = nothing
  for (const one of await stores.threads.keys(key.platform)) {
    const found = await within(threadKeyString(one), async () => {
      const state = await stores.threads.get(one)
      const own = state && forgetPerson(state, author.id, await jobsOf(context, state, open))
      return own && visit(own, state)
    })
    if (found) kept = added(kept, found)
  }
  return kept
}

const added = (kept: Kept, { rest, turns, pictures, jobIds }: Forgotten): Kept => ({
  turns: kept.turns + turns,
  pictures: kept.pictures + pictures,
  jobs: kept.jobs + jobIds.length,
  threads: kept.threads + (rest ? 0 : 1),
  shared: kept.shared + (rest ? 1 : 0),
})

/** Every job of a thread: those that its turns name, and those that have not come so far. */
async function jobsOf(
  { stores }: BotContext,
  state: ConversationState,
  open: readonly string[],
): Promise<readonly Job[]> {
  const ids = new Set([...Object.values(state.turns).map(({ jobId }) => jobId), ...open])
  const jobs = await Promise.all([...ids].map((id) => stores.jobs.get(id)))
  return jobs.flatMap((job) => (job && isOf(job, state.key) ? [job] : []))
}

const isOf = (job: Job, key: ThreadKey) => threadKeyString(job.key) === threadKeyString(key)

/** The person's part of one thread, gone. The thread's lock is held. */
async function remove(
  { context, runner }: Desk,
  found: Forgotten,
  state: ConversationState,
  person: Person,
): Promise<Forgotten> {
  const { stores } = context
  const { rest, released, jobIds } = found
  if (rest) {
    const handed = state.owner.id === person.id ? { formerOwner: person.id } : {}
    await stores.commit({ thread: rest, released, removedJobs: jobIds, ...handed })
    return found
  }
  runner.drop(threadKeyString(state.key))
  await stores.threads.remove(state)
  await stores.commit({ removedJobs: jobIds })
  return found
}

/** The person's own settings go; what they used is kept without their name until its day is over. */
async function ownRows({ stores, now }: BotContext, platform: string, person: Person): Promise<readonly Row[]> {
  const days = [usageDay(now()), usageDay(now() - 86_400_000)]
  const keys = days.map((day) => personUsageKey(day, platform, person.id))
  const used = await Promise.all(keys.map(async (key) => ({ key, usage: await stores.tables.usage.get(key) })))
  return [
    { table: 'settings', key: personScope(platform, person), value: undefined },
    ...used.flatMap(({ key, usage }) => {
      if (!usage) return []
      const { jobs, pictures, seconds } = usage
      return [{ table: 'usage', key, value: { jobs, pictures, seconds } } as const]
    }),
  ]
}
