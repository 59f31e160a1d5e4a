import { eventDelivery } from './events.ts'
import { createFaults, type Faults } from './faults.ts'
import { createHttpEvents, type HttpEvents } from './http-events.ts'
import { listen } from './http-server.ts'
import type { JsonObject } from './json.ts'
import type { MethodContext } from './methods.ts'
import { createPerson, type SlackPerson } from './person.ts'
import { createSocketMode, type Delivery, type SocketMode } from './socket-mode.ts'
import { createState, type SlackChannel, type SlackMessage, type SlackState } from './state.ts'
import { createWebApi, type SlackCall } from './web-api.ts'

export interface SlackStandInOptions {
  /** Names of teams; the first one is where the bot was installed. */
  readonly teams?: readonly string[]
  /** Where the bot takes events over HTTP; without it, it connects by Socket Mode. */
  readonly eventsUrl?: string
  /** How often an uploaded file is not finished yet when asked for. */
  readonly filePolls?: number
  readonly scopes?: readonly string[]
}

/** A Slack that Bolt connects to: Web API, Socket Mode, signed events, files, and people who use it. */
export interface SlackStandIn {
  /** SLACK_API_URL. */
  readonly apiUrl: string
  readonly base: string
  readonly botToken: string
  readonly appToken: string
  readonly signingSecret: string
  readonly state: SlackState
  readonly faults: Faults
  readonly socket: SocketMode
  readonly http: HttpEvents
  /** Every call that the bot made, in order. */
  readonly calls: readonly SlackCall[]
  /** Everything that was handed to the bot, in order. */
  readonly deliveries: readonly Delivery[]
  /** Where events go over HTTP; undefined for Socket Mode. May be set when the bot has an address. */
  eventsUrl: string | undefined
  channel(name: string, options?: { readonly team?: string; readonly kind?: 'channel' | 'private' }): SlackChannel
  person(
    name: string,
    options?: { readonly team?: string; readonly admin?: boolean; readonly locale?: string },
  ): SlackPerson
  /** Puts people into a channel. */
  join(channel: SlackChannel, ...people: readonly SlackPerson[]): void
  /** The bot's messages in a thread that everybody sees, in order. */
  replies(root: SlackMessage): readonly SlackMessage[]
  /** Hands an event to the bot as it is. */
  event(event: JsonObject, team?: string): Delivery
  /** Waits for a condition, 20 seconds unless told. Resolves to what it gave. */
  until<T>(condition: () => T | undefined | false, limitMs?: number): Promise<T>
  close(): Promise<void>
}

const defaultScopes = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'mpim:read',
  'team:read',
  'users:read',
]

export async function createSlackStandIn(options: SlackStandInOptions = {}): Promise<SlackStandIn> {
  const state = createState()
  for (const name of options.teams ?? ['Acme']) {
    const id = state.id('T')
    state.teams.set(id, { id, name, domain: name.toLowerCase() })
  }
  const firstTeam = [...state.teams.keys()][0]!
  const common = { teamId: firstTeam, isBot: true, isAdmin: false, locale: 'en-US' }
  state.users.set(state.botUserId, { ...common, id: state.botUserId, name: 'LLMGA' })
  const faults = createFaults()
  const calls: SlackCall[] = []
  const deliveries: Delivery[] = []
  const signingSecret = 'stand-in-signing-secret'
  const botToken = 'xoxb-stand-in-bot'
  const appToken = 'xapp-stand-in-app'

  const { server, base } = await listen((asked) => answer(asked))
  const socket = createSocketMode(server, { faults, appId: state.appId })
  const http = createHttpEvents(() => standIn.eventsUrl ?? 'http://127.0.0.1:1/', signingSecret)
  const deliver = (delivery: Delivery): Delivery => {
    deliveries.push(delivery)
    void delivery.acked.then(() => state.changed())
    if (standIn.eventsUrl === undefined) socket.deliver(delivery)
    else http.deliver(delivery)
    return delivery
  }
  const tell = (teamId: string, event: JsonObject): Delivery => deliver(eventDelivery(state, teamId, event))
  const context: MethodContext = { state, base, filePolls: options.filePolls ?? 2, tell }
  const linkUrl = () => `${base.replace('http', 'ws')}/link/?ticket=${state.id('k')}&app_id=${state.appId}`
  const scopes = options.scopes ?? defaultScopes
  const answer = createWebApi({ context, faults, botToken, appToken, scopes, calls, linkUrl })

  const teamNamed = (name: string | undefined): string => {
    const team = [...state.teams.values()].find((each) => name === undefined || each.name === name)
    if (!team) throw new Error(`no team ${name}`)
    return team.id
  }

  const standIn: SlackStandIn = {
    ...{
      apiUrl: `${base}/api/`,
      base,
      botToken,
      appToken,
      signingSecret,
      state,
      faults,
      socket,
      http,
      calls,
      deliveries,
    },
    eventsUrl: options.eventsUrl,
    channel(name, { team, kind = 'channel' } = {}) {
      const id = state.id('C')
      const channel = { id, teamId: teamNamed(team), name, kind, members: new Set([state.botUserId]) }
      state.channels.set(id, channel)
      return channel
    },
    person(name, { team, admin = false, locale = 'en-US' } = {}) {
      const user = { id: state.id('U'), teamId: teamNamed(team), name, isBot: false, isAdmin: admin, locale }
      state.users.set(user.id, user)
      return createPerson(context, deliver, user)
    },
    join: (channel, ...people) => people.forEach(({ id }) => channel.members.add(id)),
    replies: ({ channel, ts, threadTs }) =>
      state.messages.filter(
        (message) =>
          message.user === state.botUserId &&
          message.channel === channel &&
          message.threadTs === (threadTs ?? ts) &&
          !message.deleted &&
          message.onlyFor === undefined,
      ),
    event: (event, team) => tell(teamNamed(team), event),
    until: (condition, limitMs = 20_000) => waitFor(state, condition, limitMs),
    async close() {
      socket.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return standIn
}

/** Looks at every change, and now and then without one. */
function waitFor<T>(state: SlackState, condition: () => T | undefined | false, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      let found: T | undefined | false
      try {
        found = condition()
      } catch (error) {
        return end(() => reject(error instanceof Error ? error : new Error(String(error))))
      }
      if (found !== undefined && found !== false) return end(() => resolve(found))
    }
    const end = (finish: () => void): void => {
      forget()
      clearInterval(timer)
      clearTimeout(limit)
      finish()
    }
    const forget = state.onChange(look)
    const timer = setInterval(look, 50)
    const limit = setTimeout(
      () => end(() => reject(new Error(`not within ${limitMs} ms: ${condition.toString()}`))),
      limitMs,
    )
    look()
  })
}
