import {
  ButtonStyle,
  ComponentType,
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  type APIStringSelectComponent,
} from 'discord.js'
import type { Control } from '../../src/contract/outgoing.ts'
import type { Screen, ScreenMenu } from '../chat/screen.ts'
import { discordLimits } from './options.ts'

export type Row = APIActionRowComponent<APIComponentInMessageActionRow>

/** Room for controls in one message: a row of buttons, three menus of one row each. */
export const controlRoom = { buttons: discordLimits.buttonsPerRow, menus: 3 } as const

/** Menus go by this with their number, so that no menu has the id of a button. */
const menuId = (index: number): string => `menu:${index}`

const styles = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  danger: ButtonStyle.Danger,
} as const

/** Buttons and menus as the rows under a message. */
export const rowsOf = ({ buttons, menus }: Pick<Screen, 'buttons' | 'menus'>): readonly Row[] =>
  [...buttonRows(buttons), ...menus.map(menuRow)].slice(0, discordLimits.rows)

function buttonRows(controls: readonly Control[]): readonly Row[] {
  const perRow = discordLimits.buttonsPerRow
  const starts = Array.from({ length: Math.ceil(controls.length / perRow) }, (_, row) => row * perRow)
  return starts.map((start) => ({
    type: ComponentType.ActionRow,
    components: controls.slice(start, start + perRow).map(button),
  }))
}

const button = ({ actionId, label, style }: Control): APIButtonComponentWithCustomId => ({
  type: ComponentType.Button,
  custom_id: actionId,
  label: shortened(label, discordLimits.buttonLabel),
  style: styles[style],
})

function menuRow({ label, controls }: ScreenMenu, index: number): Row {
  const select: APIStringSelectComponent = {
    type: ComponentType.StringSelect,
    custom_id: menuId(index),
    placeholder: shortened(label, discordLimits.optionLabel),
    options: controls.map((control) => ({
      label: shortened(control.label, discordLimits.optionLabel),
      value: control.actionId,
    })),
  }
  return { type: ComponentType.ActionRow, components: [select] }
}

/** A text of at most `limit` UTF-16 units, with an ellipsis where something is missing. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  let kept = ''
  for (const character of text) {
    if (kept.length + character.length > limit - 1) break
    kept += character
  }
  return `${kept}…`
}
