import { existsSync, readFileSync } from 'node:fs'
import type { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { singleFileJson } from './single-file.ts'

/**
 * Reads a checkpoint's JSON file (config.json and the like) by a schema; keys that the schema does not name are
 * dropped. Throws AppError `weights/missing` when there is no file, `weights/corrupt` when it is not JSON, and
 * `model/unsupported` naming key and value when a value is not one that this program has code for.
 */
export function readConfig<T>(file: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(readJson(file))
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`)
  throw new AppError('model/unsupported', {
    message: `${file}: ${problems.join('; ')}`,
    hint: 'This kind of model is not supported; choose one of "llmga models list".',
    details: { file },
  })
}

/** Whether a checkpoint has a JSON file; a single file of a whole model has those of its parts. */
export const hasJson = (file: string): boolean => existsSync(file) || singleFileJson(file) !== undefined

/** Reads a JSON file of a checkpoint. Throws AppError `weights/missing` or `weights/corrupt`. */
export function readJson(file: string): unknown {
  const inside = singleFileJson(file)
  if (inside !== undefined) return inside
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('weights/missing', {
      message: `${file}: the file cannot be opened`,
      hint: 'Check the model folder, or fetch the model again.',
      details: { file },
      cause,
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('weights/corrupt', {
      message: `${file}: not JSON`,
      hint: 'The file is damaged; copy or download it again.',
      details: { file },
      cause,
    })
  }
}
