/** A concept of the safety checker by its number in the checkpoint, and how far it lies above its threshold. */
export interface ConceptFound {
  readonly concept: number
  readonly score: number
}

/** What the safety checker found in a picture. */
export interface Screening {
  /** Not safe for work: at least one concept was found. */
  readonly flagged: boolean
  readonly concepts: readonly ConceptFound[]
  /** Concepts that make the others stricter (they stand for children) and flag nothing by themselves. */
  readonly specialCare: readonly ConceptFound[]
}

/** What words were found to be: allowed, or not, and then for which entry of the list. */
export type PromptCheck = { readonly allowed: true } | { readonly allowed: false; readonly entry: string }

/** The checks of words and of pictures. */
export interface SafetyChecker {
  /** Whether there is a model that looks at pictures. */
  readonly checksImages: boolean
  /** Looks for blocked words and phrases, in whatever language. */
  checkPrompt(text: string): PromptCheck
  /**
   * Looks at an encoded picture (PNG, JPEG, WebP bytes). Throws AppError `model/not-found` where no model looks at
   * pictures, and what inference throws.
   */
  checkImage(bytes: Uint8Array, signal?: AbortSignal): Promise<Screening>
}
