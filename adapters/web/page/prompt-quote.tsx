import { useState } from 'preact/hooks'
import type { WireControl } from '../wire.ts'
import { ControlForm } from './control-form.tsx'
import { Icon } from './icons.tsx'

interface PromptQuoteProps {
  readonly threadId: string
  readonly text: string
  readonly streaming: boolean
  /** The control that draws a changed prompt, once there is one. */
  readonly edit: WireControl | undefined
}

/** The refined prompt, as a quote that can be changed in place. */
export function PromptQuote({ threadId, text, streaming, edit }: PromptQuoteProps) {
  const [editing, setEditing] = useState(false)
  if (editing && edit !== undefined) {
    return (
      <div class="quote">
        <ControlForm threadId={threadId} control={edit} close={() => setEditing(false)} />
      </div>
    )
  }
  return (
    <figure class="quote" aria-label="Prompt">
      <figcaption>Prompt</figcaption>
      <blockquote class={streaming ? 'streaming' : ''}>{text}</blockquote>
      {edit !== undefined && (
        <button type="button" class="button quiet edit-prompt" onClick={() => setEditing(true)}>
          <Icon name="pencil" /> {edit.label}
        </button>
      )}
    </figure>
  )
}
