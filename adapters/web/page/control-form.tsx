import { useRef, useState } from 'preact/hooks'
import type { Control } from '../../../src/contract/outgoing.ts'
import { useControl } from './api.ts'

interface ControlFormProps {
  readonly threadId: string
  readonly control: Control
  readonly field: NonNullable<Control['field']>
  readonly close: () => void
}

/** The small form of a control with a field. Enter sends, Esc closes. */
export function ControlForm({ threadId, control, field, close }: ControlFormProps) {
  const [value, setValue] = useState(field.value)
  const [problem, setProblem] = useState<string>()
  const busy = useRef(false)
  const send = (): void => {
    if (busy.current || value.trim() === '') return
    busy.current = true
    useControl(threadId, control.actionId, { [field.name]: value })
      .then(close, (error: Error) => setProblem(error.message))
      .finally(() => (busy.current = false))
  }
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      send()
    }
  }
  const id = `field-${control.actionId}`
  const focus = (element: HTMLElement | null): void => element?.focus()
  const shared = { id, class: 'field', value, onKeyDown: press }
  return (
    <form
      class="control-form"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <label for={id}>{field.label}</label>
      {field.multiline ? (
        <textarea {...shared} rows={3} ref={useRef(focus).current} onInput={(e) => setValue(e.currentTarget.value)} />
      ) : (
        <input {...shared} ref={useRef(focus).current} onInput={(e) => setValue(e.currentTarget.value)} />
      )}
      {problem !== undefined && (
        <p class="field-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="control-row">
        <button type="submit" class="button primary">
          {control.label === 'Edit prompt' ? 'Draw this' : control.label}
        </button>
        <button type="button" class="button quiet" onClick={close}>
          Close
        </button>
      </div>
    </form>
  )
}
