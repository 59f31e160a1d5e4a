import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { AppError } from '../../../src/contract/errors.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import { streamOf } from '../stream-of.ts'
import { toWireSummary, toWireThread } from '../to-wire.ts'
import type { WireThread } from '../wire.ts'
import { readJson } from './body.ts'
import { attachment } from './media-type.ts'
import { threadKeyOf, threadNotFound, webPlatform } from './thread-key.ts'

const renaming = z.strictObject({ title: z.string().trim().min(1).max(120) })

/** List, create, read, rename, delete, export and follow threads. */
export function threadRoutes({ bot, feeds }: RouteDeps): Hono<WebEnv> {
  const read = async (c: WebContext): Promise<WireThread | undefined> => {
    const view = await bot().readThread(threadKeyOf(c), c.get('person'))
    return view === undefined ? undefined : toWireThread(bot(), c.get('person'), view)
  }
  return new Hono<WebEnv>()
    .get('/api/threads', async (c) => {
      const threads = await bot().listThreads(webPlatform, c.get('person'))
      return c.json({ threads: threads.map(toWireSummary) })
    })
    .post('/api/threads', (c) => c.json({ threadId: randomUUID() }, 201))
    .get('/api/threads/:threadId', async (c) => {
      const thread = await read(c)
      if (thread === undefined) throw threadNotFound()
      return c.json(thread)
    })
    .patch('/api/threads/:threadId', async (c) => {
      const { title } = await readJson(c, renaming)
      await bot().renameThread(threadKeyOf(c), c.get('person'), title)
      feeds.refresh(threadKeyOf(c))
      return c.json({ title })
    })
    .delete('/api/threads/:threadId', async (c) => {
      await bot().deleteThread(threadKeyOf(c), c.get('person'))
      feeds.refresh(threadKeyOf(c))
      return c.body(null, 204)
    })
    .get('/api/threads/:threadId/events', async (c) => {
      const key = threadKeyOf(c)
      if ((await bot().readThread(key, c.get('person'))) === undefined) throw threadNotFound()
      const stream = feeds.open({ key, personId: c.get('person').id, snapshot: () => read(c) })
      return c.body(stream, 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      })
    })
    .get('/api/threads/:threadId/export', async (c) => {
      const exported = await bot().exportThread(threadKeyOf(c), c.get('person'))
      if (exported === undefined) throw threadNotFound()
      return c.body(streamOf(exported.chunks), 200, {
        'Content-Type': exported.mediaType,
        'Content-Disposition': attachment(exported.name),
        'Cache-Control': 'no-store',
      })
    })
    .get('/api/threads/:threadId/recipes/:imageId', async (c) => {
      const view = await bot().readThread(threadKeyOf(c), c.get('person'))
      const recipe = view?.state.images[c.req.param('imageId')]?.recipe
      if (recipe !== undefined) return c.json(recipe)
      throw new AppError('input/not-found', {
        message: 'This picture has no recipe.',
        hint: 'Only pictures that were drawn here have one.',
      })
    })
}
