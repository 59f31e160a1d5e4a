import type { Control } from '../../../src/contract/outgoing.ts'
import type { WirePart, WireReply } from '../wire.ts'
import { CancelButton, ControlRow } from './controls.tsx'
import { Gallery } from './gallery.tsx'
import { Icon, Mark } from './icons.tsx'
import { ProgressCard } from './progress-card.tsx'
import { PromptQuote } from './prompt-quote.tsx'

interface ReplyProps {
  readonly threadId: string
  readonly reply: WireReply
}

/** The bot's reply: its parts in order. A control that edits a prompt sits in that prompt's quote. */
export function Reply({ threadId, reply }: ReplyProps) {
  const controls = reply.parts.flatMap((part) => (part.type === 'controls' ? part.controls : []))
  const prompts = reply.parts.flatMap((part) => (part.type === 'prompt' ? [part.text] : []))
  const inQuote = (control: Control): boolean => control.field !== undefined && prompts.includes(control.field.value)
  const cancellable = !reply.final && !controls.some((control) => /cancel/i.test(control.label))
  const show = (part: WirePart, index: number) => {
    switch (part.type) {
      case 'text':
        return (
          <p key={index} class={`said ${part.streaming ? 'streaming' : ''}`}>
            {part.text}
          </p>
        )
      case 'prompt': {
        const edit = controls.find((control) => control.field?.value === part.text && !part.streaming)
        return <PromptQuote key={index} threadId={threadId} text={part.text} streaming={part.streaming} edit={edit} />
      }
      case 'progress':
        return <ProgressCard key="progress" progress={part.progress} />
      case 'images':
        return <Gallery key={index} images={part.images} />
      case 'controls': {
        const row = part.controls.filter((control) => !inQuote(control))
        return <ControlRow key={index} threadId={threadId} controls={row} />
      }
      case 'notice':
        return (
          <p key={index} class="notice">
            {part.text}
          </p>
        )
      case 'error':
        return (
          <p key={index} class="problem" role="alert">
            <Icon name="alert" />
            <span>{part.sentence}</span>
          </p>
        )
    }
  }
  return (
    <article class="reply" aria-label="LLMGA" aria-busy={!reply.final}>
      <Mark />
      <div class="reply-parts">
        {reply.parts.map(show)}
        {cancellable && <CancelButton threadId={threadId} jobId={reply.jobId} />}
      </div>
    </article>
  )
}
