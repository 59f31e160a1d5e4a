import type { WirePart, WireReply } from '../wire.ts'
import { ChangeCard } from './change-card.tsx'
import { CancelButton, ControlRow } from './controls.tsx'
import { FileCard } from './file-card.tsx'
import { Gallery } from './gallery.tsx'
import { Icon, Mark } from './icons.tsx'
import { placeControls } from './place-controls.ts'
import { ProgressCard, Waiting } from './progress-card.tsx'
import { PromptQuote } from './prompt-quote.tsx'
import { undepicted } from './reply-pictures.ts'

interface ReplyProps {
  readonly threadId: string
  readonly reply: WireReply
}

/** The bot's reply: its parts in order, each control beside what it works on. */
export function Reply({ threadId, reply }: ReplyProps) {
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
        return (
          <Gallery key={index} threadId={threadId} images={undepicted(part.images, reply.parts)} controlsOf={ofImage} />
        )
      case 'change':
        return (
          <ChangeCard
            key={index}
            threadId={threadId}
            part={part}
            controls={part.after === undefined ? [] : ofImage(part.after.imageId)}
          />
        )
      case 'file':
        return <FileCard key={index} file={part} />
      case 'route':
        return (
          <div key={index} class="route">
            <span>
              Understood as: <strong>{part.chosen}</strong>
            </span>
            <ControlRow threadId={threadId} controls={part.controls} />
          </div>
        )
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
