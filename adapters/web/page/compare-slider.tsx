import { useState } from 'preact/hooks'
import type { WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'
import type { Place } from './place-within.ts'

interface CompareSliderProps {
  readonly before: WireImage
  readonly after: WireImage
  /** Where the picture before lies in the one after. */
  readonly place: Place
  readonly titles: readonly [before: string, after: string]
}

const stepShare = 0.02

/** Two pictures in one place: left of the divider the one before, right of it the one after. Drag it, or use arrow keys. */
export function CompareSlider({ before, after, place, titles }: CompareSliderProps) {
  const [share, setShare] = useState(0.5)
  const set = (next: number): void => setShare(Math.min(1, Math.max(0, next)))
  const drag = (event: PointerEvent & { readonly currentTarget: HTMLDivElement }): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    set((event.clientX - left) / width)
  }
  const press = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 5 * stepShare : stepShare
    const by: Readonly<Record<string, number>> = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step }
    const to =
      { Home: 0, End: 1, PageDown: share - 0.2, PageUp: share + 0.2 }[event.key] ?? share + (by[event.key] ?? NaN)
    if (Number.isNaN(to)) return
    event.preventDefault()
    set(to)
  }
  return (
    <div
      class="compare-slider"
      style={{ aspectRatio: `${after.width} / ${after.height}` }}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.preventDefault() // no selection, no dragging of the picture
        event.currentTarget.setPointerCapture(event.pointerId)
        event.currentTarget.querySelector<HTMLElement>('[role=slider]')?.focus({ preventScroll: true })
        drag(event)
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && drag(event)}
    >
      <BlobImage image={after} />
      <div class="compare-before" style={{ clipPath: `inset(0 ${(1 - share) * 100}% 0 0)` }}>
        <div
          class="compare-placed"
          style={{
            left: `${place.left * 100}%`,
            top: `${place.top * 100}%`,
            width: `${place.width * 100}%`,
            height: `${place.height * 100}%`,
          }}
        >
          <BlobImage image={before} />
        </div>
      </div>
      <div
        class="compare-divider"
        role="slider"
        tabIndex={0}
        aria-label={`Divider: ${titles[0]}, ${titles[1]}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={`${Math.round(share * 100)} % ${titles[0]}`}
        style={{ left: `${share * 100}%` }}
        onKeyDown={press}
      >
        <span aria-hidden="true">‹ ›</span>
      </div>
      {share > 0.15 && <span class="compare-tag before">{titles[0]}</span>}
      {share < 0.85 && <span class="compare-tag after">{titles[1]}</span>}
    </div>
  )
}
