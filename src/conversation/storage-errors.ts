import { AppError } from '../contract/errors.ts'

const unwritable: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than allowed',
  EROFS: 'the disk is read-only',
  EACCES: 'the program may not write there',
  EPERM: 'the program may not write there',
  EIO: 'the disk is full or failing', // LMDB's name for a write that was cut short
}

/** LMDB reports the number of the system's error. */
const numbers: Readonly<Record<number, string>> = {
  5: 'EIO',
  13: 'EACCES',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  122: 'EDQUOT',
}

/** A failed write below `dataDir` as `storage/full`, with the reason in words; what is not about space as `internal`. */
export function writeError(dataDir: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = (cause as { code?: string | number }).code
  const name = typeof code === 'number' ? numbers[code] : code
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

/** What was stored does not hold together. `what` names the record or file. */
export const corrupt = (what: string, why: string, cause?: unknown): AppError =>
  new AppError('storage/corrupt', {
    message: `${what} in the data folder is damaged: ${why}`,
    hint: 'It was left as it is. Restore it from a backup, or delete the thread.',
    details: { what },
    ...(cause === undefined ? {} : { cause }),
  })
