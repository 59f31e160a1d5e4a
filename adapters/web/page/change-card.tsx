import { useState } from 'preact/hooks'
import type { PromptWord } from '../../../src/contract/outgoing.ts'
import type { WireControl, WireImage, WirePart } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import { ChangeDetails, changedWords } from './change-details.tsx'
import { Comparison, shownWidth } from './comparison.tsx'
import { MaskTint } from './mask-tint.tsx'
import { operationNames } from './operation-names.ts'
import { PictureTools } from './picture-tools.tsx'

export type ChangePart = Extract<WirePart, { readonly type: 'change' }>

interface ChangeCardProps {
  readonly threadId: string
  readonly part: ChangePart
  /** Those of the picture after. */
  readonly controls: readonly WireControl[]
}

/** A change: both prompts, and the pictures before and after; before it is approved, what would be drawn anew. */
export function ChangeCard({ threadId, part, controls }: ChangeCardProps) {
  const { after, before, details, mask, source, target } = part
  const changed = changedWords(details)
  const title = part.proposed ? `${operationNames[part.operation].proposed}?` : operationNames[part.operation].done
  return (
    <figure class={`change picture ${part.proposed ? 'proposed' : ''}`} aria-label={title}>
      <figcaption class="change-head">
        <strong>{title}</strong>
        {changed !== undefined && <span>{changed}</span>}
      </figcaption>
      {source !== undefined && target !== undefined && (
        <dl class="change-prompts">
          <div>
            <dt>It shows</dt>
            <dd>
              <Words words={source} as="del" />
            </dd>
          </div>
          <div>
            <dt>{part.proposed ? 'It will show' : 'It was to show'}</dt>
            <dd>
              <Words words={target} as="ins" />
            </dd>
          </div>
        </dl>
      )}
      {after === undefined ? <Planned before={before} mask={mask} /> : <Comparison {...{ before, after, mask }} />}
      {after !== undefined && <PictureTools threadId={threadId} image={after} controls={controls} number={undefined} />}
      {details !== undefined && <ChangeDetails details={details} />}
    </figure>
  )
}

/** A prompt in which the words that the other one lacks are marked. */
const Words = ({ words, as: Tag }: { readonly words: readonly PromptWord[]; readonly as: 'ins' | 'del' }) => (
  <>
    {words.map(({ text, changed }, index) => (
      <span key={index}>
        {index > 0 && !/^[,.;:!?)]/.test(text) && ' '}
        {changed ? <Tag>{text}</Tag> : text}
      </span>
    ))}
  </>
)

/** The picture with what would be drawn anew coloured; the colour can be taken off to look at the picture. */
function Planned({ before, mask }: { readonly before: WireImage; readonly mask: WireImage | undefined }) {
  const [shown, setShown] = useState(true)
  return (
    <div class="planned" style={{ maxWidth: `${shownWidth(before)}px` }}>
      {mask !== undefined && shown ? <MaskTint image={before} mask={mask} /> : <BlobImage image={before} />}
      {mask !== undefined && (
        <label class="option-check">
          <input type="checkbox" checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />
          <span>Show what will be drawn anew</span>
        </label>
      )}
    </div>
  )
}
