import type { ImageNode } from '../contract/conversation.ts'
import type { RouteName } from '../contract/job.ts'
import type { Control, Field } from '../contract/outgoing.ts'
import type { Sentences } from '../language/sentences.ts'
import { actionIdOf, outpaintSides, type Action, type OutpaintSide } from './actions.ts'
import { nodeImage } from './change-part.ts'

/** Names of forms' values. */
export const promptField = 'prompt'
export const wordsField = 'words'
export const maskField = 'mask'

type Look = Partial<Pick<Control, 'style' | 'group' | 'prominent' | 'fields'>>

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

const maskOf = (sentences: Sentences, image: ImageNode, maskSha256?: string): Field => ({
  type: 'mask',
  name: maskField,
  label: sentences.controls.fields.mask,
  image: nodeImage(sentences, image),
  ...(maskSha256 === undefined ? {} : { maskSha256 }),
})

const arrows: Readonly<Record<OutpaintSide, string>> = { left: '←', up: '↑', right: '→', down: '↓', all: '⤢' }

/** Buttons of one picture; `number` (from 1) tells several pictures of a reply apart. */
export function imageControls(sentences: Sentences, image: ImageNode, number?: number): readonly Control[] {
  const imageId = image.id
  const words = sentences.controls
  const { fields } = words
  const label = (name: string) => (number === undefined ? name : words.ofPicture(name, number))
  const again = { group: 'again' } as const
  const prominent = number === undefined ? ({ prominent: true } as const) : {}
  const thread = { group: 'thread' } as const
  const inpaintFields = [maskOf(sentences, image), text(wordsField, fields.inMask)]
  return [
    control({ kind: 'variations', imageId }, label(words.variations), { ...again, ...prominent }),
    control({ kind: 'redo', imageId }, label(words.redo), again),
    control({ kind: 'similar', imageId }, label(words.similar), again),
    control({ kind: 'edit', imageId }, label(words.edit), {
      group: 'edit',
      ...prominent,
      fields: [text(wordsField, fields.change)],
    }),
    control({ kind: 'inpaint', imageId }, label(words.inpaint), { group: 'edit', fields: inpaintFields }),
    control({ kind: 'restore', imageId, scale: 1 }, label(words.restore), { group: 'edit' }),
    control({ kind: 'restore', imageId, scale: 2 }, label(words.enlarge(2)), { group: 'edit' }),
    ...outpaintSides.map((side) =>
      control({ kind: 'outpaint', imageId, side }, label(words.outpaint(arrows[side])), { group: 'extend' }),
    ),
    control({ kind: 'branch', imageId }, label(words.branch), thread),
    control({ kind: 'compare', imageId }, label(words.compare), thread),
    control({ kind: 'recipe', imageId }, label(words.recipe), { group: 'about' }),
    control({ kind: 'delete', imageId }, label(words.delete), { style: 'danger', group: 'about' }),
  ]
}

/** "Edit prompt": a form with the prompt; what comes back is drawn as it is. */
export const editPromptControl = (
  { controls: words }: Sentences,
  { turnId, block, prompt }: { readonly turnId: string; readonly block: number; readonly prompt: string },
): Control =>
  control({ kind: 'draw', turnId, block }, words.editPrompt, {
    group: 'edit',
    fields: [text(promptField, words.fields.prompt, prompt, true)],
  })

export const pageControl = ({ controls: words }: Sentences, turnId: string, page: number): Control =>
  control({ kind: 'page', turnId, block: page }, words.redrawPage(page + 1), { group: 'again' })

export const undoControl = ({ controls: words }: Sentences, turnId: string): Control =>
  control({ kind: 'undo', turnId }, words.undo, { group: 'thread', prominent: true })

/** What can be done about an edit: with `proposed` it is applied first. */
export function approvalControls(
  sentences: Sentences,
  turnId: string,
  before: ImageNode,
  { prompt, maskSha256, proposed }: { prompt: string; maskSha256?: string | undefined; proposed: boolean },
): readonly Control[] {
  const words = sentences.controls
  const edit = { group: 'edit' } as const
  return [
    ...(proposed ? [control({ kind: 'apply', turnId }, words.apply, { style: 'primary', ...edit })] : []),
    control({ kind: 'stronger', turnId }, words.stronger, edit),
    control({ kind: 'weaker', turnId }, words.weaker, edit),
    control({ kind: 'remask', turnId }, words.drawMask, { ...edit, fields: [maskOf(sentences, before, maskSha256)] }),
    control({ kind: 'rewords', turnId }, words.changeWords, {
      ...edit,
      fields: [text(promptField, words.fields.target, prompt, true)],
    }),
  ]
}

export const cancelControl = ({ controls: words }: Sentences, jobId: string): Control =>
  control({ kind: 'cancel', jobId }, words.cancel, { style: 'danger' })
/** Deletes what is kept of the person who presses. */
export const forgetControl = ({ forget }: Sentences): Control =>
  control({ kind: 'forget' }, forget.button, { style: 'danger' })
export const retryControl = ({ controls: words }: Sentences, jobId: string): Control =>
  control({ kind: 'retry', jobId }, words.retry, { style: 'primary' })
export const routeControl = ({ routes }: Sentences, jobId: string, route: RouteName): Control =>
  control({ kind: 'route', jobId, route }, routes[route])
