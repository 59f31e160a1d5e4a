import { useRef, useState } from 'preact/hooks'
import type { WireControl, WireImage } from '../wire.ts'
import { useControl } from './api.ts'
import { Dialog, DialogHead } from './dialog.tsx'
import { FieldInputs, startValues } from './field-inputs.tsx'
import { FieldProblem } from './field-problem.tsx'

interface ControlFormProps {
  readonly threadId: string
  readonly control: WireControl
  /** The picture that it is about. */
  readonly image?: WireImage | undefined
  readonly close: () => void
}

/** The form of a control. Enter sends, Esc closes. */
export function ControlForm({ threadId, control, image, close }: ControlFormProps) {
  const fields = control.fields ?? []
  const [values, setValues] = useState(() => startValues(fields))
  const [problem, setProblem] = useState<string>()
  const busy = useRef(false)
  const only = fields.length === 1 && fields[0]?.type === 'text' ? fields[0] : undefined
  const send = (): void => {
    if (busy.current || (only !== undefined && values[only.name]?.trim() === '')) return
    busy.current = true
    useControl(threadId, control.actionId, values)
      .then(close, (error: Error) => setProblem(error.message))
      .finally(() => (busy.current = false))
  }
  const press = (event: KeyboardEvent): void => {
    const inWords = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    } else if (event.key === 'Enter' && inWords && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      send()
    }
  }
  return (
    <form
      class="control-form"
      onKeyDown={press}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <FieldInputs fields={fields} values={values} change={setValues} focused image={image} />
      <FieldProblem text={problem} />
      <div class="control-row">
        <button type="submit" class="button primary">
          {control.label === 'Edit prompt' ? 'Draw this' : nameOf(control)}
        </button>
        <button type="button" class="button quiet" onClick={close}>
          Close
        </button>
      </div>
    </form>
  )
}

export const ControlDialog = (props: ControlFormProps) => (
  <Dialog label={nameOf(props.control)} class="form-dialog" close={props.close}>
    <DialogHead title={nameOf(props.control)} close={props.close} />
    <ControlForm {...props} />
  </Dialog>
)

/** The label without the dots that say that a form follows. */
const nameOf = ({ label }: WireControl): string => label.replace(/…$/, '')
