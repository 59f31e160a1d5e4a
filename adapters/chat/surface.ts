import type { OutgoingMessage } from '../../src/contract/outgoing.ts'

/**
 * One message of a platform that shows (a part of) a reply. `Body` is what format.ts made: plain data, compared to see
 * whether an edit is needed.
 */
export interface Piece<Body> {
  readonly body: Body
  /** Ids of the pictures that it shows, in order: what a person answers when they answer this message. */
  readonly imageIds: readonly string[]
}

/** Where a reply is shown, as the platform names it: written down with the reply, so plain data. */
export type PostedMessage = { readonly id: string; readonly channelId: string } & Readonly<Record<string, string>>

/** What a platform can do with the messages of a reply. Every call may throw a `SurfaceError`. */
export interface Surface<Body> {
  /** A reply as the messages that show it, the first one first: at least one. Fetches and fits the pictures. */
  layout(message: OutgoingMessage): Promise<readonly Piece<Body>[]>
  /**
   * Posts a new message as part `index` of the reply. `nonce` (at most 25 characters) is the same for the same part, also
   * after a restart: where the platform drops repeats by such a value, it is sent along.
   */
  create(message: OutgoingMessage, index: number, body: Body, nonce: string): Promise<PostedMessage>
  /** Answers with the message that took its place, where it could not stay the same one. */
  edit(posted: PostedMessage, body: Body, before: Body | undefined): Promise<PostedMessage | void>
  remove(posted: PostedMessage): Promise<void>
  /** Looks for part `index` of a reply among the bot's own messages: it may have been posted just before a crash. */
  find(message: OutgoingMessage, index: number, nonce: string): Promise<PostedMessage | undefined>
}

/** Why the platform did not do it. */
export class SurfaceError extends Error {
  override readonly name = 'SurfaceError'
  /**
   * gone: the message, thread or channel is not there any more or closed to the bot: there is nobody to tell.
   * refused: this place does not take the message as it is (its files are too large, its form is wrong). later: try
   * again, not before `retryAfterMs`.
   */
  readonly kind: 'gone' | 'refused' | 'later'
  readonly retryAfterMs: number

  constructor(
    kind: SurfaceError['kind'],
    message: string,
    { retryAfterMs = 0, cause }: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}
