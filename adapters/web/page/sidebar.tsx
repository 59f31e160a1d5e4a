import { useState } from 'preact/hooks'
import type { WireThreadSummary } from '../wire.ts'
import { deleteThread, renameThread } from './api.ts'
import { ConfirmDialog } from './dialog.tsx'
import { Icon, IconButton, Mark } from './icons.tsx'
import { keepDraft } from './kept.ts'
import { ThreadItem } from './thread-item.tsx'

interface SidebarProps {
  readonly threads: readonly WireThreadSummary[] | undefined
  readonly current: string | undefined
  readonly open: (threadId: string | undefined) => void
  readonly refresh: () => void
  readonly signIn: boolean
  readonly close: () => void
}

export function Sidebar({ threads, current, open, refresh, signIn, close }: SidebarProps) {
  const [leaving, setLeaving] = useState<WireThreadSummary>()
  const [problem, setProblem] = useState<string>()
  const attempt = (action: Promise<unknown>): void => {
    setProblem(undefined)
    action.catch((error: Error) => setProblem(error.message)).finally(refresh)
  }
  const remove = (thread: WireThreadSummary): void => {
    setLeaving(undefined)
    keepDraft(thread.threadId, '')
    attempt(deleteThread(thread.threadId).then(() => thread.threadId === current && open(undefined)))
  }
  return (
    <nav class="sidebar" aria-label="Threads">
      <div class="sidebar-head">
        <Mark />
        <span class="brand">LLMGA</span>
        <IconButton icon="close" label="Close" class="drawer-close" onClick={close} />
      </div>
      <button type="button" class="button new-thread" onClick={() => open(undefined)}>
        <Icon name="plus" /> New thread
      </button>
      {problem !== undefined && (
        <p class="sidebar-note" role="alert">
          {problem}
        </p>
      )}
      {threads?.length === 0 && <p class="sidebar-note">Your threads will be listed here.</p>}
      <ul class="thread-list">
        {threads?.map((thread) => (
          <ThreadItem
            key={thread.threadId}
            thread={thread}
            current={thread.threadId === current}
            open={() => open(thread.threadId)}
            rename={(title) => attempt(renameThread(thread.threadId, title))}
            remove={() => setLeaving(thread)}
          />
        ))}
      </ul>
      {signIn && (
        <form method="post" action="/logout" class="sign-out">
          <button type="submit" class="button quiet">
            <Icon name="leave" /> Sign out
          </button>
        </form>
      )}
      {leaving !== undefined && (
        <ConfirmDialog
          title="Delete this thread?"
          text={`“${leaving.title}” and its pictures will be gone for good.`}
          action="Delete thread"
          onConfirm={() => remove(leaving)}
          close={() => setLeaving(undefined)}
        />
      )}
    </nav>
  )
}
