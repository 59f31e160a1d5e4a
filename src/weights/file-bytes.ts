import { closeSync, fstatSync, readSync } from 'node:fs'
import { AppError } from '../contract/errors.ts'
import { openForReading } from './safetensors.ts'

/** A file of which pieces are read; nothing is held in memory. */
export interface FileBytes {
  readonly file: string
  readonly sizeBytes: number
  /** Bytes [offset, offset + length). Throws AppError `weights/corrupt` when the file ends before. */
  read(offset: number, length: number): Buffer
}

/** What a checkpoint that does not hold together is refused with. */
export const corruptCheckpoint = (file: string, what: string, cause?: unknown): AppError =>
  new AppError('weights/corrupt', {
    message: `${file}: ${what}`,
    hint: 'The file is damaged or not a torch checkpoint; copy or download it again.',
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })

/** Opens a file for the time of `use`. Throws AppError `weights/missing` when it cannot be opened. */
export function withFileBytes<T>(file: string, use: (bytes: FileBytes) => T): T {
  const descriptor = openForReading(file)
  try {
    const sizeBytes = fstatSync(descriptor).size
    const read = (offset: number, length: number): Buffer => {
      if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes))
        throw corruptCheckpoint(
          file,
          `bytes ${offset} to ${offset + length} are outside of its ${sizeBytes} (cut off?)`,
        )
      const buffer = Buffer.alloc(length)
      let done = 0
      while (done < length) {
        const count = readSync(descriptor, buffer, done, length - done, offset + done)
        if (count === 0) throw corruptCheckpoint(file, 'the file became shorter while it was read')
        done += count
      }
      return buffer
    }
    return use({ file, sizeBytes, read })
  } finally {
    closeSync(descriptor)
  }
}
