import type { Acknowledgement } from '../../contract/adapter.ts'
import type { ConversationState } from '../../contract/conversation.ts'
import type { IncomingMessage } from '../../contract/incoming.ts'
import { channelOf, placeString, serverOf, type PlacePolicy } from '../../contract/policy.ts'
import type { Change } from '../../conversation/stores.ts'
import { refuse } from '../../language/refuse.ts'
import type { Sentences } from '../../language/sentences.ts'
import { answer, type Desk, type Handled } from '../accept.ts'
import type { LiveJob } from '../live-job.ts'
import type { AdminCommand, PlaceScope } from './admin-command.ts'
import { countsHere, statusAnswer, usageAnswer } from './admin-answers.ts'

/** The change of one place's rules; undefined leaves it as the place around it has it. */
type PolicyChange = { readonly [K in keyof PlacePolicy]: PlacePolicy[K] | undefined }

/** Does what an admin says about this server or channel. Throws AppError `access/denied` for anybody else. */
export async function handleAdmin(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  command: AdminCommand,
): Promise<Handled> {
  if (message.author.admin !== true) throw refuse('access/denied', 'adminsOnly')
  return desk.context.accepting(() => obey(desk, message, state, command)) // one change of a place's rules at a time
}

async function obey(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  command: AdminCommand,
): Promise<Handled> {
  switch (command.action) {
    case 'status':
      return tell(desk, message, state, statusAnswer(desk, message.key))
    case 'usage':
      return tell(desk, message, state, await usageAnswer(desk.context, message.key))
    case 'ban':
      return ban(desk, message, state, command.person)
    case 'unban':
      return set(desk, message, state, 'server', unbanned(command.person), ({ admin }) =>
        admin.unbanned(command.person),
      )
    default:
      return setRule(desk, message, state, command)
  }
}

type Say = (sentences: Sentences) => string

const tell = (desk: Desk, message: IncomingMessage, state: ConversationState, text: Say, change?: Change) =>
  answer(desk, message, state, { question: '/admin', text }, change)

type RuleCommand = Extract<AdminCommand, { action: 'pause' | 'resume' | 'drain' | 'nsfw' | 'press' | 'limits' }>

function setRule(desk: Desk, message: IncomingMessage, state: ConversationState, command: RuleCommand) {
  const { scope = 'server' } = command
  const place = ({ admin }: Sentences) => admin.place[scope]
  const setting = (change: PolicyChange | ((before: PlacePolicy) => PolicyChange), text: Say) =>
    set(desk, message, state, scope, change, text)
  switch (command.action) {
    case 'pause':
      return setting({ paused: true, drained: undefined }, (all) => all.admin.paused(place(all)))
    case 'drain':
      return setting({ drained: true, paused: undefined }, (all) =>
        all.admin.drained({ place: place(all), ...countsHere(desk, message) }),
      )
    case 'resume':
      return resume(desk, message, state, command.scope)
    case 'nsfw':
      return setting({ nsfw: command.rule }, (all) => {
        const said = all.admin.nsfw({ place: place(all), rule: command.rule })
        const missing = desk.context.safety.checksImages ? '' : all.safety.missing[command.rule]
        return `${said} ${missing}`.trim()
      })
    case 'press':
      return setting({ press: command.rule }, (all) => all.admin.press({ place: place(all), rule: command.rule }))
    case 'limits':
      return setting(
        ({ limits }) => ({ limits: { ...limits, ...command.limits } }),
        (all) => all.admin.limits(place(all)),
      )
  }
}

/** Goes on in one place, or in this server and this channel of it. */
async function resume(desk: Desk, message: IncomingMessage, state: ConversationState, scope: PlaceScope | undefined) {
  const inForce = { paused: undefined, drained: undefined }
  const [server, channel] = await Promise.all([
    changed(desk, message, 'server', inForce),
    changed(desk, message, 'channel', scope === 'channel' ? { paused: false, drained: false } : inForce),
  ])
  const changes = scope === undefined ? [server, channel] : scope === 'server' ? [server] : [channel]
  const text = ({ admin }: Sentences) => admin.resumed(admin.place[scope ?? 'server'])
  return apply(desk, message, state, changes, text)
}

const unbanned =
  (person: string) =>
  ({ bannedPeople = [] }: PlacePolicy): PolicyChange => ({ bannedPeople: bannedPeople.filter((id) => id !== person) })

/** Nothing more is taken from the person, and what they had going on in this server is stopped. */
async function ban(desk: Desk, message: IncomingMessage, state: ConversationState, person: string): Promise<Handled> {
  const { runner } = desk
  const here = placeString(serverOf(message.key))
  const add = ({ bannedPeople = [] }: PlacePolicy) => ({ bannedPeople: [...new Set([...bannedPeople, person])] })
  const told = await set(desk, message, state, 'server', add, ({ admin }) => admin.banned(person))
  const isOwn = ({ job }: LiveJob) => job.author.id === person && placeString(serverOf(job.key)) === here
  const act = async () => {
    await Promise.all(
      runner
        .live()
        .filter(isOwn)
        .map(({ job }) => runner.cancel(job.id)),
    )
    return told
  }
  return { type: 'later', act }
}

interface ChangedPlace {
  readonly place: string
  readonly policy: PlacePolicy
}

/** The record of a place after a change. */
async function changed(
  { context }: Desk,
  { key }: IncomingMessage,
  scope: PlaceScope,
  change: PolicyChange | ((before: PlacePolicy) => PolicyChange),
): Promise<ChangedPlace> {
  const place = placeString(scope === 'server' ? serverOf(key) : channelOf(key))
  const before = (await context.stores.tables.policies.get(place)) ?? {}
  const entries = Object.entries({ ...before, ...(typeof change === 'function' ? change(before) : change) })
  return { place, policy: Object.fromEntries(entries.filter(([, value]) => value !== undefined)) }
}

async function set(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  scope: PlaceScope,
  change: PolicyChange | ((before: PlacePolicy) => PolicyChange),
  text: Say,
): Promise<Acknowledgement> {
  return apply(desk, message, state, [await changed(desk, message, scope, change)], text)
}

/** Stores the rules, answers, and lets the queue look again at what it holds. */
async function apply(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  changes: readonly ChangedPlace[],
  text: Say,
): Promise<Acknowledgement> {
  const rows = changes.map(({ place, policy }) => ({ table: 'policies', key: place, value: policy }) as const)
  const told = await tell(desk, message, state, text, { rows })
  for (const { place, policy } of changes) desk.context.pauses.set(place, policy.paused)
  desk.runner.wake()
  return told
}
