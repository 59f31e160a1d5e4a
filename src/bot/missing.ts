import type { AppError } from '../contract/errors.ts'
import { refuse } from '../language/refuse.ts'

/** Work on a picture where there is none. */
export const missingPicture = (what: string): AppError => refuse('input/not-found', 'needsPicture', { what })

export const missingPage = (page: number, pages: number): AppError =>
  pages === 0 ? refuse('input/not-found', 'noBook') : refuse('input/not-found', 'noPage', { page: page + 1, pages })

/** Asked for without a mask. */
export const noMask = (): AppError => refuse('input/empty', 'noMask')
