import { isObject, lengthOf } from './json.ts'

export type Complain = (pointer: string, what: string) => void

/** A text object (plain_text or mrkdwn) of 1 to `most` characters. */
export function checkText(value: unknown, at: string, most: number, complain: Complain): void {
  if (!isObject(value) || (value['type'] !== 'plain_text' && value['type'] !== 'mrkdwn'))
    return complain(at, 'must be a plain_text or mrkdwn object')
  checkLength(value['text'], `${at}/text`, most, complain)
}

/** A plain_text object of 1 to `most` characters. */
export function checkPlain(value: unknown, at: string, most: number, complain: Complain): void {
  if (!isObject(value) || value['type'] !== 'plain_text') return complain(at, 'must be a plain_text object')
  checkLength(value['text'], `${at}/text`, most, complain)
}

/** A required string of 1 to `most` characters. */
export function checkLength(value: unknown, at: string, most: number, complain: Complain): void {
  if (typeof value !== 'string' || value === '') return complain(at, 'must be more than 0 characters')
  if (lengthOf(value) > most) complain(at, `must be less than ${most + 1} characters`)
}

/** A string of at most `most` characters, where there is one. */
export function checkOptional(value: unknown, at: string, most: number, complain: Complain): void {
  if (value !== undefined && (typeof value !== 'string' || lengthOf(value) > most))
    complain(at, `must be less than ${most + 1} characters`)
}
