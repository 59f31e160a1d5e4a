import type { HttpBindings } from '@hono/node-server'
import { Hono, type Env } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Config } from '../../config/schema.ts'
import type { BotStatus } from '../contract/status.ts'
import { readinessOf } from '../operations/health.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Platform } from '../operations/platforms.ts'
import { mayWatch } from '../operations/watchers.ts'

/** What the one HTTP server of the program answers with. */
export interface HttpParts<E extends Env> {
  readonly config: Config
  readonly tokens: readonly { readonly token: string }[]
  /** The page and its API. */
  readonly page: Hono<E>
  /** Slack's events come in here where a signing secret is set; the adapter checks them. */
  readonly platforms: readonly Platform[]
  readonly metrics: Metrics
  /** Undefined until the bot has started. */
  readonly bot: () => { status(): Promise<BotStatus> } | undefined
}

/** Largest event that Slack may send, in bytes. */
const eventBytes = 1 << 20

type ServedEnv = { Bindings: Partial<HttpBindings> }

/**
 * Puts what is public (health, Slack's signed events) before the page, whose own guards do not concern it. Until the bot
 * has started everything else is told to wait, with 503.
 */
export function createHttp<E extends Env>(parts: HttpParts<E>): Hono<ServedEnv> {
  const { config, metrics, bot } = parts
  const slackEvents = parts.platforms.find(({ handleHttp }) => handleHttp)?.handleHttp
  const status = async () => bot()?.status()
  const http = new Hono<ServedEnv>()
  http.get('/health', (c) => c.json({ status: 'ok' }, 200, noStore))
  http.get('/ready', async (c) => {
    const readiness = readinessOf(await status(), Date.now())
    return c.json(readiness, readiness.ready ? 200 : 503, noStore)
  })
  if (config.metrics === 'local') {
    for (const path of ['/metrics', '/status'])
      http.use(path, async (c, next) => {
        const asking = { address: c.env?.incoming?.socket.remoteAddress, headers: c.req.raw.headers }
        return mayWatch(asking, parts.tokens, config) ? next() : c.json(refused, 403, noStore)
      })
    http.get('/metrics', async (c) =>
      c.body(await metrics.text(await status()), 200, { ...noStore, 'Content-Type': metrics.contentType }),
    )
    http.get('/status', async (c) => {
      const found = await status()
      return found ? c.json(found, 200, noStore) : c.json(starting, 503, retryLater)
    })
  }
  http.use(async (c, next) => (bot() ? next() : c.json(starting, 503, retryLater)))
  if (slackEvents) {
    const onError = () => new Response('The event is too large.', { status: 413 })
    http.post('/slack/events', bodyLimit({ maxSize: eventBytes, onError }), (c) => slackEvents(c.req.raw))
  }
  http.route('/', parts.page)
  return http
}

const noStore = { 'Cache-Control': 'no-store' }
const retryLater = { ...noStore, 'Retry-After': '5' }

const starting = {
  error: { code: 'internal', message: 'The program is starting.', hint: 'Try again in a few seconds.' },
}
const refused = {
  error: {
    code: 'access/denied',
    message: 'Figures are shown to this machine, or with the token of the page.',
    hint: 'Send it as "Authorization: Bearer TOKEN".',
  },
}
