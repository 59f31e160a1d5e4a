import { languages } from '../contract/language.ts'
import { sentencesIn } from '../language/sentences.ts'

/**
 * The words of the training set that buttons and commands stand for. They belong to the model and come from its preset.
 */
export interface Wordings {
  /** Asks for a detailed prompt; `{wish}` is the person's own words. */
  readonly refine: string
  readonly similar: string
  readonly describe: string
  /** Shown with a picture whose masked part is black; the second one with the person's own `{words}`. */
  readonly inpaint: string
  readonly inpaintWith: string
  /** Shown with a picture on its grown canvas. */
  readonly outpaint: string
  readonly outpaintWith: string
  /** Asks for a story with pictures: `{topic}`, `{pages}`. */
  readonly story: string
  /** Asks for a design: `{kind}`, `{topic}`. */
  readonly design: string
}

/** The sentence before a picture that was drawn without the language model's. */
export const plainSentence = sentencesIn('en').replies.here

/** The bot's own sentences before pictures, in every language, by their English form. */
const ownSentences: ReadonlyMap<string, string> = new Map(
  languages.flatMap((language) => {
    const [own, english] = [sentencesIn(language).replies, sentencesIn('en').replies]
    const enlarged = [2, 4].map((scale) => [own.enlarged(scale), english.enlarged(scale)] as const)
    return [[own.here, english.here] as const, [own.restored, english.restored] as const, ...enlarged]
  }),
)

/** What was said, as the language model is shown it: the bot's own sentences always in the same words. */
export const asShown = (text: string): string => ownSentences.get(text) ?? text

/** A wording with the person's words in the places of `{name}`. */
export const filled = (wording: string, values: Readonly<Record<string, string | number>>): string =>
  wording.replaceAll(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))

/** The question that asks the language model to write out a wish. */
export const refineWish = (wordings: Wordings, wish: string): string => filled(wordings.refine, { wish })

/** What the language model is asked about a masked picture; without words of the person's own, the plain wording. */
export const askInpaint = (wordings: Wordings, words: string): string =>
  words === '' ? wordings.inpaint : filled(wordings.inpaintWith, { words })

export const askOutpaint = (wordings: Wordings, words: string): string =>
  words === '' ? wordings.outpaint : filled(wordings.outpaintWith, { words })
