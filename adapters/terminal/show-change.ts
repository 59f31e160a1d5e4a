import type { PromptWord } from '../../src/contract/outgoing.ts'
import type { ChangePart } from './reply-changes.ts'

/** A change in lines: both prompts with the words that differ between stars, and what came of it. */
export function showChange({ source, target, proposed, details, mask }: ChangePart): readonly string[] {
  const prompts = source && target ? [`  was: ${marked(source)}`, `  now: ${marked(target)}`] : []
  const wait = proposed ? [mask ? '  Not applied yet; the mask is ready.' : '  Not applied yet.'] : []
  const seam = details?.seam
  const figures = seam ? [`  seam: ${levels(seam.before.mean)} before, ${levels(seam.after.mean)} after`] : []
  return [...prompts, ...wait, ...figures]
}

const marked = (words: readonly PromptWord[]): string =>
  words.map(({ text, changed }) => (changed ? `*${text}*` : text)).join(' ')

const levels = (value: number): string => `${value.toFixed(1)} of 255`
