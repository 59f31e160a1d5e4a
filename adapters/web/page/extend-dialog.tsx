import { useState } from 'preact/hooks'
import type { WireControl, WireField, WireImage } from '../wire.ts'
import { newId, sendMessage } from './api.ts'
import { Dialog, DialogHead } from './dialog.tsx'
import { FieldInputs, startValues } from './field-inputs.tsx'
import type { FormValues } from './field-inputs.tsx'
import { FieldProblem } from './field-problem.tsx'

/** The outpaint command's option for each side that a control may name. */
const optionOf: Readonly<Record<string, string>> = {
  left: 'left',
  up: 'top',
  right: 'right',
  down: 'bottom',
  all: 'all',
}

const sideOf = ({ actionId }: WireControl): string => actionId.split(':').at(-1) ?? ''

/** Whether these controls are the sides of a picture, so that one form can stand for all of them. */
export const areSides = (controls: readonly WireControl[]): boolean =>
  controls.length > 1 && controls.every((control) => sideOf(control) in optionOf)

const sideWords: Readonly<Record<string, string>> = {
  left: 'To the left',
  up: 'Upwards',
  right: 'To the right',
  down: 'Downwards',
  all: 'On all sides',
}

interface ExtendDialogProps {
  readonly threadId: string
  readonly image: WireImage
  readonly controls: readonly WireControl[]
  readonly close: () => void
}

/** Where and how far a picture grows, and what is to be there: the outpaint command as a form. */
export function ExtendDialog({ threadId, image, controls, close }: ExtendDialogProps) {
  const fields = fieldsOf(controls.map(sideOf))
  const [values, setValues] = useState<FormValues>(() => startValues(fields))
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const send = (): void => {
    setBusy(true)
    const { side = 'all', amount = '', words = '' } = values
    const options = { [optionOf[side] ?? 'all']: `${amount}%` }
    const message = { eventId: newId(), text: words.trim(), files: [], replyToImageId: image.imageId }
    sendMessage(threadId, { ...message, command: { name: 'outpaint', options } })
      .then(close, (error: Error) => setProblem(error.message))
      .finally(() => setBusy(false))
  }
  return (
    <Dialog label="Extend the picture" class="form-dialog" close={close}>
      <DialogHead title="Extend the picture" close={close} />
      <form
        class="control-form"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <FieldInputs fields={fields} values={values} change={setValues} image={image} focused />
        <FieldProblem text={problem} />
        <div class="control-row">
          <button type="submit" class="button primary" disabled={busy}>
            Extend
          </button>
          <button type="button" class="button quiet" onClick={close}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const fieldsOf = (sides: readonly string[]): readonly WireField[] => [
  {
    ...{ type: 'choice', name: 'side', label: 'Where' },
    value: sides.includes('right') ? 'right' : (sides[0] ?? 'all'),
    choices: sides.map((value) => ({ value, label: sideWords[value] ?? value })),
  },
  { type: 'number', name: 'amount', label: 'By how much, in % of the picture', value: 50, min: 10, max: 100, step: 5 },
  { type: 'text', name: 'words', label: 'What should be there (or nothing)', value: '', multiline: false },
]
