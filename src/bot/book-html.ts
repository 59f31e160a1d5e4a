/** A page of a book: its words, and its picture as an encoded file. */
export interface PrintedPage {
  readonly text: string
  readonly picture?: { readonly bytes: Uint8Array; readonly mediaType: string; readonly alt: string }
}

const style = `
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.25rem; font: 1.2rem/1.6 Georgia, 'Times New Roman', serif; color: #222; background: #fffdf8; }
h1 { font-size: 2rem; line-height: 1.2; text-align: center; margin: 2rem 0 3rem; }
section { margin: 0 0 3rem; }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1rem; }
img { display: block; margin: 0 auto; max-width: 100%; width: 32rem; height: auto; border-radius: .5rem; }
@media print {
  body { max-width: none; padding: 0; background: none; }
  section { break-inside: avoid; }
  section.picture { break-after: page; }
  section:last-of-type { break-after: auto; }
  img { max-height: 60vh; width: auto; }
}
`

/** A book as one HTML file: pictures inside, words escaped, nothing that runs or is loaded; it prints page by page. */
export function bookHtml(title: string, pages: readonly PrintedPage[]): string {
  return [
    '<!doctype html>',
    '<html>',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    ...pages.map(pageHtml),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function pageHtml({ text, picture }: PrintedPage): string {
  const words = text === '' ? '' : `<p>${escaped(text)}</p>`
  if (!picture) return `<section>${words}</section>`
  const { mediaType, bytes, alt } = picture
  const source = `data:${escaped(mediaType)};base64,${Buffer.from(bytes).toString('base64')}`
  return `<section class="picture">${words}<img src="${source}" alt="${escaped(alt)}"></section>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign]!)
