/** What bytes are, told from their first ones alone: names and declared types come from outside. */

export const unknownType = 'application/octet-stream'
export const htmlType = 'text/html; charset=utf-8'

export const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
}

/** The type of a picture; anything else is unknown, and never shown as anything. */
export function sniffMediaType(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  if (head.startsWith('GIF8')) return 'image/gif'
  return /^ftypavi[fs]/.test(head.slice(4)) ? 'image/avif' : unknownType
}

export const isPicture = (mediaType: string): boolean => mediaType in extensions

/** Whether the bytes begin as an HTML document does. */
export const isHtml = (bytes: Uint8Array): boolean =>
  /^\s*<!doctype html[\s>]/i.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'))

/** RFC 6266: a plain name for old clients, the real one for the others. */
export function attachment(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
