import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../../config/schema.ts'
import { AppError } from '../contract/errors.ts'

/** Keys that hold secrets wherever they stand in a line; nothing should log them, and this is the second line. */
const secretKeys = [
  'token',
  'tokens',
  'botToken',
  'appToken',
  'signingSecret',
  'authorization',
  'Authorization',
  'cookie',
  'password',
]
const redact = {
  paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `err.config.headers.${key}`]),
  censor: '********',
}

/** What looks like a token of Discord or Slack in the text of an error. */
const tokenLike = /\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}|\bBot [\w-]+\.[\w.-]+/g

/** Codes whose messages say back what a person wrote. */
const aboutWords = /^(input|access)\//

/** The log on stderr: JSON lines, or readable ones where a person looks on. People's words only with `logPrompts`. */
export const createLog = ({ logLevel, logPrompts }: Pick<Config, 'logLevel' | 'logPrompts'>): Logger =>
  pino(
    { level: logLevel, redact, serializers: { err: (error: unknown) => loggedError(error, logPrompts) } },
    process.stderr.isTTY
      ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
      : pino.destination({ dest: 2, sync: true }),
  )

/** An error as it is logged: without tokens, and without what a person wrote unless that is allowed. */
export function loggedError(error: unknown, logPrompts: boolean): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error.replace(tokenLike, '********') : error
  const isPrivate = !logPrompts && error instanceof AppError && aboutWords.test(error.code)
  const clean = (text: string) => text.replace(tokenLike, '********')
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    ...(error instanceof AppError ? { code: error.code } : codeOf(error)),
    message: isPrivate ? '(about what a person wrote)' : clean(error.message),
    ...(error instanceof AppError && error.hint !== undefined && !isPrivate ? { hint: clean(error.hint) } : {}),
    stack: frames.join('\n'),
    ...(error.cause === undefined || isPrivate ? {} : { cause: loggedError(error.cause, logPrompts) }),
  }
}

const codeOf = (error: Error): { readonly code?: unknown } =>
  'code' in error && ['string', 'number'].includes(typeof error.code) ? { code: error.code } : {}
