import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../src/contract/errors.ts'

/** A config file's path and its keys as they stand in it. */
export interface ConfigFile {
  readonly file: string
  readonly values: Readonly<Record<string, unknown>>
}

const commentsAndStrings = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** JSON in which comments may stand; they become blanks of the same length, so that error positions stay true. */
export function parseJsonWithComments(text: string): unknown {
  return JSON.parse(
    text.replace(commentsAndStrings, (part) => (part.startsWith('"') ? part : part.replace(/\S/g, ' '))),
  )
}

/**
 * Reads the named config file, or ./llmga.config.json where none is named and that exists.
 * Throws AppError `config/invalid` for a named file that is not there and for what is not a JSON object.
 */
export function readConfigFile(named: string | undefined, cwd: string): ConfigFile | undefined {
  const file = path.resolve(cwd, named ?? 'llmga.config.json')
  if (!existsSync(file)) {
    if (named === undefined) return undefined
    throw invalid(`the config file ${file} does not exist`, 'Correct LLMGA_CONFIG or --config, or write the file.')
  }
  const hint = 'It must be a JSON object (comments are allowed), for example { "httpPort": 8080 }.'
  let values: unknown
  try {
    values = parseJsonWithComments(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(`the config file ${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, hint, cause)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw invalid(`the config file ${file} holds no JSON object`, hint)
  return { file, values: values as Record<string, unknown> }
}

const invalid = (message: string, hint: string, cause?: unknown) =>
  new AppError('config/invalid', { message, hint, ...(cause === undefined ? {} : { cause }) })
