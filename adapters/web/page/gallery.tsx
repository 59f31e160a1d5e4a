import type { WireControl, WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import { shownWidth } from './comparison.tsx'
import { PictureTools } from './picture-tools.tsx'
import { useViews } from './views.ts'

interface GalleryProps {
  readonly threadId: string
  readonly images: readonly WireImage[]
  readonly controlsOf: (imageId: string) => readonly WireControl[]
}

/** The pictures of one prompt, one large or several as a grid, each with its buttons. */
export function Gallery({ threadId, images, controlsOf }: GalleryProps) {
  const several = images.length > 1
  return (
    <div class={`gallery ${several ? 'several' : ''}`}>
      {images.map((image, index) => (
        <Picture
          key={image.imageId}
          threadId={threadId}
          image={image}
          controls={controlsOf(image.imageId)}
          number={several ? index + 1 : undefined}
        />
      ))}
    </div>
  )
}

interface PictureProps {
  readonly threadId: string
  readonly image: WireImage
  readonly controls: readonly WireControl[]
  /** Its place among several. */
  readonly number: number | undefined
}

function Picture({ threadId, image, controls, number }: PictureProps) {
  const views = useViews()
  const name = number === undefined ? 'picture' : `picture ${number}`
  return (
    <figure class="picture">
      <button
        type="button"
        class="picture-button"
        style={{ maxWidth: number === undefined ? `${shownWidth(image)}px` : 'none' }}
        aria-label={`Enlarge ${name}: ${image.alt}`}
        onClick={() => views.enlarge(image.imageId)}
      >
        <BlobImage image={image} />
      </button>
      <figcaption>
        <PictureTools threadId={threadId} image={image} controls={controls} number={number} />
      </figcaption>
    </figure>
  )
}
