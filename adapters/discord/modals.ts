import {
  ComponentType,
  TextInputStyle,
  type APIComponentInLabel,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackComponent,
  type APIModalInteractionResponseCallbackData,
  type ModalSubmitInteraction,
} from 'discord.js'
import type { Control, Field } from '../../src/contract/outgoing.ts'
import type { Sentences } from '../../src/language/sentences.ts'
import { shortened } from './components.ts'
import { discordLimits } from './options.ts'

/** A field's file goes by this: a mask may come as words or as a file. */
const fileOf = (field: string): string => `${field}/file`

export interface FormContext {
  readonly said: Sentences
  /** Where a mask can be painted, for this person; absent where there is no page to do it on. */
  readonly paintUrl?: string | undefined
}

/** A control's form. Its id is the action. */
export function modalOf(
  { actionId, label, fields = [] }: Control,
  context: FormContext,
): APIModalInteractionResponseCallbackData {
  return {
    custom_id: actionId,
    title: shortened(label, discordLimits.modalTitle),
    components: fields.flatMap((field) => inputsOf(field, context)).slice(0, discordLimits.modalFields),
  }
}

/** A form that asks for words alone. */
export const wordsModal = (
  id: string,
  title: string,
  { name, label: asked, required }: { readonly name: string; readonly label: string; readonly required: boolean },
): APIModalInteractionResponseCallbackData => ({
  custom_id: id,
  title: shortened(title, discordLimits.modalTitle),
  components: [label(asked, textInput(name, { style: TextInputStyle.Paragraph, required }))],
})

function inputsOf(
  field: Field,
  { said, paintUrl }: FormContext,
): readonly APIModalInteractionResponseCallbackComponent[] {
  const { form } = said.discord
  switch (field.type) {
    case 'text': {
      const style = field.multiline ? TextInputStyle.Paragraph : TextInputStyle.Short
      return [label(field.label, textInput(field.name, { style, value: field.value }))]
    }
    case 'number': {
      const input = textInput(field.name, { style: TextInputStyle.Short, value: String(field.value) })
      return [label(field.label, input, form.number(field.min, field.max))]
    }
    case 'choice':
      return [label(field.label, choiceInput(field))]
    case 'mask':
      return [
        ...(paintUrl === undefined
          ? []
          : [{ type: ComponentType.TextDisplay, content: form.paint(paintUrl) } as const]),
        label(form.boxes, textInput(field.name, { style: TextInputStyle.Short }), form.boxesHint),
        label(form.maskFile, fileInput(field.name), form.maskFileHint),
      ]
  }
}

const label = (text: string, component: APIComponentInLabel, hint?: string): APILabelComponent => ({
  type: ComponentType.Label,
  label: shortened(text, discordLimits.fieldLabel),
  ...(hint === undefined ? {} : { description: shortened(hint, discordLimits.fieldHint) }),
  component,
})

const textInput = (
  name: string,
  { style, value = '', required = false }: { style: TextInputStyle; value?: string; required?: boolean },
): APIComponentInLabel => ({
  type: ComponentType.TextInput,
  custom_id: name,
  style,
  required,
  max_length: discordLimits.modalText,
  ...(value === '' ? {} : { value: shortened(value, discordLimits.modalText) }),
})

const fileInput = (name: string): APIComponentInLabel => ({
  type: ComponentType.FileUpload,
  custom_id: fileOf(name),
  min_values: 0,
  max_values: 1,
  required: false,
})

const choiceInput = ({ name, value, choices }: Extract<Field, { type: 'choice' }>): APIComponentInLabel => ({
  type: ComponentType.StringSelect,
  custom_id: name,
  required: false,
  min_values: 0,
  options: choices.slice(0, 25).map((choice) => ({
    label: shortened(choice.label, discordLimits.optionLabel),
    value: choice.value,
    default: choice.value === value,
  })),
})

/** What a form brought: values by field, and where the files lie. */
export interface FormValues {
  readonly values: Readonly<Record<string, string>>
  readonly fileUrls: Readonly<Record<string, string>>
}

/** Reads a submitted form. */
export function valuesOf({ fields }: ModalSubmitInteraction): FormValues {
  const values: Record<string, string> = {}
  const fileUrls: Record<string, string> = {}
  for (const [id, field] of fields.fields) {
    if (field.type === ComponentType.TextInput) values[id] = field.value
    if (field.type === ComponentType.StringSelect && field.values[0] !== undefined) values[id] = field.values[0]
    const file = field.type === ComponentType.FileUpload ? field.attachments.first() : undefined
    if (file) fileUrls[id.replace(fileOf(''), '')] = file.url
  }
  return { values, fileUrls }
}
