import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { WireControl, WireImage } from '../wire.ts'
import { useControl } from './api.ts'
import { deletes } from './control-kinds.ts'
import { ControlDialog } from './control-form.tsx'
import { ConfirmDialog } from './dialog.tsx'
import { MaskEditor } from './mask-editor/mask-editor.tsx'

interface Presses {
  readonly press: (control: WireControl) => void
  /** The control whose answer is awaited. */
  readonly busy: string | undefined
  readonly problem: string | undefined
  /** The form, editor or question that a control opened. */
  readonly dialog: ComponentChildren
}

/** What pressing a control does: a mask opens the editor, other fields a form, deleting asks first. */
export function usePress(threadId: string, image?: WireImage): Presses {
  const [open, setOpen] = useState<WireControl>()
  const [busy, setBusy] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const close = (): void => setOpen(undefined)
  const send = (control: WireControl): void => {
    close()
    setProblem(undefined)
    setBusy(control.actionId)
    useControl(threadId, control.actionId)
      .catch((error: Error) => setProblem(error.message))
      .finally(() => setBusy(undefined))
  }
  const needsMore = (control: WireControl): boolean => (control.fields?.length ?? 0) > 0 || deletes(control)
  return {
    press: (control) => (needsMore(control) ? setOpen(control) : send(control)),
    busy,
    problem,
    dialog: open && <Opened {...{ threadId, image, send, close }} control={open} />,
  }
}

interface OpenedProps {
  readonly threadId: string
  readonly control: WireControl
  readonly image: WireImage | undefined
  readonly send: (control: WireControl) => void
  readonly close: () => void
}

function Opened({ threadId, control, image, send, close }: OpenedProps) {
  const mask = control.fields?.find((field) => field.type === 'mask')
  if (mask !== undefined) {
    return (
      <MaskEditor
        control={control}
        field={mask}
        send={(values, files) => useControl(threadId, control.actionId, values, files)}
        close={close}
      />
    )
  }
  if ((control.fields?.length ?? 0) > 0) return <ControlDialog {...{ threadId, control, image, close }} />
  return (
    <ConfirmDialog
      title={`${control.label}?`}
      text="The picture is taken out of this thread."
      action={control.label}
      onConfirm={() => send(control)}
      close={close}
    />
  )
}
