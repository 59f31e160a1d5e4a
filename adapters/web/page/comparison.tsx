import { useState } from 'preact/hooks'
import type { WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import { CompareSlider } from './compare-slider.tsx'
import { Icon } from './icons.tsx'
import { MaskTint } from './mask-tint.tsx'
import { useViews } from './views.ts'
import { placeWithin } from './place-within.ts'

interface ComparisonProps {
  readonly before: WireImage
  readonly after: WireImage
  readonly mask?: WireImage | undefined
  readonly titles?: readonly [string, string]
}

type Way = 'slider' | 'side' | 'mask'

/** Two pictures with a divider to drag, or side by side; or what of the second was drawn anew. */
export function Comparison({ before, after, mask, titles = ['Before', 'After'] }: ComparisonProps) {
  const place = placeWithin(before, after)
  const [way, setWay] = useState<Way>(place === undefined ? 'side' : 'slider')
  const views = useViews()
  const choices: readonly (readonly [Way, string])[] = [
    ...(place === undefined ? [] : [['slider', 'Divider'] as const]),
    ['side', 'Side by side'],
    ...(mask === undefined ? [] : [['mask', 'Mask'] as const]),
  ]
  return (
    <div class="comparison" style={way === 'side' ? {} : { maxWidth: `${shownWidth(after)}px` }}>
      {way === 'slider' && place !== undefined && <CompareSlider {...{ before, after, place, titles }} />}
      {way === 'side' && (
        <div class="side-by-side">
          {[before, after].map((image, index) => (
            <figure key={index}>
              <BlobImage image={image} />
              <figcaption>{titles[index]}</figcaption>
            </figure>
          ))}
        </div>
      )}
      {way === 'mask' && mask !== undefined && <MaskTint image={after} mask={mask} />}
      <div class="comparison-row">
        <fieldset class="tool-choice small">
          <legend class="visually-hidden">How to compare</legend>
          {choices.length > 1 &&
            choices.map(([choice, label]) => (
              <label key={choice}>
                <input
                  type="radio"
                  class="visually-hidden"
                  name={`compare-${before.imageId}-${after.imageId}`}
                  checked={way === choice}
                  onChange={() => setWay(choice)}
                />
                <span>{label}</span>
              </label>
            ))}
        </fieldset>
        <button
          type="button"
          class="icon-button"
          aria-label={`Enlarge picture: ${after.alt}`}
          title="Enlarge"
          onClick={() => views.enlarge(after.imageId)}
        >
          <Icon name="expand" />
        </button>
      </div>
    </div>
  )
}

/** Small pictures are enlarged smoothly; large ones keep to the column. */
export const shownWidth = ({ width }: Pick<WireImage, 'width'>): number => Math.min(512, Math.max(width, 320))
