import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Control } from '../../../src/contract/outgoing.ts'
import { cancelAll, useControl } from './api.ts'
import { ControlForm } from './control-form.tsx'
import { ConfirmDialog } from './dialog.tsx'
import { Icon } from './icons.tsx'
import type { IconName } from './icons.tsx'

interface ControlRowProps {
  readonly threadId: string
  readonly controls: readonly Control[]
  /** More buttons of the page's own. */
  readonly children?: ComponentChildren
  /** What comes after them. */
  readonly last?: readonly Control[]
}

/** The buttons that the bot offers. What deletes asks first; what needs a value opens a form. */
export function ControlRow({ threadId, controls, children, last = [] }: ControlRowProps) {
  const [open, setOpen] = useState<Control>()
  const [busy, setBusy] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const press = (control: Control): void => {
    setOpen(undefined)
    setProblem(undefined)
    setBusy(control.actionId)
    useControl(threadId, control.actionId)
      .catch((error: Error) => setProblem(error.message))
      .finally(() => setBusy(undefined))
  }
  const needsMore = (control: Control): boolean => control.field !== undefined || deletes(control)
  if (open?.field !== undefined) {
    return <ControlForm threadId={threadId} control={open} field={open.field} close={() => setOpen(undefined)} />
  }
  const button = (control: Control) => (
    <button
      key={control.actionId}
      type="button"
      class={`button ${control.style === 'danger' && !deletes(control) ? '' : control.style}`}
      title={control.label}
      disabled={busy === control.actionId}
      onClick={() => (needsMore(control) ? setOpen(control) : press(control))}
    >
      {iconOf(control.label)}
      <span class="button-label">{control.label}</span>
    </button>
  )
  return (
    <div class="control-row">
      {controls.map(button)}
      {children}
      {last.map(button)}
      {problem !== undefined && (
        <p class="field-problem" role="alert">
          {problem}
        </p>
      )}
      {open !== undefined && (
        <ConfirmDialog
          title={`${open.label}?`}
          text="The picture is taken out of this thread."
          action={open.label}
          onConfirm={() => press(open)}
          close={() => setOpen(undefined)}
        />
      )}
    </div>
  )
}

/** Stops what goes on in the thread, for a reply that offers no control for it. */
export function CancelButton({ threadId }: { readonly threadId: string }) {
  const [pressed, setPressed] = useState(false)
  const press = (): void => {
    setPressed(true)
    cancelAll(threadId).catch(() => setPressed(false))
  }
  return (
    <div class="control-row">
      <button type="button" class="button" disabled={pressed} onClick={press}>
        <Icon name="stop" /> Cancel
      </button>
    </div>
  )
}

const deletes = ({ style, label }: Control): boolean => style === 'danger' && /delete|remove/i.test(label)

const icons: readonly (readonly [RegExp, IconName])[] = [
  [/cancel|stop/i, 'stop'],
  [/redo|retry|again/i, 'redo'],
  [/variation/i, 'variations'],
  [/undo/i, 'undo'],
  [/delete|remove/i, 'trash'],
  [/recipe/i, 'recipe'],
  [/edit/i, 'pencil'],
  [/similar|describe/i, 'sparkle'],
]

function iconOf(label: string) {
  const name = icons.find(([pattern]) => pattern.test(label))?.[1]
  return name === undefined ? null : <Icon name={name} />
}
