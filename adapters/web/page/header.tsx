import { useEffect, useState } from 'preact/hooks'
import { Icon, IconButton } from './icons.tsx'
import { currentTheme, onSystemTheme, setTheme } from './theme.ts'

interface HeaderProps {
  readonly title: string | undefined
  readonly onMenu: () => void
  readonly onKnowledge: (() => void) | undefined
}

export function Header({ title, onMenu, onKnowledge }: HeaderProps) {
  const [theme, show] = useState(currentTheme)
  useEffect(() => onSystemTheme(() => show(currentTheme())), [])
  const other = theme === 'dark' ? 'light' : 'dark'
  const switchTheme = (): void => {
    setTheme(other)
    show(other)
  }
  return (
    <header class="header">
      <IconButton icon="menu" label="Threads" class="menu-button" onClick={onMenu} />
      <h1 class="header-title">{title ?? 'New thread'}</h1>
      {onKnowledge !== undefined && (
        <button
          type="button"
          class="button quiet knowledge-button"
          aria-label="What can it draw?"
          onClick={onKnowledge}
        >
          <Icon name="sparkle" />
          <span>What can it draw?</span>
        </button>
      )}
      <IconButton icon={theme === 'dark' ? 'sun' : 'moon'} label={`Switch to ${other} colours`} onClick={switchTheme} />
    </header>
  )
}
