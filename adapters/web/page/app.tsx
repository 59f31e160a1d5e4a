import { useCallback, useState } from 'preact/hooks'
import { ConnectionBanner } from './connection-banner.tsx'
import type { Command } from '../../../src/contract/incoming.ts'
import { Composer } from './composer.tsx'
import { Conversation } from './conversation.tsx'
import { EmptyState } from './empty-state.tsx'
import { Header } from './header.tsx'
import { useAbout, useEscape, useFeed, useRoute, useThreads } from './hooks.ts'
import { KnowledgeDialog } from './knowledge.tsx'
import { useOutbox } from './outbox.ts'
import { PictureViews } from './picture-views.tsx'
import { Sidebar } from './sidebar.tsx'
import { ThreadSettingsDialog } from './thread-settings.tsx'

/** The whole page: threads at the side, the conversation, and what is written at its foot. */
export function App() {
  const { about, problem, retry } = useAbout()
  const [threadId, go] = useRoute()
  const { threads, refresh } = useThreads()
  const [drawer, setDrawer] = useState(false)
  const [knowing, setKnowing] = useState(false)
  const [lineage, setLineage] = useState(false)
  const [settings, setSettings] = useState(false)
  const [wish, setWish] = useState<{ readonly words: string }>()
  const feed = useFeed(threadId, refresh, () => go(undefined))
  const outbox = useOutbox(threadId, feed.thread, go, refresh)
  const open = useCallback(
    (next: string | undefined) => {
      go(next)
      setDrawer(false)
    },
    [go],
  )
  useEscape(drawer, () => setDrawer(false))
  const say = (text: string): void => {
    setKnowing(false)
    outbox.send({ text, files: [] })
  }
  const take = (words: string): void => {
    setKnowing(false)
    setWish({ words })
  }
  const command = (name: Command['name'], replyToImageId?: string): void =>
    outbox.send({ text: '', files: [], command: { name, options: {} }, ...(replyToImageId && { replyToImageId }) })
  const thread = feed.thread
  const tools = thread && {
    undo: thread.canUndo ? () => command('undo') : undefined,
    redo: thread.canRedo ? () => command('redo') : undefined,
    showLineage: thread.pictures.length > 0 ? () => setLineage(true) : undefined,
    showSettings: () => setSettings(true),
  }
  const title = feed.thread?.title ?? threads?.find((thread) => thread.threadId === threadId)?.title
  const nothingSaid = threadId === undefined || feed.thread?.entries.length === 0
  const empty = nothingSaid && outbox.waiting.length === 0

  return (
    <div class={`app ${drawer ? 'drawer-open' : ''}`}>
      <a class="skip-link" href="#message" onClick={focusComposer}>
        Skip to the message field
      </a>
      <Sidebar
        threads={threads}
        current={threadId}
        open={open}
        refresh={refresh}
        signIn={about?.signIn === true}
        close={() => setDrawer(false)}
      />
      <button type="button" class="scrim" aria-label="Close the list of threads" onClick={() => setDrawer(false)} />
      <main class="main" inert={drawer}>
        <Header
          title={title}
          onMenu={() => setDrawer(true)}
          onKnowledge={about && (() => setKnowing(true))}
          tools={tools}
        />
        <ConnectionBanner connection={feed.connection} problem={feed.problem ?? problem?.message} retry={retry} />
        <PictureViews
          thread={feed.thread}
          lineage={lineage}
          closeLineage={() => setLineage(false)}
          goTo={(imageId) => command('branch', imageId)}
        >
          {empty ? (
            <EmptyState about={about} say={say} take={take} />
          ) : (
            <Conversation
              key={threadId ?? 'new'}
              threadId={threadId}
              thread={feed.thread}
              outbox={outbox}
              take={take}
            />
          )}
        </PictureViews>
        <Composer about={about} threadId={threadId} wish={wish} send={outbox.send} />
      </main>
      {about !== undefined && knowing && (
        <KnowledgeDialog about={about} say={say} take={take} close={() => setKnowing(false)} />
      )}
      {thread !== undefined && settings && (
        <ThreadSettingsDialog
          threadId={thread.threadId}
          about={about}
          settings={thread.settings}
          close={() => setSettings(false)}
        />
      )}
      <p class="visually-hidden" role="status">
        {feed.announced}
      </p>
    </div>
  )
}

/** The address holds the thread, so the link must not change it. */
function focusComposer(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('message')?.focus()
}
