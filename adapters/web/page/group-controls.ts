import type { WireControl } from '../wire.ts'

export interface ControlMenu {
  readonly name: string
  readonly controls: readonly WireControl[]
}

export interface GroupedControls {
  readonly buttons: readonly WireControl[]
  readonly menus: readonly ControlMenu[]
}

const menuOf: Readonly<Record<NonNullable<WireControl['group']>, string>> = {
  again: 'Again',
  edit: 'Edit',
  extend: 'Extend',
  thread: 'More',
  about: 'More',
}
const menuOrder = ['Edit', 'Extend', 'Again', 'More']

/** What is grouped goes into a menu a group, unless there are at most `few` buttons; a menu of one is that button. */
export function groupControls(controls: readonly WireControl[], few: number): GroupedControls {
  const grouped = controls.filter(({ group }) => group !== undefined)
  if (controls.length <= few || grouped.length === 0) return { buttons: controls, menus: [] }
  const menus = menuOrder.map((name) => ({ name, controls: grouped.filter(({ group }) => menuOf[group!] === name) }))
  const alone = menus.flatMap((menu) => (menu.controls.length === 1 ? menu.controls : []))
  return {
    buttons: [...controls.filter(({ group }) => group === undefined), ...alone],
    menus: menus.filter((menu) => menu.controls.length > 1),
  }
}
