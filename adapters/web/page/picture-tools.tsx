import type { WireControl, WireImage } from '../wire.ts'
import { kindOf } from './control-kinds.ts'
import { ControlRow } from './controls.tsx'
import { Icon } from './icons.tsx'
import { useViews } from './views.ts'

interface PictureToolsProps {
  readonly threadId: string
  readonly image: WireImage
  readonly controls: readonly WireControl[]
  /** Its place among several. */
  readonly number: number | undefined
}

/** What can be done with a picture: the bot's controls, its recipe, saving it, and deleting it at the end. */
export function PictureTools({ threadId, image, controls, number }: PictureToolsProps) {
  const views = useViews()
  const compact = number !== undefined
  const name = compact ? `picture ${number}` : 'picture'
  // the page shows the recipe as a panel, which needs no reply
  const offered = controls.filter((control) => image.recipe === undefined || kindOf(control) !== 'recipe')
  const isDeletion = (control: WireControl): boolean => control.style === 'danger' && control.group === undefined
  return (
    <div class={`picture-tools ${compact ? 'compact' : ''}`}>
      {compact && <span class="picture-number">{number}</span>}
      <ControlRow
        threadId={threadId}
        image={image}
        few={4}
        controls={offered.filter((control) => !isDeletion(control))}
        last={offered.filter(isDeletion)}
        {...(compact && { compact: `More for ${name}` })}
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
        <a class="button" href={image.downloadUrl} download aria-label={`Download ${name}`} title={`Download ${name}`}>
          <Icon name="download" />
          <span class="button-label">Download</span>
        </a>
      </ControlRow>
    </div>
  )
}
