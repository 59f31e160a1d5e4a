import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../../src/contract/errors.ts'
import type { WebEnv } from './env.ts'
import { isLoopback } from './options.ts'
import type { WebOptions } from './options.ts'

/** Nothing but the page's own files runs, loads or frames it. Pictures also come as data: (previews) and blob:. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
}

/** Puts the security headers on every answer, errors included. A route may have set a policy of its own. */
export const securityHeaders: MiddlewareHandler<WebEnv> = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.res.headers.set(name, value)
}

/**
 * Refuses requests for another host (DNS rebinding: a foreign name that resolves to this machine) and state-changing
 * requests from another site (a foreign page posting with the person's cookie). Throws AppError('access/denied').
 */
export function sameSite(options: Pick<WebOptions, 'host' | 'publicUrl'>): MiddlewareHandler<WebEnv> {
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl)
  const hostAllowed = allowedHosts(options.host, publicUrl?.hostname)
  return async (c, next) => {
    const host = c.req.header('Host') ?? new URL(c.req.url).host
    if (!hostAllowed(hostnameOf(host))) throw foreign(`This page does not answer to the name "${host}".`)
    const site = c.req.header('Sec-Fetch-Site')
    const document = c.req.method === 'GET' && c.req.header('Sec-Fetch-Mode') === 'navigate'
    const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
    if (foreignSite && !document) throw foreign('Another site asked for this.')
    const origin = c.req.header('Origin')
    if (changesState(c.req.method) && origin !== undefined && !sameOrigin(origin, host, publicUrl?.origin)) {
      throw foreign(`A page of ${origin} asked for this.`)
    }
    return next()
  }
}

/** Host names that the page answers to. Addresses are fine where it is not local: only names can be rebound. */
function allowedHosts(bound: string, publicName: string | undefined): (hostname: string) => boolean {
  const local = isLoopback(bound)
  return (hostname) =>
    isLoopback(hostname) || hostname === bound || hostname === publicName || (!local && isIP(hostname) !== 0)
}

const sameOrigin = (origin: string, host: string, publicOrigin: string | undefined): boolean =>
  origin === publicOrigin || origin === `http://${host}` || origin === `https://${host}`

const changesState = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)

/** 'localhost' of 'localhost:8080', '::1' of '[::1]:8080'; '' for what is not a host. */
function hostnameOf(host: string): string {
  const url = URL.parse(`http://${host}`)
  return url === null ? '' : url.hostname.replace(/^\[|\]$/g, '')
}

const foreign = (message: string): AppError =>
  new AppError('access/denied', { message, hint: 'Open the address that the program printed at its start.' })
