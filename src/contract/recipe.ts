import type { EditEngine, SamplerName, Sides } from './inference.ts'

/** Operations of the pipelines. */
export const operations = ['text-to-image', 'image-to-image', 'inpaint', 'outpaint', 'edit', 'restore'] as const
export type Operation = (typeof operations)[number]

/** Pictures that a request was given, by what they were for. */
export type RecipeInput = 'image' | 'mask' | 'subject' | 'control'

/**
 * Everything that is needed to draw a picture again; stored in the PNG (iTXt keyword `llmga`) and in the thread.
 * Pictures that went in are named by the sha256 of their files; a mask is kept as drawn (a grey PNG at the picture's
 * size, grown, not yet feathered), whatever it was given as. Options that the operation does not have are absent.
 */
export interface Recipe {
  readonly version: 1
  readonly operation: Operation
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
  readonly inputs?: Readonly<Partial<Record<RecipeInput, string>>>
  /** image-to-image, inpaint, edit */
  readonly strength?: number
  /** Pixels over which a mask's border is softened. */
  readonly feather?: number
  readonly sides?: Sides
  readonly edit?: EditRecipe
  readonly restore?: { readonly scale: 1 | 2 | 4 } | false
  readonly loras?: readonly { readonly name: string; readonly weight: number; readonly sha256: string }[]
  readonly subject?: { readonly scale: number }
  readonly control?: {
    readonly preprocess: 'canny' | 'as-is'
    readonly scale: number
    readonly start: number
    readonly end: number
  }
  /** Role -> the model used: its name and the sha256 over its weight files. */
  readonly models: Readonly<Record<string, { readonly name: string; readonly sha256: string }>>
  /** Versions of the program, of its graph code and of onnxruntime, and the device. */
  readonly versions: Readonly<Record<string, string>>
}

/** An edit's own settings, all of them as they were used. */
export interface EditRecipe {
  readonly engine: EditEngine
  readonly sourcePrompt: string
  readonly crossReplace?: number
  readonly selfReplace?: number
  readonly wordWeights?: Readonly<Record<string, number>>
  readonly blendWords?: { readonly source: readonly string[]; readonly target: readonly string[] }
  readonly maskThreshold?: number
  readonly skip?: number
  readonly sourceGuidanceScale?: number
}
