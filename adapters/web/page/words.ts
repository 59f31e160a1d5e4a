import type { WireProgress } from '../wire.ts'

/** 900 -> '1 s', 95_000 -> '1 min 35 s' */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** How long ago, roughly: 'now', '5 min', '3 h', 'yesterday', then the date. */
export function ago(then: number, now: number = Date.now()): string {
  const minutes = Math.floor((now - then) / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`
  if (minutes < 48 * 60) return 'yesterday'
  return new Date(then).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
}

/** 1 -> '1st' */
export function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13
  return `${n}${(teen ? undefined : ['th', 'st', 'nd', 'rd'][n % 10]) ?? 'th'}`
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`

/** 'Waiting: 3rd in line', 'Thinking', 'Picture 1 of 2 · Step 7 of 20' */
export function progressWords(progress: WireProgress): string {
  if (progress.phase === 'thinking') return 'Thinking'
  if (progress.phase === 'queued') {
    return progress.position <= 1 ? 'Waiting: next in line' : `Waiting: ${ordinal(progress.position)} in line`
  }
  const { image, images, step, steps } = progress
  return `${images > 1 ? `Picture ${image + 1} of ${images} · ` : ''}Step ${step} of ${steps}`
}
