import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Person } from '../../src/contract/thread.ts'
import type { Attempts } from './attempts.ts'
import type { WebContext, WebEnv } from './env.ts'
import { unauthenticated } from './error-response.ts'
import type { WebOptions } from './options.ts'
import { sessionSeconds } from './session.ts'
import type { Sessions } from './session.ts'

const cookieName = 'llmga_session'

/** The one person of a page without tokens: whoever sits at this machine. */
const localPerson: Person = { id: 'local', name: 'You' }

export interface Authentication {
  /** Lets in who is known; a document without a session goes to the sign-in page, anything else gets 401. */
  readonly required: MiddlewareHandler<WebEnv>
  /** Whether people sign in at all. */
  readonly signIn: boolean
  /** Opens a session for a right token. Throws AppError('access/limit') after too many wrong ones. */
  login(c: WebContext, token: string): boolean
  logout(c: WebContext): void
}

export function createAuthentication(options: WebOptions, sessions: Sessions, attempts: Attempts): Authentication {
  const signIn = options.tokens.length > 0
  const setSession = (c: WebContext, value: string, maxAge = sessionSeconds): void =>
    setCookie(c, cookieName, value, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: Math.min(maxAge, 400 * 24 * 3600),
      secure: isPublicHttps(c, options.publicUrl),
    })
  const identify = (c: WebContext): Person | undefined => {
    const bearer = /^Bearer (.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    if (bearer !== undefined) return tryToken(c, attempts, () => sessions.byToken(bearer))
    const session = sessions.byCookie(getCookie(c, cookieName) ?? '')
    if (session?.renewed !== undefined) setSession(c, session.renewed)
    return session?.person
  }
  return {
    signIn,
    async required(c, next) {
      const person = signIn ? identify(c) : localPerson
      if (person === undefined) return c.req.path.startsWith('/api/') ? unauthenticated(c) : c.redirect('/login', 303)
      c.set('person', person)
      return next()
    },
    login(c, token) {
      const value = tryToken(c, attempts, () => sessions.open(token))
      if (value !== undefined) setSession(c, value)
      return value !== undefined
    },
    logout: (c) => setSession(c, '', 0),
  }
}

/** Counts what a wrong token returns (undefined) against the address that sent it. */
function tryToken<T>(c: WebContext, attempts: Attempts, attempt: () => T | undefined): T | undefined {
  const address = c.env?.incoming?.socket.remoteAddress ?? 'unknown'
  attempts.check(address)
  const result = attempt()
  if (result === undefined) attempts.failed(address)
  return result
}

/** A Secure cookie where the browser came through https; plain http (localhost, a home network) would drop it. */
const isPublicHttps = (c: WebContext, publicUrl: string | undefined): boolean =>
  publicUrl?.startsWith('https:') === true && c.req.header('Host') === new URL(publicUrl).host
