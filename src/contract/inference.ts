import type { AppErrorData } from './errors.ts'
import type { Recipe } from './recipe.ts'
import type { EncodedImage, PictureRequest } from './picture-requests.ts'
import type { Screening } from './safety.ts'

export * from './picture-requests.ts'

/** One turn as the language model is shown it. `image` is an encoded picture (PNG, JPEG, WebP bytes). */
export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly image?: EncodedImage
}

/** Decoding settings; what is absent comes from the model's preset. Temperature 0 is greedy. */
export interface SamplingOptions {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly repetitionPenalty?: number
  readonly seed?: number
  readonly maxNewTokens?: number
}

/** Answer the last user turn. Only the first user message may carry an image (LLaVA's training format). */
export interface ChatRequest {
  readonly kind: 'chat'
  /** The language model by its preset's name; default: the one in force. */
  readonly model?: string
  readonly messages: readonly ChatMessage[]
  readonly sampling?: SamplingOptions
}

/** Look at a picture with the safety checker. */
export interface ScreenRequest {
  readonly kind: 'screen'
  readonly image: EncodedImage
}

export type InferenceRequest = ChatRequest | PictureRequest | ScreenRequest

export type InferenceEvent =
  /** The worker began with this request. */
  | { readonly type: 'started' }
  /** Text for the person, as it is generated. */
  | { readonly type: 'text'; readonly text: string }
  /** Part of a prompt inside <gen_image>; `block` counts from 0. */
  | { readonly type: 'prompt-text'; readonly block: number; readonly text: string }
  /** A prompt block is complete. */
  | { readonly type: 'prompt'; readonly block: number; readonly prompt: string }
  | ({ readonly type: 'step' } & StepEvent)
  | { readonly type: 'image'; readonly image: GeneratedImage }
  /** The last event of a request that succeeded. */
  | { readonly type: 'done'; readonly result: InferenceResult }
  /** The last event of a request that did not. */
  | { readonly type: 'error'; readonly error: AppErrorData }

export interface StepEvent {
  readonly image: number
  readonly images: number
  readonly step: number
  readonly steps: number
  readonly stepMs: number
  readonly elapsedMs: number
  readonly remainingMs?: number
  readonly preview?: { readonly bytes: Uint8Array; readonly mediaType: string }
}

export interface GeneratedImage {
  readonly index: number
  /** PNG with its recipe inside. */
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
  readonly recipe: Recipe
  readonly details?: PictureDetails
}

/** What is known of how a picture came about; shown beside it, and no part of its recipe. */
export interface PictureDetails {
  /** What was drawn anew: grey PNG at the picture's size, 255 drawn, 0 kept. */
  readonly maskPng?: Uint8Array
  /** Share of the picture's pixels that differ from the one before, 0 to 1. */
  readonly changedShare?: number
  /** The words of the target prompt that the source prompt does not have, and the other way round. */
  readonly changedWords?: { readonly source: readonly string[]; readonly target: readonly string[] }
  /** Mean absolute error of the source branch's latents against those of the picture (p2p). */
  readonly reconstructionError?: number
  /** Evaluations of the UNet, in rows of its batch. */
  readonly unetRows?: number
  /** Differences across the mask's border, in levels of 255. */
  readonly seam?: { readonly before: SeamStep; readonly after: SeamStep }
}

/** Inside minus outside in absolute value, over a thin band along the mask's border. */
export interface SeamStep {
  /** Brightness. */
  readonly mean: number
  /** Contrast. */
  readonly deviation: number
  /** Texture: gradient energy. */
  readonly gradient: number
}

export interface InferenceResult {
  /** Chat: the whole reply as generated, tags included. */
  readonly reply?: string
  /** Chat: whether generation ended by itself rather than at maxNewTokens. */
  readonly finished?: boolean
  readonly tokens?: { readonly prompt: number; readonly generated: number }
  /**
   * Chat: how many of the oldest turns the model was not shown because it has no room for them. `newly`: the message
   * before was answered with more of them.
   */
  readonly leftOut?: { readonly turns: number; readonly newly: boolean }
  /** Screen: what was found. */
  readonly screening?: Screening
  readonly timings: Readonly<Record<string, number>>
}

/** The door to the models. */
export interface Inference {
  /**
   * Starts a request; its events end with `done` or `error`. Aborting `signal` ends it within one step or token with
   * error code `inference/cancelled`. Requests given at once share the worker: chat takes turns with drawing.
   */
  run(request: InferenceRequest, options?: { readonly signal?: AbortSignal }): AsyncIterable<InferenceEvent>
  status(): Promise<InferenceStatus>
  /** Finishes what runs, then lets the worker leave. */
  stop(): Promise<void>
}

export interface InferenceStatus {
  readonly worker: 'starting' | 'ready' | 'restarting' | 'stopped'
  readonly device: string
  readonly restarts: number
  readonly running: number
  /** Models in memory, with their size and why they are there; the longest unused first. */
  readonly resident: readonly ResidentModel[]
  /** Bytes that models may take on the device; absent without a limit, and where there are several devices. */
  readonly budgetBytes?: number
  /** The same by device, where there are several; those without a limit have no line. */
  readonly budgets?: Readonly<Record<string, number>>
  readonly processBytes: number
}

/** A model in memory, or on its way there. */
export interface ResidentModel {
  readonly role: string
  readonly name: string
  readonly device: string
  /** Weights that are loaded, as they lie in its files. */
  readonly bytes: number
  /** What it was thought to take when it was let in: weights, room for the largest work, and what it may keep. */
  readonly estimatedBytes: number
  readonly loaded: boolean
  /** Requests that use it now. */
  readonly users: number
  /** Milliseconds since the epoch. */
  readonly lastUsedAt: number
  /** It leaves only where nothing else can. */
  readonly pinned: boolean
  readonly kept?: KeptForLater
}

/** What a chat model keeps for later requests. */
export interface KeptForLater {
  /** Keys and values of conversations that may go on. */
  readonly conversations: number
  readonly conversationBytes: number
  /** Features of pictures that may be asked about again. */
  readonly pictures: number
  readonly pictureBytes: number
}
