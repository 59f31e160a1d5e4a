import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AppError } from '../../src/contract/errors.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { WebLog } from './log.ts'
import type { WireError } from './wire.ts'

/** HTTP status of every code. 4xx: change the request; 5xx: the request was fine, the machine is not. */
export const statusOfCode: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  'config/invalid': 500,
  'config/port-in-use': 500,
  'input/empty': 400,
  'input/too-long': 413,
  'input/not-text': 400,
  'input/unknown-option': 400,
  'input/invalid-option': 400,
  'input/not-found': 404,
  'image/unreadable': 422,
  'image/unsupported': 415,
  'image/too-large': 413,
  'weights/missing': 503,
  'weights/corrupt': 503,
  'weights/shape-mismatch': 503,
  'weights/hash-mismatch': 503,
  'model/unsupported': 501,
  'model/not-found': 503,
  'model/too-large': 503,
  'hub/unreachable': 502,
  'inference/cancelled': 409,
  'inference/worker-crashed': 503,
  'inference/out-of-memory': 503,
  'inference/failed': 500,
  'storage/full': 507,
  'storage/newer-version': 500,
  'storage/corrupt': 500,
  'storage/locked': 503,
  'access/denied': 403,
  'access/limit': 429,
  internal: 500,
}

/** Answers with {error}; what is not an AppError (or an internal one) is logged and told without its insides. */
export function errorResponse(c: Context, thrown: unknown, log: WebLog): Response {
  const error = AppError.from(thrown)
  if (error.code !== 'internal') return respond(c, statusOfCode[error.code], error)
  log.error({ err: thrown, path: c.req.path }, 'a request failed')
  const message = 'Something went wrong inside the program.'
  return respond(c, 500, new AppError('internal', { message, hint: 'Try again; the log of the server says more.' }))
}

/** 401, which no code means by itself: who is asking is not known yet. */
export function unauthenticated(c: Context): Response {
  c.header('WWW-Authenticate', 'Bearer realm="llmga"')
  return respond(
    c,
    401,
    new AppError('access/denied', { message: 'This page needs a token.', hint: 'Sign in at /login.' }),
  )
}

function respond(c: Context, status: ContentfulStatusCode, error: AppError): Response {
  const { code, message, hint, details } = error.toJSON()
  if (typeof details?.['retryAfterSeconds'] === 'number') c.header('Retry-After', String(details['retryAfterSeconds']))
  c.header('Cache-Control', 'no-store')
  const body: WireError = { error: { code, message: asSentence(message), ...(hint === undefined ? {} : { hint }) } }
  return c.json(body, status)
}

/** 'nothing is going on' -> 'Nothing is going on.' */
const asSentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1).replace(/[^.!?…]$/, '$&.')
