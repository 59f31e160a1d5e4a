/** What goes over the wire between the server and the page: plain JSON, pictures by address. */
import type { ImageNode, ThreadSettings } from '../../src/contract/conversation.ts'
import type { AppErrorData } from '../../src/contract/errors.ts'
import type { JobState } from '../../src/contract/job.ts'
import type { Control, DrawingProgress, Field, Part, Progress } from '../../src/contract/outgoing.ts'
import type { Recipe } from '../../src/contract/recipe.ts'

export interface WireImage {
  readonly imageId: string
  readonly url: string
  /** The same bytes, sent as a file with a readable name. */
  readonly downloadUrl: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
  readonly alt: string
  readonly recipe?: Recipe
  /** Not safe for work: blurred until it is enlarged. */
  readonly sensitive?: boolean
}

export type WireDrawing = { readonly phase: 'drawing'; readonly block: number } & Omit<DrawingProgress, 'preview'> & {
    /** A data: URL. */
    readonly previewUrl?: string
  }

export type WireProgress = Exclude<Progress, { readonly phase: 'drawing' }> | WireDrawing

/** A field of a form; a mask's picture and the mask that it begins with by address. */
export type WireField =
  | Exclude<Field, { readonly type: 'mask' }>
  | (Omit<Extract<Field, { readonly type: 'mask' }>, 'image' | 'maskSha256'> & {
      readonly image: WireImage
      readonly maskUrl?: string
    })

export type WireControl = Omit<Control, 'fields'> & { readonly fields?: readonly WireField[] }

type ChangePart = Extract<Part, { readonly type: 'change' }>

export type WirePart =
  | { readonly type: 'text'; readonly text: string; readonly streaming: boolean }
  | { readonly type: 'prompt'; readonly block: number; readonly text: string; readonly streaming: boolean }
  | { readonly type: 'progress'; readonly progress: WireProgress }
  | { readonly type: 'images'; readonly block: number; readonly images: readonly WireImage[] }
  | (Omit<ChangePart, 'before' | 'after' | 'mask'> & {
      readonly before: WireImage
      readonly after?: WireImage
      /** Grey: what is drawn anew is white. */
      readonly mask?: WireImage
    })
  | {
      readonly type: 'file'
      readonly name: string
      readonly mediaType: string
      readonly sizeBytes: number
      /** Shows an HTML file in a sandbox of its own; anything else is saved. */
      readonly url: string
      readonly downloadUrl: string
    }
  | { readonly type: 'route'; readonly chosen: string; readonly controls: readonly WireControl[] }
  | { readonly type: 'controls'; readonly controls: readonly WireControl[] }
  | { readonly type: 'notice'; readonly text: string }
  | {
      readonly type: 'error'
      readonly error: Pick<AppErrorData, 'code' | 'retryable'>
      readonly sentence: string
    }

/** OutgoingMessage without its thread (the stream belongs to one). */
export interface WireReply {
  readonly replyId: string
  readonly jobId: string
  readonly inReplyTo: string
  readonly state: JobState
  readonly parts: readonly WirePart[]
  readonly final: boolean
}

/** One entry of the conversation as it is shown, oldest first. */
export type WireEntry =
  | {
      readonly type: 'person'
      readonly turnId: string
      readonly jobId: string
      /** The event that the client sent, while its reply is known. */
      readonly eventId?: string
      readonly text: string
      readonly images: readonly WireImage[]
      readonly createdAt: number
    }
  | { readonly type: 'reply'; readonly reply: WireReply }

/** A picture of the thread and what it came from, whether or not it is on the path that is shown. */
export interface WirePicture extends Omit<WireImage, 'recipe'> {
  readonly parentId?: string
  readonly operation: ImageNode['operation']
  /** What the person said or pressed. */
  readonly words?: string
  readonly createdAt: number
  /** Its bytes are gone; it stays because others came from it. */
  readonly deleted: boolean
}

export interface WireThread {
  readonly threadId: string
  readonly title: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly headImageId?: string
  /** All pictures, oldest first. */
  readonly pictures: readonly WirePicture[]
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly settings: ThreadSettings
  readonly entries: readonly WireEntry[]
}

export interface WireThreadSummary {
  readonly threadId: string
  readonly title: string
  readonly updatedAt: number
  /** The thread's current picture. */
  readonly imageUrl?: string
}

/** One changed part of a reply: the whole part, text added to its end, or progress whose preview stays as it is. */
export type PartChange =
  | { readonly index: number; readonly part: WirePart }
  | { readonly index: number; readonly append: string }
  | { readonly index: number; readonly progress: Omit<WireDrawing, 'previewUrl'> }

/** The difference between two states of one reply. */
export interface ReplyPatch {
  readonly replyId: string
  readonly state: JobState
  readonly final: boolean
  /** Number of parts after the patch; surplus ones are dropped. */
  readonly length: number
  readonly changes: readonly PartChange[]
}

/** Body of every answer that is not a success. */
export interface WireError {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
}

/** Names of the events of a thread's stream; docs/web-api.md describes each. */
export const feedEventNames = ['snapshot', 'reply', 'patch', 'deleted', 'failed', 'ping'] as const
export type FeedEventName = (typeof feedEventNames)[number]
