import { AppError } from '../contract/errors.ts'
import type { Incoming } from '../contract/incoming.ts'

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
  if (text.length > limit)
    throw new AppError('input/too-long', {
      message: `that text has ${text.length} characters; ${limit} are allowed`,
      hint: 'Send a shorter one.',
      details: { length: text.length, limit },
    })
  const found = notText.exec(text)
  if (found) throw binary(`the character U+${found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`)
  if ((text.match(replacements) ?? []).length * 10 > text.length) throw binary('bytes that are no text in UTF-8')
}

const binary = (what: string) =>
  new AppError('input/not-text', {
    message: `that does not look like text: it holds ${what}`,
    hint: 'Write it in plain words; pictures are sent as files.',
  })

/** Refuses ids that no platform gives. Throws AppError `input/not-text`, `input/too-long`. */
export function checkEvent({ key, author, eventId }: Incoming): void {
  const ids = [key.platform, key.workspaceId, key.channelId, key.threadId, author.id, eventId]
  for (const id of ids) checkText(id, 500)
}
