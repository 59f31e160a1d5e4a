import type { Control, Part } from '../../src/contract/outgoing.ts'
import type { Screen, ScreenMenu, ScreenOptions } from './screen.ts'

/** Entries that one menu of every platform takes. */
const menuLimit = 25

const groups = ['again', 'edit', 'extend', 'thread', 'about'] as const
type Group = (typeof groups)[number]

/**
 * The controls of a reply: all as buttons where they fit; otherwise those without a group and those that people want most
 * as buttons as far as there is room, and what is left of every group behind its menu.
 */
export function placeControls(
  parts: readonly Part[],
  { buttons: room, menus: menuRoom, sentences }: ScreenOptions,
): Pick<Screen, 'buttons' | 'menus'> {
  const all = once(parts.flatMap((part) => (part.type === 'controls' || part.type === 'route' ? part.controls : [])))
  if (all.length <= room) return { buttons: all, menus: [] }
  const wanted = all.filter(({ style, prominent }) => style === 'primary' || prominent)
  const buttons = once([...all.filter(({ group }) => group === undefined), ...wanted]).slice(0, room)
  const left = groups.map((group) => ({
    group,
    controls: all.filter((control) => control.group === group && !buttons.includes(control)),
  }))
  return { buttons, menus: menusOf(left, menuRoom, sentences.chat) }
}

const once = (controls: readonly Control[]): readonly Control[] => [
  ...new Map(controls.map((control) => [control.actionId, control])).values(),
]

interface GroupOfControls {
  readonly group: Group
  readonly controls: readonly Control[]
}

/** One menu a group; where there are more groups than room, the last menu takes the rest. */
function menusOf(
  groups: readonly GroupOfControls[],
  room: number,
  said: { readonly more: string; readonly menu: Readonly<Record<Group, string>> },
): readonly ScreenMenu[] {
  const menus = groups
    .filter(({ controls }) => controls.length > 0)
    .map(({ group, controls }) => ({ label: said.menu[group], controls }))
  const own = menus.length > room ? menus.slice(0, room - 1) : menus
  const rest = menus.slice(own.length).flatMap(({ controls }) => controls)
  const shown = rest.length > 0 ? [...own, { label: said.more, controls: rest }] : own
  return shown.map(({ label, controls }) => ({ label, controls: controls.slice(0, menuLimit) }))
}
