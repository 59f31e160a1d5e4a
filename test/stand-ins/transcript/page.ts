/** HTML that is already safe to be put into a page. */
export interface Html {
  readonly html: string
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!)

/** A template in which words are escaped, pieces of HTML are not, lists are joined, and nothing is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const written = strings.map((text, i) => text + (i < values.length ? write(values[i]) : ''))
  return { html: written.join('') }
}

type HtmlValue = string | number | undefined | Html | readonly Html[]

function write(value: HtmlValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return 'html' in value ? value.html : value.map((one) => one.html).join('\n')
}

/** A file's bytes as an address that a page can show without a server. */
export const dataUrl = (bytes: Uint8Array, mediaType: string): string =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`

/** A whole document: one file with nothing else to load. */
export function page({ title, css, body }: { title: string; css: string; body: Html }): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`
  return `<!doctype html>\n<html lang="en">\n<head>${head}<title>${escapeHtml(title)}</title>\n<style>\n${css}</style></head>\n<body>\n${body.html}\n</body>\n</html>\n`
}
