import type { Control } from '../../../src/contract/outgoing.ts'
import type { WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import { ControlRow } from './controls.tsx'
import { Icon } from './icons.tsx'
import { useViews } from './picture-views.tsx'

interface GalleryProps {
  readonly threadId: string
  readonly images: readonly WireImage[]
  readonly controlsOf: (imageId: string) => readonly Control[]
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

/** Small pictures are enlarged smoothly; large ones keep to the column. */
const shownWidth = (image: WireImage): number => Math.min(512, Math.max(image.width, 320))

interface PictureProps {
  readonly threadId: string
  readonly image: WireImage
  readonly controls: readonly Control[]
  /** Its place among several. */
  readonly number: number | undefined
}

function Picture({ threadId, image, controls, number }: PictureProps) {
  const views = useViews()
  const name = number === undefined ? 'picture' : `picture ${number}`
  // the page shows the recipe as a panel, which needs no reply
  const offered = controls.filter((control) => image.recipe === undefined || !/^recipe/i.test(control.label))
  const isDeletion = (control: Control): boolean => control.style === 'danger'
  const compact = number !== undefined
  return (
    <figure class="picture">
      <button
        type="button"
        class="picture-button"
        style={{ maxWidth: compact ? 'none' : `${shownWidth(image)}px` }}
        aria-label={`Enlarge ${name}: ${image.alt}`}
        onClick={() => views.enlarge(image.imageId)}
      >
        <BlobImage image={image} />
      </button>
      <figcaption class={`picture-tools ${compact ? 'compact' : ''}`}>
        {compact && <span class="picture-number">{number}</span>}
        <ControlRow
          threadId={threadId}
          controls={offered.filter((control) => !isDeletion(control))}
          last={offered.filter(isDeletion)}
        >
          {image.recipe !== undefined && (
            <button
              type="button"
              class="button"
              aria-label={`Recipe of ${name}`}
              title={`Recipe of ${name}`}
              onClick={() => views.showRecipe(image.imageId)}
            >
              <Icon name="recipe" />
              <span class="button-label">Recipe</span>
            </button>
          )}
          <a
            class="button"
            href={image.downloadUrl}
            download
            aria-label={`Download ${name}`}
            title={`Download ${name}`}
          >
            <Icon name="download" />
            <span class="button-label">Download</span>
          </a>
        </ControlRow>
      </figcaption>
    </figure>
  )
}
