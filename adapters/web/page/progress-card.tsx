import type { WireDrawing, WireProgress } from '../wire.ts'
import { duration, ordinal } from './words.ts'

/** Waiting, thinking, or a picture as it comes into being. */
export function ProgressCard({ progress }: { readonly progress: WireProgress }) {
  if (progress.phase === 'drawing') return <DrawingCard drawing={progress} />
  const waiting = progress.phase === 'queued'
  const words = waiting
    ? `Waiting: ${progress.position === 1 ? 'next' : ordinal(progress.position)} in line`
    : 'Thinking'
  return (
    <p class="thinking">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {words}
    </p>
  )
}

function DrawingCard({ drawing }: { readonly drawing: WireDrawing }) {
  const { image, images, step, steps, elapsedMs, remainingMs, previewUrl } = drawing
  const share = steps === 0 ? 0 : (image + step / steps) / Math.max(1, images)
  const which = images > 1 ? `Picture ${image + 1} of ${images} · ` : ''
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
        aria-valuetext={`${which}step ${step} of ${steps}`}
      >
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
      <p class="figures">
        <span>
          {which}Step {step} of {steps}
        </span>
        <span>
          {duration(elapsedMs)}
          {remainingMs !== undefined && ` · about ${duration(remainingMs)} left`}
        </span>
      </p>
    </div>
  )
}
