import type { ThreadSettings } from './conversation.ts'
import type { AppErrorData } from './errors.ts'
import type { Person, ThreadKey } from './thread.ts'

/** queued -> running -> posting -> done; or failed, or cancelled. Only the last three are ends. */
export type JobState = 'queued' | 'running' | 'posting' | 'done' | 'failed' | 'cancelled'

/** Work that survives a crash: stored before the platform is acknowledged, run again until its result is posted. */
export interface Job {
  readonly version: 1
  readonly id: string
  readonly key: ThreadKey
  readonly author: Person
  /** The platform's event; `id` is derived from it, so a repeated event finds this job. */
  readonly eventId: string
  readonly request: JobRequest
  readonly state: JobState
  readonly attempts: number
  readonly createdAt: number
  readonly updatedAt: number
  /** The assistant turn that this job writes. */
  readonly replyTurnId: string
  readonly error?: AppErrorData
}

/** A file that the platform still holds. */
export interface Download {
  readonly url: string
  readonly name: string
  readonly sizeBytes?: number
}

/** What to do, decided when the event arrived (so a rerun does the same, with the same seed). */
export type JobRequest =
  /** Answer the user turn `turnId`; pictures asked for in the reply are drawn with `drawing`. */
  | {
      readonly kind: 'chat'
      readonly turnId: string
      readonly seed: number
      readonly drawing: ThreadSettings
      /** Attachments that are fetched before the turn is answered. */
      readonly downloads?: readonly Download[]
    }
  /** Draw a wish: refined by the MLLM unless `drawing.raw`. */
  | {
      readonly kind: 'imagine'
      readonly turnId: string
      readonly wish: string
      readonly seed: number
      readonly drawing: ThreadSettings
    }
  /** Draw a given prompt as it is (an edited one). */
  | {
      readonly kind: 'draw'
      readonly turnId: string
      readonly prompt: string
      readonly wish?: string
      readonly seed: number
      readonly drawing: ThreadSettings
      readonly parentImageId?: string
    }
  /** The same prompt with another seed. */
  | { readonly kind: 'redo'; readonly turnId: string; readonly imageId: string; readonly seed: number }
  /** Pictures near this one: its noise mixed with new noise. */
  | {
      readonly kind: 'variations'
      readonly turnId: string
      readonly imageId: string
      readonly seed: number
      readonly count: number
      readonly strength: number
    }
  /** An answer that needs no model (help, settings, recipe): already known. */
  | { readonly kind: 'answer'; readonly turnId: string; readonly text: string }
