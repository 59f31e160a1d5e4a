import type { types } from '@slack/bolt'
import type { Control } from '../../src/contract/outgoing.ts'
import type { Screen, Words } from '../chat/screen.ts'
import { escaped, piecesOf, quoted, shortened } from './markup.ts'
import { slackLimits } from './options.ts'

export type Block = types.KnownBlock

/** `verbatim`: Slack makes no mentions and no links out of bare names. */
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true }) as const
export const plain = (text: string) => ({ type: 'plain_text', text, emoji: false }) as const

const section = (text: string): Block => ({ type: 'section', text: mrkdwn(text) })

/** Progress can be told apart: it is the block that goes away in the end. */
export const progressBlockId = 'progress'

/** Words as blocks, split where they are longer than a block takes. */
export function wordBlocks(words: Words): readonly Block[] {
  switch (words.type) {
    case 'said':
      return piecesOf(words.text, slackLimits.section, escaped).map(section)
    case 'quote':
      return piecesOf(words.text, slackLimits.section, quoted).map(section)
    case 'problem':
      return piecesOf(words.text, slackLimits.section, (text) => `:warning: ${escaped(text)}`).map(section)
    case 'changed':
      return [section(shortened(changedWords(words), slackLimits.section))]
    case 'notice':
      return piecesOf(words.text, slackLimits.context, escaped).map((text) => contextBlock(text))
    case 'progress':
      return [contextBlock(escaped(words.text), progressBlockId)]
  }
}

export const contextBlock = (text: string, blockId?: string): Block => ({
  type: 'context',
  elements: [mrkdwn(text)],
  ...(blockId === undefined ? {} : { block_id: blockId }),
})

/** A prompt behind its label, the changed words in bold. */
function changedWords({ label, words }: Extract<Words, { type: 'changed' }>): string {
  const told = words.map(({ text, changed }) => (changed ? `*${escaped(text).replaceAll('*', '')}*` : escaped(text)))
  return `_${escaped(label)}:_ ${told.join(' ')}`
}

/** The same words as Markdown, for a stream: what grows at its end only stays a beginning of what comes later. */
export function wordsAsMarkdown(words: Words): string {
  if (words.type === 'quote') return quoted(words.text).replaceAll(/^>/gm, '> ')
  if (words.type === 'changed') return changedWords(words)
  return words.type === 'notice' ? `_${escaped(words.text)}_` : escaped(words.text)
}

/** Words without markup, for notifications and screen readers. */
export const plainWords = (words: Words): string =>
  words.type === 'changed' ? `${words.label}: ${words.words.map(({ text }) => text).join(' ')}` : words.text

export const imageBlock = (fileId: string, alt: string): Block => ({
  type: 'image',
  slack_file: { id: fileId },
  alt_text: shortened(alt.trim() === '' ? '…' : alt, slackLimits.altText),
})

/** What a button or an entry of a menu sends back: the action id, and whether a form is asked for first. */
const formMark = 'form '
const valueOf = ({ actionId, fields = [] }: Control): string =>
  fields.length > 0 ? `${formMark}${actionId}` : actionId

export const pressedValue = (value: string): { readonly actionId: string; readonly asksForm: boolean } =>
  value.startsWith(formMark)
    ? { actionId: value.slice(formMark.length), asksForm: true }
    : { actionId: value, asksForm: false }

/** All buttons and menus of the bot have ids that begin like this. */
export const ownActions = /^llmga:/

/** Buttons and, below them, menus. `place` comes back with a press: what the controls belong to. */
export function controlBlocks({ buttons, menus }: Pick<Screen, 'buttons' | 'menus'>, place: string): readonly Block[] {
  const buttonRow = buttons.map(buttonOf)
  const menuRow = menus.map(({ label, controls }, index) => ({
    type: 'static_select' as const,
    action_id: `llmga:menu:${index}`,
    placeholder: plain(shortened(label, slackLimits.placeholder)),
    options: controls.map((control) => ({
      text: plain(shortened(control.label, slackLimits.optionLabel)),
      value: valueOf(control),
    })),
  }))
  return [
    ...(buttonRow.length > 0 ? [{ type: 'actions' as const, block_id: `${place}:buttons`, elements: buttonRow }] : []),
    ...(menuRow.length > 0 ? [{ type: 'actions' as const, block_id: `${place}:menus`, elements: menuRow }] : []),
  ]
}

const buttonOf = (control: Control, index: number) => ({
  type: 'button' as const,
  action_id: `llmga:button:${index}`,
  text: plain(shortened(control.label, slackLimits.buttonLabel)),
  value: valueOf(control),
  ...(control.style === 'secondary' ? {} : { style: control.style }),
})

/** What the controls of a block belong to. */
export const placeOfBlock = (blockId: string): string => blockId.replace(/:(buttons|menus)$/, '')
