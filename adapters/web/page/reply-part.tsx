import { changeSaid } from '../../../src/language/change-said.ts'
import { replies as english } from '../../../src/language/en/replies.ts'
import { replies as chinese } from '../../../src/language/zh/replies.ts'
import type { WirePart, WireReply } from '../wire.ts'
import { ChangeCard } from './change-card.tsx'
import { Comparison } from './comparison.tsx'
import { ControlRow } from './controls.tsx'
import { FileCard } from './file-card.tsx'
import { Gallery } from './gallery.tsx'
import { Icon } from './icons.tsx'
import type { PlacedControls } from './place-controls.ts'
import { ProgressCard } from './progress-card.tsx'
import { PromptQuote } from './prompt-quote.tsx'
import { isToldByChange, undepicted } from './reply-pictures.ts'

interface ReplyPartProps {
  readonly threadId: string
  readonly reply: WireReply
  readonly part: WirePart
  readonly placed: PlacedControls
}

/** One part of a reply. Controls stand in their places, the rest of them at the reply's foot. */
export function ReplyPart({ threadId, reply, part, placed: { ofPrompt, ofImage } }: ReplyPartProps) {
  switch (part.type) {
    case 'text':
      return <p class={`said ${part.streaming ? 'streaming' : ''}`}>{part.text}</p>
    case 'prompt': {
      if (isToldByChange(part.block, reply.parts)) return null
      const edit = part.streaming ? undefined : ofPrompt(part)
      return <PromptQuote threadId={threadId} text={part.text} streaming={part.streaming} edit={edit} />
    }
    case 'progress':
      return <ProgressCard progress={part.progress} />
    case 'images': {
      const images = undepicted(part.images, reply.parts)
      const [before, after] = images
      if (before !== undefined && after !== undefined && onlyCompares(reply)) {
        return <Comparison before={before} after={after} />
      }
      return <Gallery threadId={threadId} images={images} controlsOf={ofImage} />
    }
    case 'change': {
      const controls = part.after === undefined ? [] : ofImage(part.after.imageId)
      return <ChangeCard threadId={threadId} part={part} controls={controls} />
    }
    case 'file':
      return <FileCard file={part} />
    case 'route':
      return (
        <div class="route">
          <span>
            Understood as: <strong>{part.chosen}</strong>
          </span>
          <ControlRow threadId={threadId} controls={part.controls} />
        </div>
      )
    case 'notice':
      return saysShare(part.text, reply) ? null : <p class="notice">{part.text}</p>
    case 'error':
      return <Problem part={part} />
    case 'controls':
      return null
  }
}

/** The share that changed stands at the change already. */
const saysShare = (text: string, { parts }: WireReply): boolean =>
  parts.some((part) => {
    const share = part.type === 'change' ? part.details?.changedShare : undefined
    return share !== undefined && [english, chinese].some((words) => text === changeSaid(words, share))
  })

/** An answer that shows two pictures and nothing else is there to compare them. */
const onlyCompares = ({ parts, final }: WireReply): boolean =>
  final &&
  parts.every((part) => part.type === 'text' || (part.type === 'images' && part.images.length === 2)) &&
  parts.filter((part) => part.type === 'images').length === 1

function Problem({ part }: { readonly part: Extract<WirePart, { readonly type: 'error' }> }) {
  if (part.error.code === 'inference/cancelled') return <p class="notice">{part.sentence}</p>
  return (
    <p class="problem" role="alert">
      <Icon name="alert" />
      <span>{part.sentence}</span>
    </p>
  )
}
