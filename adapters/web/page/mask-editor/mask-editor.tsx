import { useEffect, useReducer, useState } from 'preact/hooks'
import type { WireControl, WireField } from '../../wire.ts'
import { kindOf } from '../control-kinds.ts'
import { ConfirmDialog, Dialog, DialogHead } from '../dialog.tsx'
import { FieldInputs, startValues } from '../field-inputs.tsx'
import type { FormValues } from '../field-inputs.tsx'
import { FieldProblem } from '../field-problem.tsx'
import { covers } from './covers.ts'
import { toShape } from './marks.ts'
import { holds, loadBase, maskedShare, overlaySize, toPng } from './paint.ts'
import type { BaseMask } from './paint.ts'
import { Stage } from './stage.tsx'
import { edit, startState } from './state.ts'
import type { EditorState } from './state.ts'
import { KeyHelp, ToolChoice, ViewButtons } from './toolbar.tsx'
import { useEditorKeys } from './use-editor-keys.ts'

export type MaskField = Extract<WireField, { readonly type: 'mask' }>

interface MaskEditorProps {
  readonly control: WireControl
  readonly field: MaskField
  /** Rejects with what went wrong. */
  readonly send: (values: FormValues, files: Readonly<Record<string, File>>) => Promise<unknown>
  readonly close: () => void
}

/** Paints what is to be drawn anew, with the form's other fields beside it. Closing asks when something was painted. */
export function MaskEditor({ control, field, send, close }: MaskEditorProps) {
  const { image } = field
  const others = (control.fields ?? []).filter((other) => other !== field)
  const [state, act] = useReducer(edit, image, startState)
  const [values, setValues] = useState(() => startValues(others))
  const [base, setBase] = useState<BaseMask>()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const marks = state.history.done
  const [share, setShare] = useState(0)
  useEffect(() => {
    if (field.maskUrl === undefined) return
    loadBase(field.maskUrl, overlaySize(image)).then(setBase, () => setProblem('The mask could not be loaded.'))
  }, [])
  useEffect(() => setShare(maskedShare(marks, base, image)), [marks, base])

  const leave = (): void => (marks.length > 0 ? setAsking(true) : close())
  const keys = useEditorKeys(state, act, leave)
  const apply = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      const shape = toShape(marks, base !== undefined, image)
      const drawn = shape === undefined ? {} : { [field.name]: JSON.stringify(shape) }
      const files = shape === undefined ? { [field.name]: await toPng(marks, base, image) } : {}
      await send({ ...values, ...drawn }, files)
      close()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  const empty = share === 0
  const title = control.label.replace(/…$/, '')
  return (
    <>
      <Dialog label={title} class="mask-editor" close={leave}>
        <div class="mask-layout" onKeyDown={keys.down} onKeyUp={keys.up}>
          <div class="mask-top">
            <h2>{title}</h2>
            <ViewButtons state={state} act={act} />
          </div>
          <Stage image={image} state={state} act={act} base={base} describedBy="mask-help" />
          <form
            class="mask-side"
            onSubmit={(event) => {
              event.preventDefault()
              void apply()
            }}
          >
            <DialogHead title={field.label} close={leave} />
            <p class="fine" id="mask-help">
              Paint over what is to be drawn anew. The rest stays as it is. By keyboard: arrow keys and Space.
            </p>
            <ToolChoice state={state} act={act} />
            <FieldInputs fields={others} values={values} change={setValues} />
            <p class="fine" role="status">
              {empty ? 'Nothing is marked yet.' : `${percent(share)} of the picture is marked.`}
              <span class="visually-hidden">{cursorWords(state, base)}</span>
            </p>
            <FieldProblem text={problem} />
            <button type="submit" class="button primary mask-apply" disabled={empty || busy}>
              {kindOf(control) === 'inpaint' ? title : 'Use this mask'}
            </button>
            <KeyHelp />
          </form>
        </div>
      </Dialog>
      {asking && (
        <ConfirmDialog
          title="Leave without applying?"
          text="What you painted will be lost."
          keep="Go on painting"
          action="Leave"
          onConfirm={close}
          close={() => setAsking(false)}
        />
      )}
    </>
  )
}

/** What is under the keyboard's cursor, for those who do not see it. */
function cursorWords({ cursor, byKeys, history, picture }: EditorState, base: BaseMask | undefined): string {
  if (cursor === undefined || !byKeys) return ''
  const [x, y] = cursor.map((value) => Math.round(value * 100))
  const held = covers(history.done, cursor, picture, base !== undefined && holds(base, cursor))
  return ` Cursor ${x} % from the left, ${y} % from the top: ${held ? 'marked' : 'kept'}.`
}

const percent = (share: number): string => (share < 0.01 ? 'Less than 1 %' : `${Math.round(share * 100)} %`)
