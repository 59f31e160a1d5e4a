import type { ChatRequest, InferenceResult, TextToImageRequest } from '../../src/contract/inference.ts'

/** How the chat of test/inference/worker-program.ts can end badly. */
export type Death =
  'abort' | 'kill' | 'uncaught' | 'throw' | 'fail' | 'exhaust-memory' | 'unknown-event' | 'exhaust-heap'

/** What that chat does: so many tokens of `ms` milliseconds each; after token `dieAt` it ends badly. */
export interface ChatPlan {
  readonly tokens: number
  readonly ms: number
  readonly dieAt?: number
  readonly how?: Death
}

export const chatOf = (plan: ChatPlan): ChatRequest => ({
  kind: 'chat',
  messages: [{ role: 'user', text: JSON.stringify(plan) }],
})

export const drawingOf = (steps: number, stepMs: number): TextToImageRequest => ({
  kind: 'text-to-image',
  prompt: 'a red fox',
  seed: 7,
  steps,
  guidanceScale: stepMs,
})

export const resultOf = (generated: number, loads: number): InferenceResult => ({
  tokens: { prompt: 1, generated },
  timings: { loads, pid: process.pid },
})
