import type { Progress } from '../../src/contract/outgoing.ts'

const barCells = 24

/** Seconds for a person: 0.4 s, 12 s, 2 min 5 s. */
export function showDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Progress in one line. With `bar`, drawing shows one. */
export function showProgress(progress: Progress, { bar }: { readonly bar: boolean }): string {
  if (progress.phase === 'queued')
    return progress.position <= 1 ? 'queued: next in line' : `queued: number ${progress.position} in line`
  if (progress.phase === 'thinking') return 'thinking…'
  const { image, images, step, steps, elapsedMs, remainingMs } = progress
  const which = images > 1 ? `drawing ${image + 1}/${images}` : 'drawing'
  const filled = Math.round((barCells * step) / Math.max(1, steps))
  const cells = bar ? ` ${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}` : ''
  const left = remainingMs === undefined ? '' : `, about ${showDuration(remainingMs)} left`
  return `${which}${cells} step ${step}/${steps}, ${showDuration(elapsedMs)}${left}`
}

/**
 * Whether a log without a live line should say this: every change of phase or picture, and each quarter of the steps.
 */
export function isMilestone(before: Progress | undefined, now: Progress): boolean {
  if (before?.phase !== now.phase) return true
  if (now.phase === 'queued' && before.phase === 'queued') return now.position !== before.position
  if (now.phase !== 'drawing' || before.phase !== 'drawing') return false
  const quarter = ({ step, steps }: { step: number; steps: number }) => Math.floor((4 * step) / Math.max(1, steps))
  return now.block !== before.block || now.image !== before.image || quarter(now) !== quarter(before)
}
