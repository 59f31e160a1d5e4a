import type { ConversationState } from '../contract/conversation.ts'
import type { Incoming } from '../contract/incoming.ts'
import type { Job } from '../contract/job.ts'
import { sentencesIn, type Sentences } from '../language/sentences.ts'
import type { BotContext } from './context.ts'
import { languageFor } from './policy/scopes.ts'
import { drawingSettings } from './requests.ts'

/** The sentences of a job's reply. */
export const sentencesOf = ({ language = 'en' }: Pick<Job, 'language'>): Sentences => sentencesIn(language)

/** The sentences for what an event asks for, before there is a job. */
export const sentencesFor = (context: BotContext, state: ConversationState, incoming: Incoming): Sentences =>
  sentencesIn(languageFor(incoming, drawingSettings(context, state, {}).language, context.language))
