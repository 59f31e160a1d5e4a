import type { Job } from '../contract/job.ts'
import { sentencesIn, type Sentences } from '../language/sentences.ts'

/** The sentences of a job's reply. */
export const sentencesOf = ({ language = 'en' }: Pick<Job, 'language'>): Sentences => sentencesIn(language)
