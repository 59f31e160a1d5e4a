import { AppError } from '../contract/errors.ts'
import { withHint } from '../../adapters/terminal/view.ts'

/** Machine output: one line on stdout. */
export const printLine = (text: string): void => void process.stdout.write(`${text}\n`)

/** One value as a JSON line on stdout. */
export const printJson = (value: unknown): void => printLine(JSON.stringify(value))

/** A sentence for the person, on stderr. */
export const tell = (text: string): void => void process.stderr.write(`${text}\n`)

/** Says what went wrong and what to do; an error of the program itself keeps its stack for a report. */
export function tellError(thrown: unknown): AppError {
  const error = AppError.from(thrown)
  tell(withHint(error.message, error.hint))
  if (error.code === 'internal' && error.cause instanceof Error) tell(error.cause.stack ?? '')
  return error
}
