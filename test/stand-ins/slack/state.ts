import type { Json, SlackBlock, SlackView } from './json.ts'

export interface SlackTeam {
  readonly id: string
  readonly name: string
  readonly domain: string
}

export interface SlackUser {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly isBot: boolean
  readonly isAdmin: boolean
  readonly locale: string
}

export interface SlackChannel {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly kind: 'channel' | 'private' | 'im'
  readonly members: Set<string>
}

/** How a message looked at some moment. */
export interface Look {
  readonly at: number
  readonly text: string
  readonly blocks: readonly SlackBlock[]
}

/** A message as it stands now: one object for as long as it lives, so that a test may hold it. */
export interface SlackMessage {
  readonly ts: string
  readonly channel: string
  readonly threadTs: string | undefined
  readonly user: string
  text: string
  /** `text` and what was streamed is standard Markdown, not mrkdwn. */
  markdown: boolean
  blocks: readonly SlackBlock[]
  files: readonly SlackFile[]
  metadata: Json | undefined
  /** Only this person sees it. */
  readonly onlyFor: string | undefined
  streaming: boolean
  deleted: boolean
  /** Whom the bot's words would have pinged: '!everyone', '!here', 'U…'. */
  pings: readonly string[]
  /** Every look that it had, the first one first. */
  readonly looks: Look[]
}

export interface SlackFile {
  readonly id: string
  readonly teamId: string
  readonly user: string
  name: string
  title: string
  readonly altText: string
  readonly declaredBytes: number
  bytes: Buffer | undefined
  mimetype: string
  /** undefined before files.completeUploadExternal; then what files.info still has to say "not yet" for. */
  pollsLeft: number | undefined
  readonly channels: Set<string>
  deleted: boolean
}

export interface OpenView {
  readonly id: string
  readonly userId: string
  readonly teamId: string
  hash: string
  view: SlackView
  /** The view below it, that comes back when this one is closed. */
  readonly below: string | undefined
}

/** What a short-lived address or id stands for. */
export interface Trigger {
  readonly userId: string
  readonly teamId: string
  readonly madeAt: number
}

export interface ResponseUrl {
  readonly userId: string
  readonly channel: string
  readonly threadTs: string | undefined
  readonly messageTs: string | undefined
  readonly madeAt: number
  uses: number
}

export interface AssistantThread {
  readonly channel: string
  readonly threadTs: string
  status: string
  title: string
  prompts: readonly { readonly title: string; readonly message: string }[]
}

/** Everything that the stand-in knows. `changed` wakes whoever waits for something in it. */
export interface SlackState {
  readonly botUserId: string
  readonly botId: string
  readonly appId: string
  readonly teams: Map<string, SlackTeam>
  readonly users: Map<string, SlackUser>
  readonly channels: Map<string, SlackChannel>
  readonly messages: SlackMessage[]
  readonly files: Map<string, SlackFile>
  readonly views: Map<string, OpenView>
  readonly triggers: Map<string, Trigger>
  readonly responseUrls: Map<string, ResponseUrl>
  readonly assistantThreads: Map<string, AssistantThread>
  /** A new id with a prefix, as Slack writes them: capital letters and digits. */
  id(prefix: string): string
  /** A new timestamp, later than every other. */
  ts(): string
  changed(): void
  onChange(listener: () => void): () => void
}

export function createState(): SlackState {
  let count = 0
  let lastMicros = 0
  const listeners = new Set<() => void>()
  return {
    botUserId: 'U0LLMGABOT',
    botId: 'B0LLMGABOT',
    appId: 'A0LLMGA000',
    teams: new Map(),
    users: new Map(),
    channels: new Map(),
    messages: [],
    files: new Map(),
    views: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    assistantThreads: new Map(),
    id: (prefix) => prefix + (++count).toString(36).toUpperCase().padStart(9, '0'),
    ts() {
      lastMicros = Math.max(lastMicros + 1, Date.now() * 1000)
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`
    },
    changed: () => listeners.forEach((listener) => listener()),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export type NewMessage = Pick<SlackMessage, 'channel' | 'user' | 'text'> &
  Partial<Pick<SlackMessage, 'threadTs' | 'blocks' | 'files' | 'metadata' | 'onlyFor' | 'streaming' | 'markdown'>>

export function addMessage(state: SlackState, given: NewMessage): SlackMessage {
  const message: SlackMessage = {
    ts: state.ts(),
    threadTs: undefined,
    blocks: [],
    files: [],
    metadata: undefined,
    onlyFor: undefined,
    streaming: false,
    markdown: false,
    ...given,
    deleted: false,
    pings: [],
    looks: [],
  }
  look(message)
  state.messages.push(message)
  return message
}

/** Writes down how a message looks now. */
export function look(message: SlackMessage): void {
  message.looks.push({ at: Date.now(), text: message.text, blocks: message.blocks })
}

export const findMessage = (state: SlackState, channel: string | undefined, ts: string | undefined) =>
  state.messages.find((message) => message.channel === channel && message.ts === ts && !message.deleted)

/** The conversation of two: made when it is first needed. */
export function directChannel(state: SlackState, user: SlackUser): SlackChannel {
  const found = [...state.channels.values()].find(({ kind, members }) => kind === 'im' && members.has(user.id))
  if (found) return found
  const channel: SlackChannel = {
    id: state.id('D'),
    teamId: user.teamId,
    name: '',
    kind: 'im',
    members: new Set([user.id, state.botUserId]),
  }
  state.channels.set(channel.id, channel)
  return channel
}

/** Blocks with the ids that Slack gives to those without one. */
export const withBlockIds = (state: SlackState, blocks: readonly SlackBlock[]): readonly SlackBlock[] =>
  blocks.map((block) => ({ ...block, block_id: block['block_id'] ?? state.id('b') }))
