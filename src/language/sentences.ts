import type { Language } from '../contract/language.ts'
import { en } from './en.ts'
import type { Refusal } from './refusal.ts'
import { zh } from './zh.ts'

/** A catalogue: every sentence that a person is shown, with functions where it has values. English sets the form. */
export type Sentences = Widened<typeof en>

/** Literal texts as text, so that another language may say it otherwise. */
type Widened<T> = T extends string
  ? string
  : T extends (...values: infer V) => infer R
    ? (...values: V) => R extends Refusal ? Refusal : string
    : { readonly [K in keyof T]: Widened<T[K]> }

const catalogues: Readonly<Record<Language, Sentences>> = { en, zh }

/** The sentences of a language. */
export const sentencesIn = (language: Language): Sentences => catalogues[language]
