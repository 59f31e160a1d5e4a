import { splitText } from '../chat/split-text.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * Words as Slack takes them: its three characters of control as entities, so that nothing in them is a mention, a
 * command or a link: `<!everyone>` stays what it says and pings nobody.
 */
export const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => entities[sign]!)

/** The inverse of `escaped`. */
export const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** A quote: each line behind a mark. */
export const quoted = (text: string): string =>
  escaped(text)
    .split('\n')
    .map((line) => `>${line}`)
    .join('\n')

/** A text in pieces that are at most `limit` long once they are written as `write` does. */
export function piecesOf(text: string, limit: number, write: (text: string) => string): readonly string[] {
  return splitText(text, limit).flatMap((piece) => {
    const written = write(piece)
    if (written.length <= limit) return [written]
    // one character becomes at most five: pieces of a fifth always fit
    return splitText(piece, Math.floor(limit / 5) - 1).map(write)
  })
}

/** At most `limit` characters, the last one an ellipsis where something is missing. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  const [head = ''] = splitText(text, limit - 1)
  return `${head}…`
}
