export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** Blocks as Slack takes them: the checks in blocks.ts say what must be in them. */
export type SlackBlock = JsonObject
export type SlackView = JsonObject

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {})
export const asList = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Characters as Slack counts them: code points. */
export const lengthOf = (text: string): number => [...text].length

/** Arguments of a call; nested ones arrive as JSON in a form's field, or as they are in a JSON body. */
export type Args = Readonly<Record<string, unknown>>

export const textArg = (args: Args, name: string): string | undefined => {
  const value = args[name]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Throws a SyntaxError for what is not JSON. */
export const jsonArg = (args: Args, name: string): unknown => {
  const value = args[name]
  return typeof value === 'string' ? (JSON.parse(value) as unknown) : value
}

/** Why Slack does not do it: the answer has `ok: false` and this code. */
export class SlackRefusal extends Error {
  readonly code: string
  readonly details: readonly string[]

  constructor(code: string, details: readonly string[] = []) {
    super(code)
    this.code = code
    this.details = details
  }
}
