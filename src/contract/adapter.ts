import type { ConversationState } from './conversation.ts'
import type { Incoming } from './incoming.ts'
import type { Control, OutgoingMessage } from './outgoing.ts'
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
  /** Shows a message to one person only: answers of the bot itself (help, settings, refusals) come as `answered`. */
  readonly ephemeral: boolean
  /** Several people share a thread (a channel's): whoever sees it may speak in it; the policy says who may press. */
  readonly shared: boolean
  /** Hides a picture until it is pressed. */
  readonly spoilers: boolean
}

/** How an adapter stands with its platform. */
export interface AdapterStatus {
  readonly state: 'starting' | 'connected' | 'retrying' | 'stopped'
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Why it is not connected, without secrets. */
  readonly problem?: string
  /** The bot's name there, and where ("LLMGA#1234 in 3 servers"). */
  readonly as?: string
}

/** A platform: receives, normalises, renders; nothing else. Runs test/contracts/adapter.ts. */
export interface Adapter {
  readonly platform: string
  readonly capabilities: Capabilities
  /** Begins to receive. One that cannot connect yet resolves too, and goes on trying with backoff. */
  start(bot: Bot): Promise<void>
  /** Takes the newest state of a reply. Resolves when a final state has reached the person (or is kept for them). */
  render(message: OutgoingMessage): Promise<void>
  stop(): Promise<void>
  /** Absent where there is nothing to connect to. */
  status?(): AdapterStatus
  /**
   * Fetches a file that the platform holds, at most `limitBytes` of it; only from the platform's own hosts, which alone
   * are shown its token. Throws AppError `image/*`, `access/denied`.
   */
  readonly download?: (url: string, limitBytes: number, signal: AbortSignal) => Promise<Uint8Array>
}

export type Acknowledgement =
  /** A new job: its reply follows through Adapter.render. */
  | { readonly type: 'accepted'; readonly jobId: string; readonly position: number }
  /** The event was seen before. */
  | { readonly type: 'repeated'; readonly jobId: string }
  /** Done at once, without a reply (a cancel, a deletion). */
  | { readonly type: 'done' }
  /** Answered at once, without a job and for this person's eyes only (adapters with `ephemeral`). */
  | {
      readonly type: 'answered'
      readonly text: string
      readonly controls?: readonly Control[]
      readonly files?: readonly AnsweredFile[]
    }

export interface AnsweredFile {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** A thread as a file, piece by piece: never held as a whole. */
export interface ThreadExport {
  readonly name: string
  readonly mediaType: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/** How the bytes of a picture are to be for a platform. */
export interface ImageFit {
  /** Largest number of bytes; a larger picture is encoded smaller until it fits. */
  readonly maxBytes: number
  /** A mask (a blob of the same thread) laid over the picture as a coloured veil. */
  readonly veilSha256?: string
  /** Made unrecognisable (an NSFW picture on a platform without spoilers). */
  readonly blurred?: boolean
}

/** A picture as it goes out. */
export interface FittedImage {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly width: number
  readonly height: number
  /** It is not the stored picture bit for bit: smaller, in another format. */
  readonly reduced: boolean
}

/** What an adapter keeps over a restart: which messages show a reply, what a message shows. Durable when `set` resolves. */
export interface Notes {
  get(key: string): Promise<unknown>
  /** `days`: how long it is of use; it may be gone after that. Without it stays until it is removed. */
  set(key: string, value: unknown, days?: number): Promise<void>
  remove(key: string): Promise<void>
}

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
  /** A picture of a thread made to fit a platform; undefined when it is not there. Throws AppError `image/too-large`. */
  readImage(key: ThreadKey, person: Person, sha256: string, fit: ImageFit): Promise<FittedImage | undefined>
  /**
   * The person edited or deleted the message of this event on the platform: its job is cancelled while it waits in line.
   * Resolves to whether there was one.
   */
  revoke(key: ThreadKey, eventId: string): Promise<boolean>
  /** A thread as one zip: pictures, masks, recipes and text; undefined when it is not there. */
  exportThread(key: ThreadKey, person: Person): Promise<ThreadExport | undefined>
  /** The notes of one platform. */
  notes(platform: string): Notes
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
