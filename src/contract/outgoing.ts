import type { AppErrorData } from './errors.ts'
import type { PictureDetails } from './inference.ts'
import type { JobState } from './job.ts'
import type { Operation, Recipe } from './recipe.ts'
import type { Language } from './language.ts'
import type { Person, ThreadKey } from './thread.ts'

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
  /** To be hidden until it is pressed, because the person asked for it. */
  readonly spoiler?: boolean
  /** Found not safe for work where the policy is to blur: behind a spoiler, or blurred where there are none. */
  readonly sensitive?: boolean
}

/** A value that a form asks for; it is sent along in IncomingAction.values under its name. */
export type Field =
  | {
      readonly type: 'text'
      readonly name: string
      readonly label: string
      readonly value: string
      readonly multiline: boolean
    }
  | {
      readonly type: 'choice'
      readonly name: string
      readonly label: string
      readonly value: string
      readonly choices: readonly { readonly value: string; readonly label: string }[]
    }
  | {
      readonly type: 'number'
      readonly name: string
      readonly label: string
      readonly value: number
      readonly min: number
      readonly max: number
      readonly step: number
    }
  /**
   * A mask over a picture, drawn in the mask editor: `MaskShape` strokes as JSON (values), or a PNG (files).
   * `maskSha256` is the mask that the editor begins with.
   */
  | {
      readonly type: 'mask'
      readonly name: string
      readonly label: string
      readonly image: OutgoingImage
      readonly maskSha256?: string
    }

/** A button. With `fields`, pressing it opens a form whose values are sent along. */
export interface Control {
  /** At most 100 characters (Discord's limit); sent back as IncomingAction.actionId. */
  readonly actionId: string
  readonly label: string
  readonly style: 'primary' | 'secondary' | 'danger'
  /** What belongs together in a menu: buttons of one group may be shown behind one. */
  readonly group?: 'again' | 'edit' | 'extend' | 'thread' | 'about'
  /** What people want most: a button of its own, also where there is little room. */
  readonly prominent?: true
  readonly fields?: readonly Field[]
}

/** A word of a prompt, and whether the other prompt lacks it. */
export interface PromptWord {
  readonly text: string
  readonly changed: boolean
}

export type Part =
  | { readonly type: 'text'; readonly text: string; readonly streaming: boolean }
  /** A refined prompt, shown as a quote. `block` counts the prompts of this reply from 0. */
  | { readonly type: 'prompt'; readonly block: number; readonly text: string; readonly streaming: boolean }
  /**
   * How a picture is or was changed: the prompt of what it showed, that of what it is to show, and the mask.
   * With `proposed` nothing was drawn yet: the controls ask for approval. `after` also stands in the `images` part of
   * the same block.
   */
  | {
      readonly type: 'change'
      readonly block: number
      readonly operation: Operation
      readonly before: OutgoingImage
      readonly after?: OutgoingImage
      readonly source?: readonly PromptWord[]
      readonly target?: readonly PromptWord[]
      readonly mask?: OutgoingImage
      readonly proposed: boolean
      readonly details?: Omit<PictureDetails, 'maskPng'>
    }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'images'; readonly block: number; readonly images: readonly OutgoingImage[] }
  /** A file that came of the job (a storybook as HTML). */
  | {
      readonly type: 'file'
      readonly name: string
      readonly mediaType: string
      readonly sha256: string
      readonly sizeBytes: number
    }
  /** What was understood, with buttons for the other routes. */
  | { readonly type: 'route'; readonly chosen: string; readonly controls: readonly Control[] }
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
  /** Who asked. */
  readonly author: Person
  /** The language of every sentence in it, for what the adapter adds. */
  readonly language: Language
  readonly state: JobState
  readonly parts: readonly Part[]
  /** No later state follows. */
  readonly final: boolean
}
