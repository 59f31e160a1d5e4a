import type { MiddlewareHandler } from 'hono'
import type { WebEnv } from './env.ts'

/** More than any message may have; who sends more has to connect again. */
const maxBytes = 100 * 1024 * 1024

/**
 * Reads what a refused request left of its body, so that its connection can take the next one. Left to itself,
 * @hono/node-server 2.1 ends the connection half a second later, in the middle of whatever goes on there by then.
 */
export const readRestOfBody: MiddlewareHandler<WebEnv> = async (c, next) => {
  await next()
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return
  const { body, bodyUsed } = c.req.raw
  if (body === null || bodyUsed) return
  if (body.locked || Number(c.req.header('Content-Length')) > maxBytes) c.res.headers.set('Connection', 'close')
  else await body.pipeTo(new WritableStream()).catch(() => undefined) // the sender has gone
}
