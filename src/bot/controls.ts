import { AppError } from '../contract/errors.ts'
import type { Control } from '../contract/outgoing.ts'

/** What a control does; its action id is the kind and what it works on. */
export type Action =
  | { readonly kind: 'redo' | 'variations' | 'recipe' | 'delete'; readonly imageId: string }
  | { readonly kind: 'draw'; readonly turnId: string; readonly block: number }
  | { readonly kind: 'cancel' | 'retry'; readonly jobId: string }

/** Name of the form's value that holds an edited prompt. */
export const promptField = 'prompt'

/** `redo:ID`, `draw:TURN:BLOCK`, …: at most 100 characters (ids are at most 40). */
export function actionIdOf(action: Action): string {
  if ('imageId' in action) return `${action.kind}:${action.imageId}`
  if ('jobId' in action) return `${action.kind}:${action.jobId}`
  return `${action.kind}:${action.turnId}:${action.block}`
}

/** Inverse of actionIdOf. Throws AppError `input/not-found` for what it did not write. */
export function parseActionId(actionId: string): Action {
  const [kind, id, block] = actionId.split(':')
  if (id !== undefined && id !== '') {
    if (kind === 'redo' || kind === 'variations' || kind === 'recipe' || kind === 'delete') return { kind, imageId: id }
    if (kind === 'cancel' || kind === 'retry') return { kind, jobId: id }
    if (kind === 'draw' && /^\d+$/.test(block ?? '')) return { kind, turnId: id, block: Number(block) }
  }
  throw new AppError('input/not-found', {
    message: `there is no action "${actionId.slice(0, 100)}"`,
    hint: 'Reload the thread and use its buttons.',
  })
}

const control = (action: Action, label: string, style: Control['style'] = 'secondary'): Control => ({
  actionId: actionIdOf(action),
  label,
  style,
})

/** Buttons of one picture; `number` (from 1) tells several pictures of a reply apart. */
export function imageControls(imageId: string, number?: number): readonly Control[] {
  const label = (text: string) => (number === undefined ? text : `${text} ${number}`)
  return [
    control({ kind: 'variations', imageId }, label('Variations')),
    control({ kind: 'redo', imageId }, label('Redo with a new seed')),
    control({ kind: 'recipe', imageId }, label('Recipe')),
    control({ kind: 'delete', imageId }, label('Delete'), 'danger'),
  ]
}

/** "Edit prompt": a form with the prompt; what comes back is drawn as it is. */
export const editPromptControl = (turnId: string, block: number, prompt: string): Control => ({
  ...control({ kind: 'draw', turnId, block }, 'Edit prompt'),
  field: { name: promptField, label: 'Prompt', value: prompt, multiline: true },
})

export const cancelControl = (jobId: string): Control => control({ kind: 'cancel', jobId }, 'Cancel', 'danger')
export const retryControl = (jobId: string): Control => control({ kind: 'retry', jobId }, 'Try again', 'primary')
