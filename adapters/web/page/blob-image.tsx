import { useState } from 'preact/hooks'
import type { WireImage } from '../wire.ts'

const attempts = 5

interface BlobImageProps {
  readonly image: WireImage
  readonly style?: Readonly<Record<string, string>>
}

/** A picture of the thread; one not safe for work is blurred until it is enlarged. One that did not come (a lost connection) is asked for again, ever more slowly. */
export function BlobImage({ image, style = {} }: BlobImageProps) {
  const [attempt, setAttempt] = useState(0)
  const again = (): void => {
    if (attempt < attempts) setTimeout(() => setAttempt(attempt + 1), 500 * 2 ** attempt)
  }
  return (
    <img
      src={attempt === 0 ? image.url : `${image.url}?attempt=${attempt}`}
      alt={image.alt}
      class={image.sensitive ? 'sensitive' : undefined}
      width={image.width}
      height={image.height}
      style={style}
      onError={again}
    />
  )
}
