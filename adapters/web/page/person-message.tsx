import type { WireEntry } from '../wire.ts'
import { useFileUrls } from './attachments.tsx'
import { BlobImage } from './blob-image.tsx'
import { Icon } from './icons.tsx'
import type { Outbox, Outgoing } from './outbox.ts'
import { useViews } from './views.ts'

/** What the person said and showed. */
export function PersonMessage({ entry }: { readonly entry: Extract<WireEntry, { type: 'person' }> }) {
  const views = useViews()
  return (
    <article class="person" aria-label="You">
      {entry.images.length > 0 && (
        <div class="person-images">
          {entry.images.map((image) => (
            <button
              key={image.imageId}
              type="button"
              class="picture-button"
              aria-label={`Enlarge: ${image.alt}`}
              onClick={() => views.enlarge(image.imageId)}
            >
              <BlobImage image={image} />
            </button>
          ))}
        </div>
      )}
      {entry.text !== '' && <p class="bubble">{entry.text}</p>}
    </article>
  )
}

interface WaitingMessageProps {
  readonly message: Outgoing
  readonly outbox: Outbox
  /** Takes the words back into the field where messages are written. */
  readonly edit: (message: Outgoing) => void
}

/** A message that the thread does not show yet. */
export function WaitingMessage({ message, outbox, edit }: WaitingMessageProps) {
  const urls = useFileUrls(message.files)
  const failed = message.state === 'failed'
  return (
    <article class={`person ${failed ? 'failed' : 'waiting'}`} aria-label={failed ? 'You, not sent' : 'You, sending'}>
      {urls.length > 0 && (
        <div class="person-images">
          {urls.map((url, index) => (
            <img key={url} src={url} alt={message.files[index]?.name ?? ''} />
          ))}
        </div>
      )}
      {message.text !== '' && <p class="bubble">{message.text}</p>}
      {failed && (
        <div class="problem" role="alert">
          <Icon name="alert" />
          <p>{message.problem}</p>
          <span class="problem-actions">
            <button type="button" class="button" onClick={() => outbox.retry(message)}>
              Retry
            </button>
            {message.files.length === 0 && (
              <button type="button" class="button quiet" onClick={() => edit(message)}>
                Edit
              </button>
            )}
            <button type="button" class="button quiet" onClick={() => outbox.discard(message)}>
              Discard
            </button>
          </span>
        </div>
      )}
    </article>
  )
}
