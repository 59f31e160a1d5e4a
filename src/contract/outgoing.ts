import type { AppErrorData } from './errors.ts'
import type { JobState } from './job.ts'
import type { Recipe } from './recipe.ts'
import type { ThreadKey } from './thread.ts'

/** One picture in a reply; its bytes are fetched by hash (Bot.readBlob). */
export interface OutgoingImage {
  readonly imageId: string
  readonly sha256: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
  /** Alternative text: the prompt that drew it, or the file's name. */
  readonly alt: string
  readonly recipe?: Recipe
}

/** A button. With `field`, pressing it opens a small form whose one value is sent along under `field.name`. */
export interface Control {
  /** At most 100 characters (Discord's limit); sent back as IncomingAction.actionId. */
  readonly actionId: string
  readonly label: string
  readonly style: 'primary' | 'secondary' | 'danger'
  readonly field?: {
    readonly name: string
    readonly label: string
    readonly value: string
    readonly multiline: boolean
  }
}

export type Part =
  | { readonly type: 'text'; readonly text: string; readonly streaming: boolean }
  /** A refined prompt, shown as a quote. `block` counts the prompts of this reply from 0. */
  | { readonly type: 'prompt'; readonly block: number; readonly text: string; readonly streaming: boolean }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'images'; readonly block: number; readonly images: readonly OutgoingImage[] }
  | { readonly type: 'controls'; readonly controls: readonly Control[] }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'error'; readonly error: AppErrorData; readonly sentence: string }

export type Progress =
  /** `position` 1 is next in line. */
  | { readonly phase: 'queued'; readonly position: number }
  | { readonly phase: 'thinking' }
  | ({ readonly phase: 'drawing'; readonly block: number } & DrawingProgress)

export interface DrawingProgress {
  /** Which picture of `images`, from 0. */
  readonly image: number
  readonly images: number
  readonly step: number
  readonly steps: number
  readonly elapsedMs: number
  /** Estimate of what is left for all pictures of this block; absent before the first step. */
  readonly remainingMs?: number
  /** A small encoded picture of the current state. */
  readonly preview?: { readonly bytes: Uint8Array; readonly mediaType: string }
}

/**
 * The whole of a reply as it stands now. The bot hands it out at every change; an adapter shows the newest state at
 * the rate its platform allows. `replyId` stays the same, so showing it twice changes nothing.
 */
export interface OutgoingMessage {
  readonly replyId: string
  readonly jobId: string
  readonly key: ThreadKey
  /** The incoming event that this answers. */
  readonly inReplyTo: string
  readonly state: JobState
  readonly parts: readonly Part[]
  /** No later state follows. */
  readonly final: boolean
}
