import type { ConversationState } from './conversation.ts'
import type { Incoming } from './incoming.ts'
import type { OutgoingMessage } from './outgoing.ts'
import type { Person, ThreadKey } from './thread.ts'

/** What a platform can show; the bot writes for it, the adapter splits and drops accordingly. */
export interface Capabilities {
  /** Characters in one message; Infinity where there is no limit. */
  readonly textLimit: number
  readonly fileLimitBytes: number
  /** Shows text while it is being written. */
  readonly streaming: boolean
  /** Opens a form on a button. */
  readonly modals: boolean
  /** Shows a message to one person only. */
  readonly ephemeral: boolean
}

/** A platform: receives, normalises, renders; nothing else. Runs test/contracts/adapter.ts. */
export interface Adapter {
  readonly platform: string
  readonly capabilities: Capabilities
  start(bot: Bot): Promise<void>
  /** Takes the newest state of a reply. Resolves when a final state has reached the person (or is kept for them). */
  render(message: OutgoingMessage): Promise<void>
  stop(): Promise<void>
}

export type Acknowledgement =
  /** A new job: its reply follows through Adapter.render. */
  | { readonly type: 'accepted'; readonly jobId: string; readonly position: number }
  /** The event was seen before. */
  | { readonly type: 'repeated'; readonly jobId: string }
  /** Done at once, without a reply (a cancel, a deletion). */
  | { readonly type: 'done' }

/** One line of a list of threads. */
export interface ThreadSummary {
  readonly key: ThreadKey
  readonly title: string
  readonly updatedAt: number
  readonly headImageSha256?: string
}

/** A readable thread: the state plus the replies that are not finished. */
export interface ThreadView {
  readonly state: ConversationState
  readonly pending: readonly OutgoingMessage[]
}

/** What adapters may ask of the bot. Every call checks that `person` may. */
export interface Bot {
  /** Stores the event's job durably, then acknowledges. Throws AppError for what is refused at once. */
  handle(incoming: Incoming): Promise<Acknowledgement>
  listThreads(platform: string, person: Person): Promise<readonly ThreadSummary[]>
  readThread(key: ThreadKey, person: Person): Promise<ThreadView | undefined>
  renameThread(key: ThreadKey, person: Person, title: string): Promise<void>
  deleteThread(key: ThreadKey, person: Person): Promise<void>
  /** Bytes of a picture that occurs in a thread of `person`; undefined otherwise. */
  readBlob(key: ThreadKey, person: Person, sha256: string): Promise<Uint8Array | undefined>
  /** The reply as it would be rendered for a finished or running job. */
  readReply(key: ThreadKey, person: Person, jobId: string): Promise<OutgoingMessage | undefined>
  /** What the models in force know (the embedded world), for notices and examples. */
  about(): BotAbout
}

export interface BotAbout {
  readonly version: string
  /** The models in force, by role (mllm, t2i, inpaint, restore); what has none is absent. */
  readonly models: Readonly<Record<string, string>>
  /** All models that a thread may choose, by role; the first of each is the one in force. */
  readonly offered?: Readonly<Record<string, readonly string[]>>
  /** One sentence about what the models in force can draw; absent for full models. */
  readonly notice?: string
  readonly knows?: Readonly<Record<string, readonly string[]>>
  readonly examples: readonly string[]
  readonly samplers: readonly string[]
  readonly styles: readonly string[]
  readonly defaults: {
    readonly steps: number
    readonly guidanceScale: number
    readonly width: number
    readonly height: number
    readonly sampler: string
  }
}
