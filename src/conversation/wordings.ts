/**
 * The words of the training set that buttons and commands stand for. They belong to the model and come from its preset.
 */
export interface Wordings {
  /** Asks for a detailed prompt; `{wish}` is the person's own words. */
  readonly refine: string
  readonly similar: string
  readonly describe: string
}

/** The sentence before a picture that was drawn without the language model's. */
export const plainSentence = 'Sure! Here is the picture:'

/** The question that asks the language model to write out a wish. */
export const refineWish = (wordings: Wordings, wish: string): string => wordings.refine.replaceAll('{wish}', () => wish)
