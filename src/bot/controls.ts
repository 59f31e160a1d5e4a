import type { ImageNode } from '../contract/conversation.ts'
import type { RouteName } from '../contract/job.ts'
import type { Control, Field } from '../contract/outgoing.ts'
import { actionIdOf, outpaintSides, type Action, type OutpaintSide } from './actions.ts'
import { nodeImage } from './change-part.ts'

/** Names of forms' values. */
export const promptField = 'prompt'
export const wordsField = 'words'
export const maskField = 'mask'

type Look = Partial<Pick<Control, 'style' | 'group' | 'fields'>>

const control = (action: Action, label: string, { style = 'secondary', ...rest }: Look = {}): Control => ({
  actionId: actionIdOf(action),
  label,
  style,
  ...rest,
})

const text = (name: string, label: string, value = '', multiline = false): Field => ({
  type: 'text',
  name,
  label,
  value,
  multiline,
})

const maskOf = (image: ImageNode, maskSha256?: string): Field => ({
  type: 'mask',
  name: maskField,
  label: 'What is drawn anew',
  image: nodeImage(image),
  ...(maskSha256 === undefined ? {} : { maskSha256 }),
})

const arrows: Readonly<Record<OutpaintSide, string>> = { left: '←', up: '↑', right: '→', down: '↓', all: '⤢' }

/** Buttons of one picture; `number` (from 1) tells several pictures of a reply apart. */
export function imageControls(image: ImageNode, number?: number): readonly Control[] {
  const imageId = image.id
  const label = (words: string) => (number === undefined ? words : `${words} ${number}`)
  const again = { group: 'again' } as const
  const thread = { group: 'thread' } as const
  const inpaintFields = [maskOf(image), text(wordsField, 'What should be there (or nothing)')]
  return [
    control({ kind: 'variations', imageId }, label('Variations'), again),
    control({ kind: 'redo', imageId }, label('Redo with a new seed'), again),
    control({ kind: 'similar', imageId }, label('Similar'), again),
    control({ kind: 'edit', imageId }, label('Edit…'), {
      group: 'edit',
      fields: [text(wordsField, 'What should change')],
    }),
    control({ kind: 'inpaint', imageId }, label('Inpaint…'), { group: 'edit', fields: inpaintFields }),
    control({ kind: 'restore', imageId, scale: 1 }, label('Restore'), { group: 'edit' }),
    control({ kind: 'restore', imageId, scale: 2 }, label('Upscale ×2'), { group: 'edit' }),
    ...outpaintSides.map((side) =>
      control({ kind: 'outpaint', imageId, side }, label(`Outpaint ${arrows[side]}`), { group: 'extend' }),
    ),
    control({ kind: 'branch', imageId }, label('Branch'), thread),
    control({ kind: 'compare', imageId }, label('Compare'), thread),
    control({ kind: 'recipe', imageId }, label('Recipe'), { group: 'about' }),
    control({ kind: 'delete', imageId }, label('Delete'), { style: 'danger', group: 'about' }),
  ]
}

/** "Edit prompt": a form with the prompt; what comes back is drawn as it is. */
export const editPromptControl = (turnId: string, block: number, prompt: string): Control =>
  control({ kind: 'draw', turnId, block }, 'Edit prompt', {
    group: 'edit',
    fields: [text(promptField, 'Prompt', prompt, true)],
  })

export const pageControl = (turnId: string, page: number): Control =>
  control({ kind: 'page', turnId, block: page }, `Redraw page ${page + 1}`, { group: 'again' })

export const undoControl = (turnId: string): Control => control({ kind: 'undo', turnId }, 'Undo', { group: 'thread' })

/** What can be done about an edit: with `proposed` it is applied first. */
export function approvalControls(
  turnId: string,
  before: ImageNode,
  { prompt, maskSha256, proposed }: { prompt: string; maskSha256?: string | undefined; proposed: boolean },
): readonly Control[] {
  const edit = { group: 'edit' } as const
  return [
    ...(proposed ? [control({ kind: 'apply', turnId }, 'Apply', { style: 'primary', ...edit })] : []),
    control({ kind: 'stronger', turnId }, 'Stronger', edit),
    control({ kind: 'weaker', turnId }, 'Weaker', edit),
    control({ kind: 'remask', turnId }, 'Draw mask', { ...edit, fields: [maskOf(before, maskSha256)] }),
    control({ kind: 'rewords', turnId }, 'Change words', {
      ...edit,
      fields: [text(promptField, 'What the picture is to show', prompt, true)],
    }),
  ]
}

export const cancelControl = (jobId: string): Control =>
  control({ kind: 'cancel', jobId }, 'Cancel', { style: 'danger' })
export const retryControl = (jobId: string): Control =>
  control({ kind: 'retry', jobId }, 'Try again', { style: 'primary' })
export const routeControl = (jobId: string, route: RouteName, label: string): Control =>
  control({ kind: 'route', jobId, route }, label)
