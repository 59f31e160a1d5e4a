import { statfsSync } from 'node:fs'
import { AppError } from '../contract/errors.ts'

const unwritable: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than allowed',
  EROFS: 'the disk is read-only',
  EACCES: 'the program may not write there',
  EPERM: 'the program may not write there',
}

/** LMDB reports the number of the system's error; a write that was cut short for lack of space is 5 (EIO). */
const numbers: Readonly<Record<number, string>> = {
  28: 'ENOSPC',
  122: 'EDQUOT',
  27: 'EFBIG',
  30: 'EROFS',
  13: 'EACCES',
}

/** Less than this counts as a full disk, in bytes. */
const almostNothing = 1 << 16

/** A failed write below `dataDir` as `storage/full`, with the reason in words; what is not about space as `internal`. */
export function writeError(dataDir: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = (cause as { code?: string | number }).code
  const name = typeof code === 'number' ? (numbers[code] ?? (spaceLeft(dataDir) ? undefined : 'ENOSPC')) : code
  const reason = unwritable[name ?? '']
  if (reason === undefined)
    return new AppError('internal', { message: `${dataDir} could not be written: ${String(cause)}`, cause })
  return new AppError('storage/full', {
    message: `${dataDir} cannot be written: ${reason}`,
    hint: 'Nothing was changed. Make room (or set LLMGA_DATA_DIR to another disk) and try again.',
    details: { dataDir, reason: name },
    cause,
    retryable: true,
  })
}

function spaceLeft(dataDir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dataDir)
    return bavail * bsize >= almostNothing
  } catch {
    return true
  }
}

/** What was stored does not hold together. `what` names the record or file. */
export const corrupt = (what: string, why: string, cause?: unknown): AppError =>
  new AppError('storage/corrupt', {
    message: `${what} in the data folder is damaged: ${why}`,
    hint: 'It was left as it is. Restore it from a backup, or delete the thread.',
    details: { what },
    ...(cause === undefined ? {} : { cause }),
  })
