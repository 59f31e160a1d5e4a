import type { WireImage } from '../wire.ts'
import { Icon, IconButton } from './icons.tsx'
import { useViews } from './picture-views.tsx'

/** The pictures of one prompt, one large or several as a grid. */
export function Gallery({ images }: { readonly images: readonly WireImage[] }) {
  return (
    <div class={`gallery ${images.length > 1 ? 'several' : ''}`}>
      {images.map((image, index) => (
        <Picture key={image.imageId} image={image} number={images.length > 1 ? index + 1 : undefined} />
      ))}
    </div>
  )
}

/** Small pictures are enlarged smoothly; large ones keep to the column. */
const shownWidth = (image: WireImage): number => Math.min(512, Math.max(image.width, 320))

function Picture({ image, number }: { readonly image: WireImage; readonly number: number | undefined }) {
  const views = useViews()
  const { recipe } = image
  const name = number === undefined ? 'picture' : `picture ${number}`
  return (
    <figure class="picture" style={{ maxWidth: `${number === undefined ? shownWidth(image) : 248}px` }}>
      <button type="button" class="picture-button" onClick={() => views.enlarge(image.imageId)}>
        <img src={image.url} alt={image.alt} width={image.width} height={image.height} />
        <span class="visually-hidden">Enlarge {name}</span>
      </button>
      <figcaption class="picture-tools">
        {number !== undefined && <span class="picture-number">{number}</span>}
        {recipe !== undefined && (
          <IconButton icon="recipe" label={`Recipe of ${name}`} onClick={() => views.showRecipe(image.imageId)} />
        )}
        <a
          class="icon-button"
          href={image.downloadUrl}
          download
          aria-label={`Download ${name}`}
          title={`Download ${name}`}
        >
          <Icon name="download" />
        </a>
      </figcaption>
    </figure>
  )
}
