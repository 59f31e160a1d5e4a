import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { AppError } from '../contract/errors.ts'

/**
 * Reads a checkpoint's JSON file and checks it against what the code of its family can do. Throws AppError
 * `weights/missing` when there is no such file, `weights/corrupt` when it is not a JSON object, and
 * `model/unsupported` naming the key when a value is one that there is no code for.
 */
export function readConfigFile<T extends z.ZodType>(file: string, schema: T): z.infer<T> {
  return parseConfig(file, readJsonObject(file), schema)
}

/** Checks values of a config; `file` names it in errors. */
export function parseConfig<T extends z.ZodType>(file: string, values: unknown, schema: T): z.infer<T> {
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('model/unsupported', {
    message: `${file}: ${issue?.path.join('.') || 'the config'}: ${issue?.message}`,
    hint: 'This version has no code for such a model; choose another one ("llmga models list").',
    details: { file },
  })
}

/** A JSON file whose top is an object. Throws AppError `weights/missing` or `weights/corrupt`. */
export function readJsonObject(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('weights/missing', {
      message: `${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'A model folder holds a checkpoint as published, with its config files; fetch the model again.',
      details: { file },
      cause,
    })
  }
  try {
    const values: unknown = JSON.parse(text)
    if (typeof values === 'object' && values !== null && !Array.isArray(values))
      return values as Record<string, unknown>
  } catch {
    // Not JSON at all: the same error as for JSON that is no object.
  }
  throw new AppError('weights/corrupt', {
    message: `${file} is not a JSON object`,
    hint: 'The file is damaged; copy or download it again.',
    details: { file },
  })
}
