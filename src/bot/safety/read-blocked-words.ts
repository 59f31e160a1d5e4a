import { readFileSync } from 'node:fs'
import { AppError } from '../../contract/errors.ts'

const ownList = new URL('../../../config/blocked-words.txt', import.meta.url)

/** A list of blocked words from its file; default: the short one that comes with the bot. Throws AppError `config/invalid`. */
export function readBlockedWords(file: string | undefined): string {
  try {
    return readFileSync(file ?? ownList, 'utf8')
  } catch (cause) {
    throw new AppError('config/invalid', {
      message: `the list of blocked words ${file ?? ownList.pathname} cannot be read`,
      hint: 'LLMGA_BLOCKED_WORDS names a text file with one word or phrase a line; an empty one blocks nothing.',
      cause,
    })
  }
}
