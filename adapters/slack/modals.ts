import type { types } from '@slack/bolt'
import type { Control, Field } from '../../src/contract/outgoing.ts'
import type { Sentences } from '../../src/language/sentences.ts'
import { contextBlock, plain, type Block } from './blocks.ts'
import { escaped, shortened } from './markup.ts'
import { slackLimits } from './options.ts'

/** Forms of the bot have callback ids that begin like this. */
export const ownViews = /^llmga:/

export interface FormWords {
  readonly title: string
  /** Which kind of form it is: comes back with it. */
  readonly callbackId: string
  /** What comes back with the form, as JSON of at most 3,000 characters. */
  readonly metadata: object
  readonly sentences: Sentences
}

/** A form in front of a person. */
export const modal = (
  { title, callbackId, metadata, sentences }: FormWords,
  blocks: readonly Block[],
): types.ModalView => ({
  type: 'modal',
  callback_id: callbackId,
  title: plain(shortened(title, slackLimits.modalTitle)),
  submit: plain(sentences.slack.form.send),
  close: plain(sentences.slack.form.cancel),
  private_metadata: JSON.stringify(metadata),
  blocks: [...blocks],
})

/** Where the value of a field stands in what comes back. */
const actionId = 'value'
const wordsBlock = (name: string): string => `field:${name}`
const fileBlock = (name: string): string => `file:${name}`

/** The fields of a control, with a link to the mask editor where there is one. */
export function fieldBlocks({ fields = [] }: Control, sentences: Sentences, maskUrl?: string): readonly Block[] {
  return fields.flatMap((field) => blocksOfField(field, sentences, maskUrl))
}

function blocksOfField(field: Field, sentences: Sentences, maskUrl: string | undefined): readonly Block[] {
  switch (field.type) {
    case 'text':
      return [textBlock(field)]
    case 'choice':
      return [input(wordsBlock(field.name), field.label, choice(field))]
    case 'number':
      return [input(wordsBlock(field.name), field.label, number(field))]
    case 'mask':
      return maskBlocks(field, sentences, maskUrl)
  }
}

const input = (blockId: string, label: string, element: types.InputBlock['element']): Block => ({
  type: 'input',
  block_id: blockId,
  label: plain(shortened(label, slackLimits.fieldLabel)),
  element,
  optional: true, // what has to be there the bot says itself, with what to do about it
})

type Asked = Pick<Extract<Field, { type: 'text' }>, 'name' | 'label'> & {
  readonly value?: string
  readonly multiline?: boolean
}

/** A field for words. */
export const textBlock = ({ name, label, value = '', multiline = false }: Asked): Block =>
  input(wordsBlock(name), label, {
    type: 'plain_text_input',
    action_id: actionId,
    multiline,
    ...(value === '' ? {} : { initial_value: value.slice(0, slackLimits.modalText) }),
  })

function choice({ choices, value }: Extract<Field, { type: 'choice' }>): types.StaticSelect {
  const options = choices.map((one) => ({
    text: plain(shortened(one.label, slackLimits.optionLabel)),
    value: one.value,
  }))
  const initial = options.find((one) => one.value === value)
  return { type: 'static_select', action_id: actionId, options, ...(initial ? { initial_option: initial } : {}) }
}

const number = ({ value, min, max, step }: Extract<Field, { type: 'number' }>): types.NumberInput => ({
  type: 'number_input',
  action_id: actionId,
  is_decimal_allowed: !Number.isInteger(step),
  initial_value: String(value),
  min_value: String(min),
  max_value: String(max),
})

/** Slack has no canvas: a mask is told in words, sent as a picture, or drawn on the page. */
function maskBlocks(
  { name }: Extract<Field, { type: 'mask' }>,
  { slack: { form } }: Sentences,
  maskUrl: string | undefined,
): readonly Block[] {
  return [
    ...(maskUrl === undefined ? [] : [contextBlock(`<${maskUrl}|${escaped(form.maskLink)}>`)]),
    textBlock({ name, label: form.maskWords }),
    input(fileBlock(name), form.maskFile, {
      type: 'file_input',
      action_id: actionId,
      max_files: 1,
      filetypes: ['png', 'jpg', 'jpeg', 'webp'],
    }),
  ]
}

/** A field that asks in which channel. */
export const channelBlock = (label: string): Block => ({
  type: 'input',
  block_id: 'channel',
  label: plain(label),
  element: {
    type: 'conversations_select',
    action_id: actionId,
    default_to_current_conversation: true,
    filter: { include: ['public', 'private', 'im'], exclude_external_shared_channels: false },
  },
})

interface FieldState {
  readonly value?: string | null | undefined
  readonly selected_option?: { readonly value: string } | null | undefined
  readonly selected_conversation?: string | null | undefined
  readonly files?: readonly unknown[] | null | undefined
}

/** What a form says, by block and action. */
export type FormState = Readonly<Record<string, Readonly<Record<string, FieldState>>>>

/** The values of a form by the names of its fields; empty ones are left out where a file may say it instead. */
export function formValues(state: FormState): Readonly<Record<string, string>> {
  const found = Object.entries(state).flatMap(([blockId, { [actionId]: field }]) => {
    const name = /^field:(.*)$/s.exec(blockId)?.[1]
    if (name === undefined || !field) return []
    const value = field.value ?? field.selected_option?.value ?? ''
    return value === '' && fileBlock(name) in state ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

/** The files of a form by the names of their fields. */
export const formFiles = (state: FormState): readonly { readonly name: string; readonly file: unknown }[] =>
  Object.entries(state).flatMap(([blockId, { [actionId]: field }]) => {
    const name = /^file:(.*)$/s.exec(blockId)?.[1]
    return name === undefined ? [] : (field?.files ?? []).slice(0, 1).map((file) => ({ name, file }))
  })

export const chosenChannel = (state: FormState): string | undefined =>
  state['channel']?.[actionId]?.selected_conversation ?? undefined
