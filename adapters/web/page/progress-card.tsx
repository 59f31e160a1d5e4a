import type { WireDrawing, WireProgress } from '../wire.ts'
import { duration, progressWords } from './words.ts'

/** Waiting, thinking, or a picture as it comes into being. */
export function ProgressCard({ progress }: { readonly progress: WireProgress }) {
  if (progress.phase === 'drawing') return <DrawingCard drawing={progress} />
  return <Waiting words={progressWords(progress)} />
}

export const Waiting = ({ words }: { readonly words: string }) => (
  <p class="thinking">
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
    {words}
  </p>
)

function DrawingCard({ drawing }: { readonly drawing: WireDrawing }) {
  const { image, images, step, steps, elapsedMs, remainingMs, previewUrl } = drawing
  const share = steps === 0 ? 0 : (image + step / steps) / Math.max(1, images)
  return (
    <div class="drawing">
      <div class="frame">
        {previewUrl === undefined ? (
          <div class="shimmer" aria-hidden="true" />
        ) : (
          <img class="preview" src={previewUrl} alt="Preview of the picture that is being drawn" />
        )}
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label="Drawing"
        aria-valuemin={0}
        aria-valuemax={steps}
        aria-valuenow={step}
        aria-valuetext={progressWords(drawing)}
      >
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
      <p class="figures">
        <span>{progressWords(drawing)}</span>
        <span>
          {duration(elapsedMs)}
          {remainingMs !== undefined && ` · about ${duration(remainingMs)} left`}
        </span>
      </p>
    </div>
  )
}
