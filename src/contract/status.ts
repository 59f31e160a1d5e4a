import type { AdapterStatus } from './adapter.ts'
import type { InferenceStatus } from './inference.ts'

/** Places at the models: how many there are, how many are taken, and who waits for one. */
export interface LaneStatus {
  readonly places: number
  readonly running: number
  readonly waiting: number
}

/** How the bot stands: figures only, nothing that a person said. */
export interface BotStatus {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** It begins nothing more: it is about to stop. */
  readonly draining: boolean
  /** Jobs by their state. */
  readonly jobs: { readonly queued: number; readonly running: number; readonly posting: number }
  readonly lanes: { readonly chat: LaneStatus; readonly draw: LaneStatus }
  /** By platform. */
  readonly adapters: Readonly<Record<string, AdapterStatus>>
  readonly inference: InferenceStatus
}
