import { useEffect, useState } from 'preact/hooks'
import { Icon, IconButton } from './icons.tsx'
import { currentTheme, onSystemTheme, setTheme } from './theme.ts'

interface HeaderProps {
  readonly title: string | undefined
  readonly onMenu: () => void
  readonly onKnowledge: (() => void) | undefined
  /** What can be done with the thread; undefined before there is one. */
  readonly tools: ThreadTools | undefined
}

export interface ThreadTools {
  readonly undo: (() => void) | undefined
  readonly redo: (() => void) | undefined
  /** The tree of pictures, once there are some. */
  readonly showLineage: (() => void) | undefined
  readonly showSettings: () => void
}

export function Header({ title, onMenu, onKnowledge, tools }: HeaderProps) {
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
      {tools !== undefined && <ThreadButtons tools={tools} />}
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

const ThreadButtons = ({ tools: { undo, redo, showLineage, showSettings } }: { readonly tools: ThreadTools }) => (
  <div class="thread-buttons" role="group" aria-label="This thread">
    <IconButton icon="undo" label="Undo" disabled={undo === undefined} onClick={undo ?? nothing} />
    <IconButton icon="forward" label="Redo" disabled={redo === undefined} onClick={redo ?? nothing} />
    <IconButton
      icon="tree"
      label="Pictures of this thread"
      disabled={showLineage === undefined}
      onClick={showLineage ?? nothing}
    />
    <IconButton icon="sliders" label="Settings of this thread" onClick={showSettings} />
  </div>
)

const nothing = (): void => undefined
