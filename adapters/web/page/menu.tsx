import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icons.tsx'
import type { IconName } from './icons.tsx'

export interface MenuItem {
  readonly key: string
  readonly label: string
  readonly icon: IconName | undefined
  readonly danger: boolean
  readonly choose: () => void
}

interface MenuProps {
  /** What a screen reader says. */
  readonly label: string
  readonly children: ComponentChildren
  readonly items: readonly MenuItem[]
  readonly disabled?: boolean
}

/** A button with a menu. Arrow keys go through it, Enter chooses, Esc and leaving it close it. */
export function Menu({ label, children, items, disabled = false }: MenuProps) {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setOpen(false)
    opener.current?.focus()
  }
  useEffect(() => {
    if (!open) return
    const leave = (event: Event): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false)
    }
    addEventListener('pointerdown', leave)
    addEventListener('focusin', leave)
    return () => {
      removeEventListener('pointerdown', leave)
      removeEventListener('focusin', leave)
    }
  }, [open])
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        class="button"
        ref={opener}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={label}
        disabled={disabled}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        {children}
      </button>
      {open && (
        <MenuList
          label={label}
          close={close}
          items={items}
          choose={(item) => {
            close()
            item.choose()
          }}
        />
      )}
    </div>
  )
}

interface MenuListProps {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly choose: (item: MenuItem) => void
  readonly close: () => void
}

function MenuList({ label, items, choose, close }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null)
  const buttons = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll('button') ?? [])]
  useLayoutEffect(() => {
    const element = list.current
    if (element === null) return
    const { right, bottom, top, height } = element.getBoundingClientRect()
    if (right > innerWidth - 8) element.classList.add('to-left')
    const foot = document.querySelector('.composer')?.getBoundingClientRect().top ?? innerHeight
    if (bottom > foot && top > height) element.classList.add('upwards')
    buttons()[0]?.focus()
  }, [])
  const press = (event: KeyboardEvent): void => {
    const all = buttons()
    const at = all.indexOf(document.activeElement as HTMLButtonElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) all[to % all.length]?.focus()
    else if (event.key === 'Escape') close()
    else if (event.key === 'Tab') return close()
    else return
    event.preventDefault()
  }
  return (
    <div class="menu-list" role="menu" aria-label={label} ref={list} onKeyDown={press}>
      {items.map((item) => (
        <button
          key={item.key}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={item.danger ? 'danger' : ''}
          onClick={() => choose(item)}
        >
          {item.icon === undefined ? <span class="icon" /> : <Icon name={item.icon} />}
          {item.label}
        </button>
      ))}
    </div>
  )
}
