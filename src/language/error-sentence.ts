import { isForThePerson, type AppErrorData } from '../contract/errors.ts'
import type { Language } from '../contract/language.ts'
import { refusalIn } from './refuse.ts'
import { sentencesIn, type Sentences } from './sentences.ts'

/**
 * One clear sentence (or two) about an error: what happened, and what to do. In a language other than English an error
 * that has no words of the catalogue is told by its code alone.
 */
export function sentenceOf(error: AppErrorData, language: Language): string {
  const { errors } = sentencesIn(language)
  const general = errors.codes[error.code]
  if (error.code.startsWith('weights/')) return aboutFile(errors, general, error.details?.['file'])
  if (!isForThePerson(error.code)) return general // the others' message names what the person gave, and so says more
  const own = error.say ? refusalIn(language, error.say) : undefined
  const told = own ?? (language === 'en' ? error : undefined)
  return told ? errors.sentence(told.message, told.hint ?? general) : general
}

/** Names the file by its last folder and name: enough to find it, and nothing of the machine's other folders. */
const aboutFile = ({ someFile, file }: Sentences['errors'], sentence: string, path: unknown): string =>
  typeof path === 'string' ? sentence.replace(someFile, () => file(path.split(/[/\\]/).slice(-2).join('/'))) : sentence
