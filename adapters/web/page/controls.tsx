import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { WireControl, WireImage } from '../wire.ts'
import { cancelAll } from './api.ts'
import { deletes, iconOf } from './control-kinds.ts'
import { ExtendDialog, areSides } from './extend-dialog.tsx'
import { FieldProblem } from './field-problem.tsx'
import { groupControls } from './group-controls.ts'
import type { ControlMenu } from './group-controls.ts'
import { Icon } from './icons.tsx'
import type { IconName } from './icons.tsx'
import { Menu } from './menu.tsx'
import type { MenuItem } from './menu.tsx'
import { usePress } from './use-press.tsx'

interface ControlRowProps {
  readonly threadId: string
  readonly controls: readonly WireControl[]
  /** More buttons of the page's own. */
  readonly children?: ComponentChildren
  /** What comes after them. */
  readonly last?: readonly WireControl[]
  /** Up to this many are shown as buttons, whatever their group. */
  readonly few?: number
  /** All menus in one, where there is little room; what they are about. */
  readonly compact?: string
  /** The picture that they are about. */
  readonly image?: WireImage
}

/** The buttons that the bot offers; many of them are put into menus. */
export function ControlRow({ threadId, controls, children, last = [], few = 6, compact, image }: ControlRowProps) {
  const { press, busy, problem, dialog } = usePress(threadId, image)
  const { buttons, menus } = groupControls(controls, few)
  const [extending, setExtending] = useState(false)
  const sides = image === undefined ? undefined : menus.find((menu) => areSides(menu.controls))
  const extend: MenuItem = {
    key: 'extend',
    label: 'Extend…',
    icon: 'expand',
    danger: false,
    choose: () => setExtending(true),
  }
  const button = (control: WireControl) => (
    <button
      key={control.actionId}
      type="button"
      class={`button ${control.style === 'danger' && !deletes(control) ? '' : control.style}`}
      title={control.label}
      disabled={busy === control.actionId}
      onClick={() => press(control)}
    >
      {iconOf(control) && <Icon name={iconOf(control)!} />}
      <span class="button-label">{control.label}</span>
    </button>
  )
  const itemOf = (control: WireControl): MenuItem => ({
    key: control.actionId,
    label: control.label,
    icon: iconOf(control),
    danger: deletes(control),
    choose: () => press(control),
  })
  const waiting = (menu: ControlMenu): boolean => menu.controls.some(({ actionId }) => actionId === busy)
  return (
    <div class="control-row">
      {buttons.map(button)}
      {compact === undefined ? (
        menus.map((menu) =>
          menu === sides ? (
            <button key={menu.name} type="button" class="button" title="Extend the picture" onClick={extend.choose}>
              <Icon name="expand" />
              <span class="button-label">{extend.label}</span>
            </button>
          ) : (
            <Menu key={menu.name} label={menu.name} items={menu.controls.map(itemOf)} disabled={waiting(menu)}>
              <Icon name={menuIcons[menu.name] ?? 'more'} />
              <span class="button-label">{menu.name}</span>
              <Icon name="down" />
            </Menu>
          ),
        )
      ) : menus.length > 0 ? (
        <Menu
          label={compact}
          items={menus.flatMap((menu) => (menu === sides ? [extend] : menu.controls.map(itemOf)))}
          disabled={menus.some(waiting)}
        >
          <Icon name="more" />
        </Menu>
      ) : null}
      {children}
      {last.map(button)}
      <FieldProblem text={problem} />
      {dialog}
      {extending && image !== undefined && (
        <ExtendDialog
          threadId={threadId}
          image={image}
          controls={sides?.controls ?? []}
          close={() => setExtending(false)}
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

const menuIcons: Readonly<Record<string, IconName>> = { Edit: 'pencil', Extend: 'expand', Again: 'redo', More: 'more' }
