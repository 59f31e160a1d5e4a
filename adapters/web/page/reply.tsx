import type { Control } from '../../../src/contract/outgoing.ts'
import type { WirePart, WireReply } from '../wire.ts'
import { CancelButton, ControlRow } from './controls.tsx'
import { Gallery } from './gallery.tsx'
import { Icon, Mark } from './icons.tsx'
import { placeControls } from './place-controls.ts'
import { ProgressCard, Waiting } from './progress-card.tsx'
import { PromptQuote } from './prompt-quote.tsx'

interface ReplyProps {
  readonly threadId: string
  readonly reply: WireReply
  /** Takes the last exchange back; only the newest reply offers it. */
  readonly undo?: (() => void) | undefined
}

/** The bot's reply: its parts in order, each control beside what it works on. */
export function Reply({ threadId, reply, undo }: ReplyProps) {
  const { ofPrompt, ofImage, others } = placeControls(reply.parts)
  const offersCancel = others.some((control) => /cancel/i.test(control.label))
  const show = (part: WirePart, index: number) => {
    switch (part.type) {
      case 'text':
        return (
          <p key={index} class={`said ${part.streaming ? 'streaming' : ''}`}>
            {part.text}
          </p>
        )
      case 'prompt': {
        const edit = part.streaming ? undefined : ofPrompt(part)
        return <PromptQuote key={index} threadId={threadId} text={part.text} streaming={part.streaming} edit={edit} />
      }
      case 'progress':
        return <ProgressCard key={index} progress={part.progress} />
      case 'images':
        return <Gallery key={index} threadId={threadId} images={part.images} controlsOf={ofImage} />
      case 'notice':
        return (
          <p key={index} class="notice">
            {part.text}
          </p>
        )
      case 'error':
        return part.error.code === 'inference/cancelled' ? (
          <p key={index} class="notice">
            {part.sentence}
          </p>
        ) : (
          <p key={index} class="problem" role="alert">
            <Icon name="alert" />
            <span>{part.sentence}</span>
          </p>
        )
      case 'controls':
        return null // each in its place, the rest at the foot
    }
  }
  return (
    <article class="reply" aria-label="LLMGA" aria-busy={!reply.final}>
      <Mark />
      <div class="reply-parts">
        {reply.parts.map(show)}
        {isBeforeFirstStep(reply) && <Waiting words="Getting ready to draw" />}
        <Foot threadId={threadId} controls={others} undo={reply.final ? undo : undefined} />
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

interface FootProps {
  readonly threadId: string
  readonly controls: readonly Control[]
  readonly undo: (() => void) | undefined
}

function Foot({ threadId, controls, undo }: FootProps) {
  if (controls.length === 0 && undo === undefined) return null
  return (
    <ControlRow threadId={threadId} controls={controls}>
      {undo !== undefined && (
        <button type="button" class="button quiet undo" title="Take back the last exchange" onClick={undo}>
          <Icon name="undo" /> Undo
        </button>
      )}
    </ControlRow>
  )
}
