import { useId } from 'preact/hooks'
import type { WireField, WireImage } from '../wire.ts'
import { ExtendPad, isDirections } from './extend-pad.tsx'

/** Values of a form by the names of its fields. */
export type FormValues = Readonly<Record<string, string>>

/** What a form begins with; a mask has no value before it is drawn. */
export const startValues = (fields: readonly WireField[]): FormValues =>
  Object.fromEntries(fields.flatMap((field) => (field.type === 'mask' ? [] : [[field.name, String(field.value)]])))

interface FieldInputsProps {
  readonly fields: readonly WireField[]
  readonly values: FormValues
  readonly change: (values: FormValues) => void
  /** The first field takes the focus. */
  readonly focused?: boolean
  /** The picture that the form is about. */
  readonly image?: WireImage | undefined
}

/** The fields of a form, but for masks, which are drawn in an editor of their own. */
export const FieldInputs = ({ fields, values, change, focused = false, image }: FieldInputsProps) => (
  <>
    {fields.map((field, index) => (
      <FieldInput
        key={field.name}
        field={field}
        value={values[field.name] ?? ''}
        set={(value) => change({ ...values, [field.name]: value })}
        focused={focused && index === 0}
        image={image}
      />
    ))}
  </>
)

interface FieldInputProps<F = WireField> {
  readonly field: F
  readonly value: string
  readonly set: (value: string) => void
  readonly focused: boolean
  readonly image: WireImage | undefined
}

/** Focus at once, or when the dialog around it opens. */
const first = { ref: (element: HTMLElement | null): void => element?.focus(), 'data-first': true }

function FieldInput({ field, value, set, focused, image }: FieldInputProps) {
  const id = useId()
  const start = focused ? first : {}
  switch (field.type) {
    case 'text':
      return (
        <div class="form-field">
          <label for={id}>{field.label}</label>
          {field.multiline ? (
            <textarea
              id={id}
              class="field"
              rows={3}
              value={value}
              {...start}
              onInput={(e) => set(e.currentTarget.value)}
            />
          ) : (
            <input
              id={id}
              class="field"
              type="text"
              value={value}
              {...start}
              onInput={(e) => set(e.currentTarget.value)}
            />
          )}
        </div>
      )
    case 'number':
      return <NumberInput {...{ field, value, set, focused }} />
    case 'choice':
      return <ChoiceInput {...{ field, value, set, focused, image }} />
    case 'mask':
      return null
  }
}

type Of<T extends WireField['type']> = Extract<WireField, { readonly type: T }>

/** A slider where it has few stops, a number field where it has many. */
function NumberInput({ field, value, set, focused }: Omit<FieldInputProps<Of<'number'>>, 'image'>) {
  const id = useId()
  const { label, min, max, step } = field
  const slides = (max - min) / step <= 128
  return (
    <div class="form-field">
      <label for={id}>
        {label}
        {slides && <output for={id}>{value}</output>}
      </label>
      <input
        id={id}
        class={slides ? '' : 'field'}
        type={slides ? 'range' : 'number'}
        {...{ min, max, step, value }}
        required
        {...(focused && first)}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </div>
  )
}

/** Few choices side by side, directions around a picture, many choices in a list. */
function ChoiceInput({ field, value, set, focused, image }: FieldInputProps<Of<'choice'>>) {
  const id = useId()
  const { label, choices } = field
  const start = focused ? first : {}
  if (isDirections(choices)) return <ExtendPad {...{ label, choices, value, set, image, focused }} />
  if (choices.length > 4) {
    return (
      <div class="form-field">
        <label for={id}>{label}</label>
        <select id={id} class="field" value={value} {...start} onChange={(event) => set(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      </div>
    )
  }
  return (
    <fieldset class="form-field">
      <legend>{label}</legend>
      <div class="tool-choice">
        {choices.map((choice) => (
          <label key={choice.value}>
            <input
              type="radio"
              class="visually-hidden"
              name={id}
              checked={choice.value === value}
              {...(choice.value === value && start)}
              onChange={() => set(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
