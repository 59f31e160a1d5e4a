import type { StepEvent } from '../contract/inference.ts'

/** Previews at most this often, and no more of them than take this share of the time. */
const previewIntervalMs = 250
const previewShare = 0.25

export interface PictureClock {
  /** Whether a preview of this cost should be shown after this step. */
  previewDue(index: number, steps: number, costMs: number): boolean
  step(index: number, steps: number): Omit<StepEvent, 'preview'>
}

/** Measures steps and decoding, and from them what is left. */
export function createStepClock(pictures: number) {
  const begin = performance.now()
  const stepTimes: number[] = []
  const decodeTimes: number[] = []
  let mark = begin
  let lastPreview = -Infinity
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
  return {
    decoded: (ms: number) => {
      decodeTimes.push(ms)
      mark = performance.now()
    },
    timings: () => ({ stepMs: median(stepTimes), decodeMs: median(decodeTimes) }),
    picture: (picture: number): PictureClock => ({
      previewDue(index, steps, costMs) {
        const now = performance.now()
        const due = now - lastPreview >= Math.max(previewIntervalMs, costMs / previewShare) && index < steps - 1
        if (due) lastPreview = now
        return due
      },
      step(index, steps) {
        const now = performance.now()
        const stepMs = now - mark
        stepTimes.push(stepMs)
        mark = now
        const left = steps - 1 - index + (pictures - 1 - picture) * steps
        // Before the first decoding its cost is unknown; about two steps is what it takes on the models at hand.
        const decodeMs = decodeTimes.length > 0 ? median(decodeTimes) : 2 * median(stepTimes)
        const remainingMs = left * median(stepTimes) + (pictures - picture) * decodeMs
        return {
          image: picture,
          images: pictures,
          step: index + 1,
          steps,
          stepMs,
          elapsedMs: now - begin,
          remainingMs,
        }
      },
    }),
  }
}
