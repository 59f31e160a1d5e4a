import type { WireReply } from '../wire.ts'
import { kindOf } from './control-kinds.ts'
import { CancelButton, ControlRow } from './controls.tsx'
import { Mark } from './icons.tsx'
import { placeControls } from './place-controls.ts'
import { Waiting } from './progress-card.tsx'
import { ReplyPart } from './reply-part.tsx'

interface ReplyProps {
  readonly threadId: string
  readonly reply: WireReply
}

/** The bot's reply: its parts in order, each control beside what it works on. */
export function Reply({ threadId, reply }: ReplyProps) {
  const placed = placeControls(reply.parts)
  const others = placed.others.filter((control) => kindOf(control) !== 'undo') // the header has it
  const offersCancel = others.some((control) => kindOf(control) === 'cancel')
  return (
    <article class="reply" aria-label="LLMGA" aria-busy={!reply.final}>
      <Mark />
      <div class="reply-parts">
        {reply.parts.map((part, index) => (
          <ReplyPart key={index} threadId={threadId} reply={reply} part={part} placed={placed} />
        ))}
        {isBeforeFirstStep(reply) && <Waiting words="Getting ready to draw" />}
        {others.length > 0 && <ControlRow threadId={threadId} controls={others} />}
        {!reply.final && !offersCancel && <CancelButton threadId={threadId} />}
      </div>
    </article>
  )
}

/** A prompt is complete, and nothing of its picture is there yet: its model may still be loading. */
function isBeforeFirstStep({ parts, final }: WireReply): boolean {
  const last = parts.findLast((part) => part.type !== 'controls')
  return !final && last?.type === 'prompt' && !last.streaming
}
