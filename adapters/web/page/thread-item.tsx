import { useRef, useState } from 'preact/hooks'
import type { WireThreadSummary } from '../wire.ts'
import { exportUrl } from './api.ts'
import { Icon, IconButton } from './icons.tsx'
import { ago } from './words.ts'

interface ThreadItemProps {
  readonly thread: WireThreadSummary
  readonly current: boolean
  readonly open: () => void
  readonly rename: (title: string) => void
  readonly remove: () => void
}

/** One line of the list; renaming happens in place. */
export function ThreadItem({ thread, current, open, rename, remove }: ThreadItemProps) {
  const [editing, setEditing] = useState(false)
  const finish = (title: string): void => {
    setEditing(false)
    if (title.trim() !== '' && title.trim() !== thread.title) rename(title.trim())
  }
  if (editing) return <RenameField title={thread.title} finish={finish} cancel={() => setEditing(false)} />
  return (
    <li class={`thread-item ${current ? 'current' : ''}`}>
      <button type="button" class="thread-open" aria-current={current ? 'page' : undefined} onClick={open}>
        <span class="thread-picture">
          {thread.imageUrl === undefined ? <Icon name="image" /> : <img src={thread.imageUrl} alt="" loading="lazy" />}
        </span>
        <span class="thread-words">
          <span class="thread-title">{thread.title}</span>
          <span class="thread-time">{ago(thread.updatedAt)}</span>
        </span>
      </button>
      <span class="thread-tools">
        <IconButton icon="pencil" label={`Rename “${thread.title}”`} onClick={() => setEditing(true)} />
        <a class="icon-button" href={exportUrl(thread.threadId)} download aria-label={`Export “${thread.title}”`}>
          <Icon name="download" />
        </a>
        <IconButton icon="trash" label={`Delete “${thread.title}”`} onClick={remove} />
      </span>
    </li>
  )
}

interface RenameFieldProps {
  readonly title: string
  readonly finish: (title: string) => void
  readonly cancel: () => void
}

function RenameField({ title, finish, cancel }: RenameFieldProps) {
  const ended = useRef(false)
  const end = (action: () => void): void => {
    if (!ended.current) action() // leaving the field is an end too, and comes after each other one
    ended.current = true
  }
  const press = (event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }): void => {
    const { value } = event.currentTarget
    if (event.key === 'Enter') end(() => finish(value))
    if (event.key !== 'Escape') return
    event.preventDefault()
    end(cancel)
  }
  return (
    <li class="thread-item editing">
      <input
        class="field"
        aria-label="Title of the thread"
        maxLength={120}
        value={title}
        ref={(input) => {
          if (input !== null && document.activeElement !== input) input.select()
        }}
        onKeyDown={press}
        onBlur={({ currentTarget: { value } }) => end(() => finish(value))}
      />
    </li>
  )
}
