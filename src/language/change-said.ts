import type { Sentences } from './sentences.ts'

/** How much of a picture is not as it was; `share` 0 to 1. */
export function changeSaid(words: Sentences['replies'], share: number): string {
  const percent = share * 100
  if (share === 0) return words.unchanged
  if (percent < 1) return words.changed(words.lessThanOne)
  return words.changed(percent > 99 && share < 1 ? words.moreThan99 : String(Math.round(percent)))
}
