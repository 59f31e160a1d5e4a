import { withHint, type TextStream, type View } from './view.ts'

/**
 * Writes replies for a program: one JSON object a line, each with `type` and `jobId`:
 * text {text, restart}, prompt {block, text, restart}, progress {progress, talking}, image {block, image, file, talking}, notice {text},
 * change {change}, file {file, made}, route {chosen},
 * error {error, sentence}, end {state, controls}, refused {error, sentence}. Previews are left out.
 */
export function createJsonView(out: TextStream): View {
  const withoutPreviews = (key: string, value: unknown) => (key === 'preview' ? undefined : value)
  const write = (value: object): void => void out.write(`${JSON.stringify(value, withoutPreviews)}\n`)
  return {
    show: (change, jobId) => write({ jobId, ...change }),
    refused: (error) => write({ type: 'refused', error, sentence: withHint(error.message, error.hint) }),
  }
}
