import type { AppErrorData } from './errors.ts'
import type { Recipe } from './recipe.ts'

/** Samplers by the names that people use; src/schedulers/samplers.ts says what each is. */
export const samplerNames = ['ddim', 'pndm', 'euler', 'euler-a', 'dpmpp-2m', 'dpmpp-2m-karras'] as const
export type SamplerName = (typeof samplerNames)[number]

/** One turn as the language model is shown it. `image` is an encoded picture (PNG, JPEG, WebP bytes). */
export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly image?: Uint8Array
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
  readonly messages: readonly ChatMessage[]
  readonly sampling?: SamplingOptions
}

/** Draw `count` pictures of `prompt`. Absent settings come from the model's preset. */
export interface TextToImageRequest {
  readonly kind: 'text-to-image'
  readonly prompt: string
  readonly negativePrompt?: string
  /** 0 .. 2^32-1. Picture i uses seed + i. */
  readonly seed: number
  readonly steps?: number
  readonly guidanceScale?: number
  readonly width?: number
  readonly height?: number
  /** 1..4 */
  readonly count?: number
  readonly sampler?: SamplerName
  readonly variation?: { readonly seed: number; readonly strength: number }
  /** Only the picture with this index of the request is drawn (for replaying one of several). */
  readonly onlyIndex?: number
  /** The person's words before refinement; goes into the recipe. */
  readonly wish?: string
  /** Send a small preview every few steps; default true. */
  readonly previews?: boolean
}

export type InferenceRequest = ChatRequest | TextToImageRequest

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
}

export interface InferenceResult {
  /** Chat: the whole reply as generated, tags included. */
  readonly reply?: string
  /** Chat: whether generation ended by itself rather than at maxNewTokens. */
  readonly finished?: boolean
  readonly tokens?: { readonly prompt: number; readonly generated: number }
  /** Chat: oldest turns that the model was not shown because it has no room for them. */
  readonly droppedTurns?: number
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
  /** Models in memory, with their size and why they are there. */
  readonly resident: readonly { readonly role: string; readonly name: string; readonly bytes: number }[]
  readonly processBytes: number
}
