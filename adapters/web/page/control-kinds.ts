import type { WireControl } from '../wire.ts'
import type { IconName } from './icons.tsx'

/** What a control does, whatever language its label is in: the first part of its action id. */
export const kindOf = ({ actionId }: Pick<WireControl, 'actionId'>): string => actionId.split(':')[0] ?? ''

const icons: Readonly<Record<string, IconName>> = {
  cancel: 'stop',
  redo: 'redo',
  retry: 'redo',
  page: 'redo',
  variations: 'variations',
  undo: 'undo',
  delete: 'trash',
  forget: 'trash',
  recipe: 'recipe',
  inpaint: 'brush',
  remask: 'brush',
  outpaint: 'expand',
  branch: 'branch',
  compare: 'compare',
  apply: 'check',
  stronger: 'plus',
  weaker: 'minus',
  edit: 'pencil',
  draw: 'pencil',
  rewords: 'pencil',
  similar: 'sparkle',
  restore: 'sparkle',
}

export const iconOf = (control: WireControl): IconName | undefined =>
  Object.hasOwn(icons, kindOf(control)) ? icons[kindOf(control)] : undefined

/** What is asked about before it is done. */
export const deletes = (control: WireControl): boolean => kindOf(control) === 'delete'
