import { AppError } from '../contract/errors.ts'
import {
  conversationTemplates,
  templateByNamePart,
  type ConversationStyle,
  type ConversationTemplate,
  type TemplateName,
} from './conversation-templates.ts'
import { imageToken } from './image-token.ts'

/** What one side said and the other answered; null where an answer is to be written. */
export type ConversationTurn = readonly [user: string, assistant: string | null]

export interface ConversationInput {
  readonly template: TemplateName
  readonly turns: readonly ConversationTurn[]
  /** Whether the first turn shows an image: its text is then preceded by "<image>" and a line feed. */
  readonly image?: boolean
  /** Replaces the template's system text; phi_3 has no place for one and ignores it. */
  readonly systemText?: string
}

/** A message of one side; an empty text is an answer to be written. */
interface Message {
  readonly side: 0 | 1
  readonly text: string
}

type Renderer = (template: ConversationTemplate, systemText: string, messages: readonly Message[]) => string

/** The exact prompt that LLMGA's code makes of a conversation (Conversation.get_prompt). */
export function renderConversation({ template: name, turns, image = false, systemText }: ConversationInput): string {
  const template: ConversationTemplate = conversationTemplates[name]
  const messages = turns.flatMap(([user, assistant], i): Message[] => [
    { side: 0, text: image && i === 0 ? `${imageToken}\n${user}` : user },
    { side: 1, text: assistant ?? '' },
  ])
  const system = template.systemPrefix + (systemText ?? template.systemText)
  return renderers[template.style](template, system, messages)
}

const renderers: Readonly<Record<ConversationStyle, Renderer>> = {
  colon: ({ roles, separators }, system, messages) =>
    system +
    separators[0] +
    join(messages, ({ side, text }) =>
      text === '' ? `${roles[side]}:` : `${roles[side]}: ${text}${separators[side]}`,
    ),

  concatenated: ({ roles, separators }, system, messages) =>
    system +
    separators[0] +
    join(messages, ({ side, text }) => (text === '' ? roles[side] : roles[side] + text + separators[side])),

  gemma: ({ roles, separators }, system, messages) =>
    system +
    join(messages, ({ side, text }) =>
      text === ''
        ? `<start_of_turn>${roles[side]}\n`
        : `<start_of_turn>${roles[side]}\n${text}<end_of_turn>\n${separators[side]}`,
    ),

  phi3: ({ roles, separators }, _system, messages) =>
    join(messages, ({ side, text }) =>
      text === '' ? `${roles[side]}\n` : `${roles[side]}\n${text}${separators[side]}\n`,
    ),

  // LLMGA strips the first separator as a set of characters, so a text that begins with one of them would lose it; none
  // does, because every prompt begins with "[INST]".
  llama2: ({ separators }, system, messages) =>
    join(messages, ({ side, text }, i) => {
      if (text === '') return ''
      const said = i === 0 ? `<<SYS>>\n${system}\n<</SYS>>\n\n${text}` : text
      return side === 0 ? `${separators[0]}[INST] ${said} [/INST]` : ` ${said} ${separators[1]}`
    }).replace(/^[<s>]+/, ''),
}

const join = (messages: readonly Message[], render: (message: Message, index: number) => string): string =>
  messages.map(render).join('')

/** The template that LLMGA's code takes for a model folder of this name. */
export function templateForModelName(name: string): TemplateName {
  const lower = name.toLowerCase()
  return templateByNamePart.find(([part]) => lower.includes(part))?.[1] ?? 'llava_v0'
}

/** A template's name, checked. Throws AppError `model/unsupported`. */
export function templateNamed(name: string): TemplateName {
  if (Object.hasOwn(conversationTemplates, name)) return name as TemplateName
  throw new AppError('model/unsupported', {
    message: `There is no chat template ${name}`,
    hint: `Known templates: ${Object.keys(conversationTemplates).join(', ')}.`,
  })
}
