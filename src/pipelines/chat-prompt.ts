import { AppError } from '../contract/errors.ts'
import type { ChatMessage } from '../contract/inference.ts'
import { conversationTemplates, type TemplateName } from '../tokenizers/conversation-templates.ts'
import { renderConversation, type ConversationTurn } from '../tokenizers/conversation.ts'
import { imageToken, imageTokenIndex, tokenizeWithImages } from '../tokenizers/image-token.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { leaveOut, type LeftOut, type TurnLength } from './chat-window.ts'

/** A conversation as turns; the last one waits for its answer. */
export interface ChatTurns {
  readonly turns: readonly ConversationTurn[]
  /** The picture that the model is shown, as encoded bytes. */
  readonly image?: Uint8Array
}

/**
 * Pairs messages into turns: messages of one side in a row become one, an answer to nothing is left out. What the
 * template means by "<image>" and its stop string is taken out of the words.
 * Throws AppError `input/empty` when there is nothing to answer, and `input/invalid-option` for a picture in another
 * place than the first message of the person.
 */
export function chatTurns(messages: readonly ChatMessage[], template: TemplateName): ChatTurns {
  const turns: [string, string | null][] = []
  for (const message of messages) {
    const last = turns.at(-1)
    const text = plainWords(message.text, template)
    if (message.role === 'user' && (!last || last[1] !== null)) turns.push([text, null])
    else if (last && message.role === 'user') last[0] += `\n${text}`
    else if (last) last[1] = last[1] === null ? text : `${last[1]}\n${text}`
  }
  const image = shownImage(messages)
  const last = turns.at(-1)
  const isEmpty = last?.[0].trim() === '' && !(image && turns.length === 1)
  if (!last || last[1] !== null || isEmpty)
    throw new AppError('input/empty', { message: 'there is no message to answer', hint: 'Write a message.' })
  return { turns, ...(image ? { image } : {}) }
}

const plainWords = (text: string, template: TemplateName): string =>
  text.replaceAll(imageToken, 'image').replaceAll(conversationTemplates[template].stop, ' ')

function shownImage(messages: readonly ChatMessage[]): Uint8Array | undefined {
  const first = messages.find(({ role }) => role === 'user')
  if (messages.every((message) => message === first || message.image === undefined)) return first?.image
  throw new AppError('input/invalid-option', {
    message: 'only the first message of a conversation can show a picture to the model',
    hint: 'Begin the conversation with the picture.',
  })
}

/** What a prompt must fit, and how it is written. */
export interface PromptRules {
  readonly template: TemplateName
  readonly systemText?: string | undefined
  readonly tokenizer: Tokenizer
  /** Rows of one picture. */
  readonly rowsPerImage: number
  /** Positions of the model, and how many of them are kept free for the answer if turns can be left out for it. */
  readonly contextLength: number
  readonly answerTokens: number
}

/** A prompt as it is given to the model. */
export interface FittedPrompt {
  /** `imageTokenIndex` stands at the picture. */
  readonly ids: readonly number[]
  /** Positions that it takes. */
  readonly length: number
  readonly leftOut: LeftOut
}

/**
 * Writes a conversation's prompt, without its oldest turns where there is no room for them. The system text and the
 * picture stay: it moves to the oldest turn that is left. A last message that is too long by itself stays as it is.
 */
export function fitPrompt(conversation: ChatTurns, rules: PromptRules): FittedPrompt {
  const { turns } = conversation
  const { contextLength, answerTokens } = rules
  const room = contextLength - Math.min(answerTokens, Math.floor(contextLength / 2))
  const whole = promptOf(conversation, rules)
  if (whole.length + surplus * turns.length <= room) return { ...whole, leftOut: { turns: 0, before: 0 } }
  const fromTurn = (first: number) => promptOf({ ...conversation, turns: turns.slice(first) }, rules)
  const leftOut = leaveOut(turnLengths(turns, rules), room - lengthOfFrame(conversation, rules))
  for (let first = leftOut.turns; ; first++) {
    const prompt = fromTurn(first)
    if (prompt.length <= room || first === turns.length - 1) return { ...prompt, leftOut: { ...leftOut, turns: first } }
  }
}

/** More than what `turnLengths` counts too much of a turn. */
const surplus = 32

/** Tokens of each turn; what a template puts before a conversation counts for each, so it is rather too much. */
const turnLengths = (turns: ChatTurns['turns'], rules: PromptRules): TurnLength[] =>
  turns.map(([question, reply]) => ({
    asked: promptOf({ turns: [[question, null]] }, { ...rules, systemText: '' }).length,
    answered: promptOf({ turns: [[question, reply]] }, { ...rules, systemText: '' }).length,
  }))

/** Tokens of what stays whatever is left out: the system text and the picture. */
function lengthOfFrame({ image }: ChatTurns, rules: PromptRules): number {
  const empty = { turns: [['', null]] } as const
  return (
    promptOf({ ...empty, ...(image && { image }) }, rules).length - promptOf(empty, { ...rules, systemText: '' }).length
  )
}

function promptOf({ turns, image }: ChatTurns, { template, systemText, tokenizer, rowsPerImage }: PromptRules) {
  const shown = { template, turns, image: image !== undefined, ...(systemText === undefined ? {} : { systemText }) }
  const ids = tokenizeWithImages(tokenizer, renderConversation(shown))
  const images = ids.filter((id) => id === imageTokenIndex).length
  return { ids, length: ids.length + images * (rowsPerImage - 1) }
}
