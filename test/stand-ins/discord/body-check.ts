import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { RoutePattern } from './route-patterns.ts'

const description = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const ajv = new Ajv2020({
  strict: false, // the description is a document around schemas
  allErrors: true,
  formats: {
    snowflake: /^\d{1,20}$/,
    nonce: true,
    double: true,
    int32: { type: 'number', validate: (value: number) => Number.isInteger(value) && Math.abs(value) < 2 ** 32 },
    int64: { type: 'number', validate: Number.isInteger },
    'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
    uri: (text: string) => URL.canParse(text),
  },
})
ajv.addSchema(description, 'discord')

const validators = new Map<RoutePattern, ValidateFunction | undefined>()

function validatorOf(pattern: RoutePattern): ValidateFunction | undefined {
  if (validators.has(pattern)) return validators.get(pattern)
  const [method = '', path = ''] = pattern.split(' ')
  const known = description.paths[path]?.[method.toLowerCase()] !== undefined
  const pointer = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema']
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
  const validator = known ? ajv.getSchema(`discord#/${escaped.join('/')}`) : undefined
  if (known && !validator) throw new Error(`Discord's description has no body for ${pattern}`)
  validators.set(pattern, validator)
  return validator
}

/**
 * What is wrong with the body of a request by Discord's OpenAPI description: one line for each place, the deepest ones
 * only (a union of components fails in every branch). Empty when it fits.
 */
export function bodyErrors(pattern: RoutePattern, body: unknown): readonly string[] {
  const validate = validatorOf(pattern)
  if (!validate) return body === undefined ? [] : [`${pattern} takes no body`]
  if (validate(body)) return []
  const errors = validate.errors ?? []
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length
  const deepest = Math.max(...errors.map(depth))
  const lines = errors.filter((error) => depth(error) === deepest).map(lineOf)
  return [...new Set(lines)].slice(0, 12)
}

const lineOf = ({ instancePath, message, params }: ErrorObject) =>
  `${instancePath === '' ? 'body' : instancePath} ${message ?? 'does not fit'} ${JSON.stringify(params)}`
