import type { z } from 'zod'
import { AppError } from '../../../src/contract/errors.ts'
import type { WebContext } from '../env.ts'

/** The JSON body, checked. Throws AppError('input/invalid-option' or 'input/unknown-option'). */
export async function readJson<T extends z.ZodType>(c: WebContext, schema: T): Promise<z.output<T>> {
  return parseJson(await c.req.text(), schema, 'The request body')
}

/** JSON text, checked; `what` names it in the error. */
export function parseJson<T extends z.ZodType>(text: string, schema: T, what: string): z.output<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AppError('input/invalid-option', {
      message: `${what} is not JSON.`,
      hint: 'See the examples in docs/web-api.md.',
    })
  }
  return checked(value, schema, what)
}

/** A value, checked; the error names the first field that is wrong. */
export function checked<T extends z.ZodType>(value: unknown, schema: T, what: string): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at "${issue.path.join('.')}"`
  throw new AppError(issue?.code === 'unrecognized_keys' ? 'input/unknown-option' : 'input/invalid-option', {
    message: `${what} is wrong${at}: ${issue?.message ?? 'unknown problem'}.`,
    hint: 'See the fields in docs/web-api.md.',
  })
}
