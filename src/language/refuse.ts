import { AppError, type AppErrorOptions, type ErrorCode, type ErrorWords } from '../contract/errors.ts'
import type { Language } from '../contract/language.ts'
import type { Refusal } from './refusal.ts'
import { sentencesIn, type Sentences } from './sentences.ts'

type Refusals = Sentences['refusals']
export type RefusalKey = keyof Refusals
type More = Omit<AppErrorOptions, keyof Refusal | 'say'>
/** The values of a refusal's words, where it has any. */
type Said<K extends RefusalKey> =
  Parameters<Refusals[K]> extends readonly [infer Values]
    ? [values: Values, more?: More]
    : [values?: object, more?: More]

/**
 * An error in words of the catalogue: in English for logs and programs, and with what `sentenceOf` needs to say it in
 * the person's language.
 *
 * @example throw refuse('access/limit', 'tooManyJobs', { open: 9, limit: 8 }, { retryable: true })
 */
export function refuse<K extends RefusalKey>(code: ErrorCode, key: K, ...said: Said<K>): AppError {
  const [values, more] = said as readonly [object?, More?]
  const say = { key, values: { ...values } }
  return new AppError(code, { ...more, ...wordsOf('en', key, say.values), say })
}

/** The words of an error that `refuse` made; undefined for those of another version of the program. */
export const refusalIn = (language: Language, { key, values }: ErrorWords): Refusal | undefined =>
  Object.hasOwn(sentencesIn(language).refusals, key) ? wordsOf(language, key as RefusalKey, values) : undefined

const wordsOf = (language: Language, key: RefusalKey, values: object): Refusal =>
  (sentencesIn(language).refusals[key] as (values: object) => Refusal)(values)
