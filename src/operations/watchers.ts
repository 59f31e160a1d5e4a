import { createHash, timingSafeEqual } from 'node:crypto'
import { isLoopback } from '../../adapters/web/options.ts'
import type { Config } from '../../config/schema.ts'

/** What is known of a request for figures. */
export interface Asking {
  /** Address at the other end of the connection; absent where there is none. */
  readonly address: string | undefined
  readonly headers: Headers
}

/**
 * Whether somebody may see figures and status: with the page's token, or from this machine itself. A request that a
 * proxy on this machine passed on does not count as the machine's own, and nothing does where the page is public.
 */
export function mayWatch({ address, headers }: Asking, tokens: readonly { readonly token: string }[], config: Config) {
  const bearer = /^Bearer (.+)$/i.exec(headers.get('Authorization') ?? '')?.[1]
  if (bearer !== undefined) return tokens.some(({ token }) => equal(token, bearer))
  const isPublic = config.publicUrl !== undefined && !isLoopback(new URL(config.publicUrl).hostname)
  const isProxied = ['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via'].some((name) => headers.has(name))
  const host = URL.parse(`http://${headers.get('Host') ?? ''}`)?.hostname // a foreign name would be DNS rebinding
  const isNamedLocal = host !== undefined && isLoopback(host)
  return !isPublic && !isProxied && isNamedLocal && address !== undefined && isLocalAddress(address)
}

const isLocalAddress = (address: string): boolean => isLoopback(address.replace(/^::ffff:/, ''))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const equal = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
