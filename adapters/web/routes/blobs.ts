import { Hono } from 'hono'
import { AppError } from '../../../src/contract/errors.ts'
import type { ImageNode } from '../../../src/contract/conversation.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import { threadKeyOf } from './thread-key.ts'

/** Bytes of pictures. The hash names them, so a browser may keep them for ever. */
export function blobRoutes({ bot }: RouteDeps): Hono<WebEnv> {
  return new Hono<WebEnv>().get('/api/threads/:threadId/blobs/:sha256', async (c) => {
    const { sha256 } = c.req.param()
    const bytes = await bot().readBlob(threadKeyOf(c), c.get('person'), sha256)
    if (bytes === undefined) throw notFound()
    const mediaType = sniffMediaType(bytes)
    c.header('Content-Type', mediaType)
    c.header('Cache-Control', 'private, max-age=31536000, immutable')
    c.header('ETag', `"${sha256}"`)
    const file = c.req.query('download') !== undefined || mediaType === unknownType
    if (file)
      c.header('Content-Disposition', attachment(`${await nameOf(c, sha256)}.${extensions[mediaType] ?? 'bin'}`))
    return c.body(new Uint8Array(bytes))
  })

  /** A name that a person recognises: the prompt's words and the seed, or the upload's own name. */
  async function nameOf(c: WebContext, sha256: string): Promise<string> {
    const view = await bot().readThread(threadKeyOf(c), c.get('person'))
    const node = Object.values(view?.state.images ?? {}).find((image) => image.sha256 === sha256)
    return node === undefined ? 'picture' : pictureName(node)
  }
}

const unknownType = 'application/octet-stream'
const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
}

/** The type that the first bytes show; what is no picture is never shown as anything. */
export function sniffMediaType(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  if (head.startsWith('GIF8')) return 'image/gif'
  return /^ftypavi[fs]/.test(head.slice(4)) ? 'image/avif' : unknownType
}

/** "A big red fox, in the snow" with seed 7 -> 'a-big-red-fox-in-the-snow-7'. */
export function pictureName({ recipe, name }: Pick<ImageNode, 'recipe' | 'name'>): string {
  if (recipe === undefined) return name?.replace(/\.[a-z0-9]{1,5}$/i, '') || 'picture'
  const words = (recipe.wish ?? recipe.prompt)
    .normalize('NFKD')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? ['picture']
  return `${words.join('-').slice(0, 60).replace(/-$/, '')}-${recipe.seed + recipe.index}`
}

/** RFC 6266: a plain name for old clients, the real one for the others. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

const notFound = (): AppError =>
  new AppError('input/not-found', { message: 'There is no such picture.', hint: 'It may have been deleted.' })
