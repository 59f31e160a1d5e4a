import { AppError } from '../contract/errors.ts'

/** Work on a picture where there is none. */
export const missingPicture = (what: string): AppError =>
  new AppError('input/not-found', {
    message: `${what} needs a picture, and this thread has none`,
    hint: 'Send one, or have one drawn first.',
  })

export const missingPage = (page: number, pages: number): AppError =>
  new AppError('input/not-found', {
    message: pages === 0 ? 'there is no storybook in this thread' : `there is no page ${page + 1} with a picture`,
    hint: pages === 0 ? 'Have one written first: /story a fox --pages 3.' : `The book has ${pages} pages.`,
  })

/** Asked for without a mask. */
export const noMask = (): AppError =>
  new AppError('input/empty', {
    message: 'there is no mask: what is to be drawn anew?',
    hint: 'Mark it with Inpaint…, send a second picture that is white there, or give --boxes or --cells.',
  })
