import { z } from 'zod'
import { AppError } from '../contract/errors.ts'

/** A style preset: words that are added to what is drawn and to what is avoided. */
export interface Style {
  readonly title: string
  /** Added to the prompt, after a comma. */
  readonly suffix: string
  /** Added to the negative prompt. */
  readonly negative?: string | undefined
}

/** Style presets by name, as config/styles.json holds them. */
export type Styles = Readonly<Record<string, Style>>

const schema = z.record(
  z.string().regex(/^[a-z0-9-]+$/),
  z.strictObject({ title: z.string().min(1), suffix: z.string().min(1), negative: z.string().optional() }),
)

/** Checks style presets. Throws AppError `config/invalid`. */
export function parseStyles(json: unknown, file: string): Styles {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('config/invalid', {
    message: `${file}: ${issue?.path.join('.')}: ${issue?.message}`,
    hint: 'A style is {"title", "suffix", "negative"}; its name has lower-case letters, digits and hyphens.',
  })
}

const joined = (...parts: readonly (string | undefined)[]) =>
  parts.filter((part) => part !== undefined && part !== '').join(', ')

/** What is really drawn: prompt and negative prompt with those of the style. */
export const styled = (style: Style | undefined, prompt: string, negativePrompt: string | undefined) => ({
  prompt: joined(prompt, style?.suffix),
  negativePrompt: joined(negativePrompt, style?.negative),
})
