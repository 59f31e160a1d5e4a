import type { Incoming } from '../contract/incoming.ts'
import { refuse } from '../language/refuse.ts'

// Control characters except tab, line feed and carriage return; U+FFFE and U+FFFF; halves of surrogate pairs.
const notText = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\p{Cs}]/u
const replacements = /\ufffd/gu

/** White space and invisible format characters only. */
export const isBlank = (text: string): boolean => /^[\s\p{Cf}]*$/u.test(text)

/**
 * Refuses what is not a person's words. `limit` in characters (UTF-16 units).
 * Throws AppError `input/too-long` or `input/not-text`.
 */
export function checkText(text: string, limit: number): void {
  const { length } = text
  if (length > limit) throw refuse('input/too-long', 'textTooLong', { length, limit }, { details: { length, limit } })
  const found = notText.exec(text)
  if (found) throw refuse('input/not-text', 'strangeCharacter', { character: codeOf(found[0]) })
  if ((text.match(replacements) ?? []).length * 10 > length) throw refuse('input/not-text', 'notUtf8')
}

/** `U+0007`. */
const codeOf = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** Refuses ids that no platform gives. Throws AppError `input/not-text`, `input/too-long`. */
export function checkEvent({ key, author, eventId }: Incoming): void {
  const ids = [key.platform, key.workspaceId, key.channelId, key.threadId, author.id, eventId]
  for (const id of ids) checkText(id, 500)
}
