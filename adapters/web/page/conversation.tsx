import { useEffect, useRef, useState } from 'preact/hooks'
import type { RefObject } from 'preact'
import type { WireThread } from '../wire.ts'
import { Icon } from './icons.tsx'
import type { Outbox, Outgoing } from './outbox.ts'
import { PersonMessage, WaitingMessage } from './person-message.tsx'
import { Reply } from './reply.tsx'

interface ConversationProps {
  readonly threadId: string | undefined
  readonly thread: WireThread | undefined
  readonly outbox: Outbox
  /** Takes words into the field where messages are written. */
  readonly take: (words: string) => void
}

/** Everything that was said, newest at the foot; stays at the foot while the person is there. */
export function Conversation({ threadId, thread, outbox, take }: ConversationProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [atFoot, toFoot] = useFoot(scroller, content)
  const sent = outbox.waiting.length
  useEffect(() => {
    if (sent > 0) toFoot()
  }, [sent])
  const edit = (message: Outgoing): void => {
    outbox.discard(message)
    take(message.text)
  }
  return (
    <section class="scroll conversation" aria-label="Conversation" ref={scroller} tabIndex={0}>
      <div class="column" ref={content}>
        {thread === undefined && sent === 0 && <div class="loading" aria-label="Loading the thread" role="img" />}
        {thread?.entries.map((entry) =>
          entry.type === 'person' ? (
            <PersonMessage key={entry.turnId} entry={entry} />
          ) : (
            <Reply key={entry.reply.replyId} threadId={thread.threadId} reply={entry.reply} />
          ),
        )}
        {outbox.waiting.map((message) => (
          <WaitingMessage key={message.eventId} message={message} outbox={outbox} edit={edit} />
        ))}
      </div>
      {!atFoot && threadId !== undefined && (
        <button type="button" class="to-foot" onClick={toFoot}>
          <Icon name="down" /> Newest
        </button>
      )}
    </section>
  )
}

const nearPx = 80

/** Whether the end is in view, and a way there. Follows the content's growth until the person scrolls up. */
function useFoot(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): [boolean, () => void] {
  const [atFoot, setAtFoot] = useState(true)
  const following = useRef(true)
  const toFoot = (): void => {
    following.current = true
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }
  useEffect(() => {
    const box = scroller.current
    if (box === null || content.current === null) return
    let lastTop = box.scrollTop
    const look = (): void => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < nearPx
      // only a person scrolls up; being far from the end may also mean that much came at once
      if (near) following.current = true
      else if (box.scrollTop < lastTop) following.current = false
      lastTop = box.scrollTop
      setAtFoot(near || following.current)
    }
    const growth = new ResizeObserver(() => following.current && toFoot())
    growth.observe(content.current)
    growth.observe(box)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      growth.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [])
  return [atFoot, toFoot]
}
