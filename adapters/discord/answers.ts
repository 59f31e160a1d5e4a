import type { Acknowledgement, AnsweredFile, Notes } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Language } from '../../src/contract/language.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { sentenceOf } from '../../src/language/error-sentence.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { controlRoom, rowsOf, type Row } from './components.ts'
import { contentsOf } from './format.ts'
import { cleanFileName } from './words-in.ts'
import { MessageFlags } from 'discord.js'

/** One message that says something at once, beside the replies: as discord.js takes it. */
export interface AnswerMessage {
  readonly content: string
  readonly components: readonly Row[]
  readonly files: readonly { readonly name: string; readonly attachment: Buffer }[]
  readonly allowedMentions: { readonly parse: readonly never[]; readonly repliedUser: false }
}

/** What is said at once: a sentence or more, with controls and files. */
export interface Answer {
  readonly text: string
  readonly controls?: readonly Control[]
  readonly files?: readonly AnsweredFile[]
}

/** The flag of messages that one person sees alone. */
export const onlyForThem = MessageFlags.Ephemeral

/** What is to be said about an acknowledgement; undefined where the reply, or what was done, speaks for itself. */
export function answerTo(acknowledgement: Acknowledgement, language: Language): Answer | undefined {
  if (acknowledgement.type === 'answered') return acknowledgement
  return acknowledgement.type === 'done' ? { text: sentencesIn(language).discord.done } : undefined
}

/** What is to be said about an event that was refused. */
export const refusalOf = (error: unknown, language: Language): Answer => ({
  text: sentenceOf(AppError.from(error).toJSON(), language),
})

/** An answer as messages: text that is too long goes on in the next one, files and controls stand under the last. */
export function answerMessages({ text, controls = [], files = [] }: Answer): readonly AnswerMessage[] {
  const contents = contentsOf([{ type: 'said', text }])
  const buttons = controls.slice(0, controlRoom.buttons)
  return contents.map((content, index) => {
    const isLast = index === contents.length - 1
    return {
      content,
      components: isLast ? rowsOf({ buttons, menus: [] }) : [],
      files: isLast
        ? files.map(({ name, bytes }) => ({ name: cleanFileName(name), attachment: Buffer.from(bytes) }))
        : [],
      allowedMentions: { parse: [], repliedUser: false },
    }
  })
}

/** The controls of an answer, and the conversation that they belong to. */
export interface NotedAnswer {
  readonly key: ThreadKey
  readonly controls: readonly Control[]
}

/** Buttons of help and the like are pressed at once or not at all. */
const answerDays = 90

const answerKey = (messageId: string): string => `answer:${messageId}`

export const noteAnswer = (notes: Notes, messageId: string, answer: NotedAnswer): Promise<void> =>
  notes.set(answerKey(messageId), answer, answerDays)

export const notedAnswer = async (notes: Notes, messageId: string): Promise<NotedAnswer | undefined> =>
  (await notes.get(answerKey(messageId))) as NotedAnswer | undefined
