import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import type { BotAbout } from '../../../src/contract/adapter.ts'
import { AppError } from '../../../src/contract/errors.ts'
import type { Authentication } from '../authenticate.ts'
import { appDocument, loginDocument } from '../documents.ts'
import type { RouteDeps, WebEnv } from '../env.ts'
import { statusOfCode } from '../error-response.ts'
import type { PageBundle } from '../page-bundle.ts'

/** What the page needs to know before its first thread. */
export interface WireAbout extends BotAbout {
  readonly person: string
  readonly signIn: boolean
  readonly filesPerMessage: number
  readonly fileBytes: number
}

/** The page, its files, and signing in and out: what works without a session, but for '/'. */
export function pageRoutes(page: () => Promise<PageBundle>, authentication: Authentication): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get('/', async (c) => {
      const theme = getCookie(c, 'llmga_theme')
      c.header('Cache-Control', 'no-cache')
      return c.html(appDocument(await page(), theme === 'light' || theme === 'dark' ? theme : undefined))
    })
    .get('/assets/:file', async (c) => {
      const asset = Object.values(await page()).find(({ path }) => path === c.req.path)
      if (asset === undefined) throw new AppError('input/not-found', { message: 'There is no such file.' })
      return c.body(asset.content, 200, {
        'Content-Type': asset.mediaType,
        'Cache-Control': 'public, max-age=31536000, immutable',
      })
    })
    .get('/login', async (c) => {
      c.header('Cache-Control', 'no-store')
      return authentication.signIn ? c.html(loginDocument(await page())) : c.redirect('/', 303)
    })
    .post('/login', async (c) => {
      const { token } = await c.req.parseBody()
      try {
        if (typeof token === 'string' && authentication.login(c, token.trim())) return c.redirect('/', 303)
        return c.html(loginDocument(await page(), 'This token is not known here.'), 401)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        const problem = `${error.message} ${error.hint ?? ''}`
        return c.html(loginDocument(await page(), problem), statusOfCode[error.code])
      }
    })
    .post('/logout', (c) => {
      authentication.logout(c)
      return c.redirect('/login', 303)
    })
}

/** What the models know, who is asking, and the limits. */
export function aboutRoutes({ bot, limits, signIn }: RouteDeps): Hono<WebEnv> {
  return new Hono<WebEnv>().get('/api/about', (c) => {
    const { filesPerMessage, fileBytes } = limits
    const about: WireAbout = { ...bot().about(), person: c.get('person').name, signIn, filesPerMessage, fileBytes }
    return c.json(about)
  })
}
