import type { SamplerName } from './inference.ts'

/** Everything that is needed to draw a picture again; stored in the PNG (iTXt keyword `llmga`) and in the thread. */
export interface Recipe {
  readonly version: 1
  readonly operation: 'text-to-image'
  /** The person's own words, when an MLLM refined them into `prompt`. */
  readonly wish?: string
  readonly prompt: string
  readonly negativePrompt: string
  readonly seed: number
  /** Index of this picture among those drawn from one request; its noise comes from seed + index. */
  readonly index: number
  readonly sampler: SamplerName
  readonly steps: number
  readonly guidanceScale: number
  readonly width: number
  readonly height: number
  /** Initial noise = slerp(noise(seed), noise(variation.seed), strength). */
  readonly variation?: { readonly seed: number; readonly strength: number }
  /** Role -> the model used: its name and the sha256 over its weight files. */
  readonly models: Readonly<Record<string, { readonly name: string; readonly sha256: string }>>
  /** Versions of the program, of its graph code and of onnxruntime, and the device. */
  readonly versions: Readonly<Record<string, string>>
}
