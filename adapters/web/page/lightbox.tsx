import type { WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import { Dialog } from './dialog.tsx'
import { Icon, IconButton } from './icons.tsx'

interface LightboxProps {
  readonly images: readonly WireImage[]
  readonly index: number
  readonly show: (index: number) => void
  readonly showRecipe: (imageId: string) => void
  readonly close: () => void
}

/** Beyond it a small picture shows nothing but its pixels. */
const largestScale = 4.5

/** One picture, as large as the window allows. The arrow keys go on to the others. */
export function Lightbox({ images, index, show, showRecipe, close }: LightboxProps) {
  const image = images[index]
  if (image === undefined) return null
  const turn = (by: number): void => show((index + by + images.length) % images.length)
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft') turn(-1)
    if (event.key === 'ArrowRight') turn(1)
  }
  return (
    <Dialog label={`Picture ${index + 1} of ${images.length}`} class="lightbox" close={close}>
      <div class="lightbox-body" onKeyDown={press}>
        <div class="lightbox-stage">
          {images.length > 1 && <IconButton icon="left" label="Previous picture" onClick={() => turn(-1)} />}
          <BlobImage
            key={image.imageId}
            image={image}
            style={{ aspectRatio: `${image.width} / ${image.height}`, maxHeight: `${image.height * largestScale}px` }}
          />
          {images.length > 1 && <IconButton icon="right" label="Next picture" onClick={() => turn(1)} />}
        </div>
        <div class="lightbox-foot">
          <p>{image.alt}</p>
          <span class="lightbox-size">
            {image.width} × {image.height}
          </span>
          {image.recipe !== undefined && (
            <IconButton icon="recipe" label="Recipe" onClick={() => showRecipe(image.imageId)} />
          )}
          <a class="icon-button" href={image.downloadUrl} download aria-label="Download" title="Download">
            <Icon name="download" />
          </a>
          <IconButton icon="close" label="Close" onClick={close} />
        </div>
      </div>
    </Dialog>
  )
}
