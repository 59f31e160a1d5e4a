import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { IconButton } from './icons.tsx'

interface DialogProps {
  readonly label: string
  readonly class?: string
  readonly close: () => void
  readonly children: ComponentChildren
}

/**
 * A modal dialog: Esc and a click beside it close it, focus stays inside and returns to where it was. What is marked
 * with `data-first` is focused, otherwise what comes first.
 */
export function Dialog({ label, class: name, close, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    ref.current?.querySelector<HTMLElement>('[data-first]')?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      class={`dialog ${name ?? ''}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => event.target === ref.current && close()}
    >
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}

export const DialogHead = ({ title, close }: { readonly title: string; readonly close: () => void }) => (
  <div class="dialog-head">
    <h2>{title}</h2>
    <IconButton icon="close" label="Close" onClick={close} />
  </div>
)

interface ConfirmDialogProps {
  readonly title: string
  readonly text: string
  readonly action: string
  /** The button that changes nothing. */
  readonly keep?: string
  readonly onConfirm: () => void
  readonly close: () => void
}

/** Asks before something is gone for good. */
export const ConfirmDialog = ({ title, text, action, keep = 'Keep', onConfirm, close }: ConfirmDialogProps) => (
  <Dialog label={title} class="confirm" close={close}>
    <h2>{title}</h2>
    <p>{text}</p>
    <div class="dialog-actions">
      <button type="button" class="button" onClick={close}>
        {keep}
      </button>
      <button type="button" class="button danger" onClick={onConfirm}>
        {action}
      </button>
    </div>
  </Dialog>
)
