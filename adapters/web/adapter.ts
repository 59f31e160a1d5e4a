import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Adapter, Bot } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import { createAttempts } from './attempts.ts'
import { createAuthentication } from './authenticate.ts'
import type { RouteDeps, WebEnv } from './env.ts'
import { errorResponse } from './error-response.ts'
import { createFeeds } from './feed.ts'
import type { MaskLink } from '../chat/mask-link.ts'
import { createMaskLinks } from './mask-links.ts'
import { sameSite, securityHeaders } from './guard.ts'
import type { WebLog } from './log.ts'
import { resolveOptions } from './options.ts'
import type { WebLimits, WebOptions } from './options.ts'
import { buildPage } from './page-bundle.ts'
import type { PageBundle } from './page-bundle.ts'
import { readRestOfBody } from './rest-of-body.ts'
import { blobRoutes } from './routes/blobs.ts'
import { maskLinkRoutes } from './routes/mask-links.ts'
import { messageRoutes } from './routes/messages.ts'
import { aboutRoutes, pageRoutes } from './routes/pages.ts'
import { webPlatform } from './routes/thread-key.ts'
import { threadRoutes } from './routes/threads.ts'
import { createSessions } from './session.ts'

/** The local web page and its API (docs/web-api.md). The composition root serves `routes`. */
export type WebAdapter = Adapter & {
  readonly routes: Hono<WebEnv>
  /** Links to the mask editor, for other platforms. */
  readonly maskLink: MaskLink
}

/**
 * `makePage` makes the page's files, once. Throws AppError('config/invalid') when the page would be open to everyone on
 * a network.
 */
export function createWebAdapter(options: WebOptions, log: WebLog, makePage = buildPage): WebAdapter {
  const resolved = resolveOptions(options)
  const { limits } = resolved
  const feeds = createFeeds(limits)
  const attempts = createAttempts(limits.loginAttempts, limits.loginWindowMs)
  const authentication = createAuthentication(resolved, createSessions(options.tokens), attempts)
  let started: Bot | undefined
  let page: Promise<PageBundle> | undefined
  const loadPage = (): Promise<PageBundle> => (page ??= makePage())
  const deps: RouteDeps = { bot: () => started ?? notStarted(), feeds, limits, signIn: authentication.signIn }

  const routes = new Hono<WebEnv>()
  routes.onError((error, c) => errorResponse(c, error, log))
  for (const path of ['/', '/assets/*', '/login', '/logout', '/mask/*', '/api/*']) {
    routes.use(path, readRestOfBody, securityHeaders, sameSite(resolved), jsonLimit(limits))
  }
  for (const path of ['/', '/api/*']) routes.use(path, authentication.required)
  const parts = [pageRoutes(loadPage, authentication), aboutRoutes(deps)]
  const maskLinks = createMaskLinks(options.publicUrl)
  routes.route('/', maskLinkRoutes(deps, maskLinks, loadPage))
  for (const part of [...parts, threadRoutes(deps), messageRoutes(deps), blobRoutes(deps)]) routes.route('/', part)
  routes.all('/api/*', (c) => errorResponse(c, noSuchRoute(c.req.method, c.req.path), log))

  return {
    platform: webPlatform,
    capabilities: {
      textLimit: Infinity,
      fileLimitBytes: limits.fileBytes,
      streaming: true,
      modals: true,
      ephemeral: false,
      shared: false,
      spoilers: false,
    },
    routes,
    maskLink: maskLinks.make,
    async start(bot) {
      started = bot
      await loadPage()
    },
    async render(message) {
      if (message.key.platform === webPlatform) feeds.publish(message)
    },
    async stop() {
      feeds.close()
    },
  }
}

/** Small bodies everywhere but where files come in; that route has its own limit. */
function jsonLimit({ jsonBytes }: WebLimits) {
  const limit = bodyLimit({
    maxSize: jsonBytes,
    onError: () => {
      throw new AppError('input/too-long', {
        message: `The request is larger than ${Math.round(jsonBytes / 1024)} KiB.`,
        hint: 'Write less.',
      })
    },
  })
  return ((c, next) => {
    const upload =
      /\/(messages|actions)$|^\/mask\/[^/]+$/.test(c.req.path) &&
      c.req.header('Content-Type')?.startsWith('multipart/') === true
    return upload ? next() : limit(c, next)
  }) satisfies ReturnType<typeof bodyLimit>
}

function notStarted(): never {
  throw new AppError('internal', { message: 'The web adapter was asked before it was started.' })
}

const noSuchRoute = (method: string, path: string): AppError =>
  new AppError('input/not-found', { message: `There is no ${method} ${path}.`, hint: 'See docs/web-api.md.' })
