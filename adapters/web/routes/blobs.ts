import { Hono } from 'hono'
import { AppError } from '../../../src/contract/errors.ts'
import type { ImageNode } from '../../../src/contract/conversation.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import { attachment, extensions, htmlType, isHtml, sniffMediaType, unknownType } from './media-type.ts'
import { threadKeyOf } from './thread-key.ts'

/**
 * An HTML file stands alone: no script, no address but its own data, no origin, and so no way to the person's threads.
 */
const filePolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"

/** Bytes of pictures and files. The hash names them, so a browser may keep them for ever. */
export function blobRoutes({ bot }: RouteDeps): Hono<WebEnv> {
  const read = async (c: WebContext): Promise<Uint8Array<ArrayBuffer>> => {
    const sha256 = c.req.param('sha256') ?? ''
    const bytes = await bot().readBlob(threadKeyOf(c), c.get('person'), sha256)
    if (bytes === undefined) throw notFound()
    c.header('Cache-Control', 'private, max-age=31536000, immutable')
    c.header('ETag', `"${sha256}"`)
    return new Uint8Array(bytes)
  }
  return new Hono<WebEnv>()
    .get('/api/threads/:threadId/blobs/:sha256', async (c) => {
      const bytes = await read(c)
      const mediaType = sniffMediaType(bytes)
      c.header('Content-Type', mediaType)
      const file = c.req.query('download') !== undefined || mediaType === unknownType
      const name = file ? await nameOf(c, c.req.param('sha256')) : ''
      if (file) c.header('Content-Disposition', attachment(`${name}.${extensions[mediaType] ?? 'bin'}`))
      return c.body(bytes)
    })
    .get('/api/threads/:threadId/files/:sha256/:name', async (c) => {
      const bytes = await read(c)
      const shown = isHtml(bytes) && c.req.query('download') === undefined
      c.header('Content-Type', isHtml(bytes) ? htmlType : sniffMediaType(bytes))
      if (shown) c.header('Content-Security-Policy', filePolicy)
      else c.header('Content-Disposition', attachment(c.req.param('name').slice(-120)))
      return c.body(bytes)
    })

  /** A name that a person recognises: the prompt's words and the seed, or the upload's own name. */
  async function nameOf(c: WebContext, sha256: string): Promise<string> {
    const view = await bot().readThread(threadKeyOf(c), c.get('person'))
    const node = Object.values(view?.state.images ?? {}).find((image) => image.sha256 === sha256)
    return node === undefined ? 'picture' : pictureName(node)
  }
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

const notFound = (): AppError =>
  new AppError('input/not-found', { message: 'There is no such picture.', hint: 'It may have been deleted.' })
