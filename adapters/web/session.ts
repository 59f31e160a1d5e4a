import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Person } from '../../src/contract/thread.ts'
import type { WebToken } from './options.ts'

/** Who may come in. Nothing is stored: a session is a signed cookie, and its key is derived from the token. */
export interface Sessions {
  /** The person behind a token sent with each request; undefined for a wrong one. */
  byToken(token: string): Person | undefined
  /** A cookie value for a browser that showed this token; undefined for a wrong one. */
  open(token: string): string | undefined
  /** The person behind a cookie value, and a fresh value once half of its time is over. */
  byCookie(value: string): { readonly person: Person; readonly renewed?: string } | undefined
}

export const sessionSeconds = 90 * 24 * 3600

interface Keyed extends WebToken {
  readonly key: Buffer
}

/** Sessions for these tokens. Changing a token ends its sessions; a restart does not. `now` is in milliseconds. */
export function createSessions(tokens: readonly WebToken[], now: () => number = Date.now): Sessions {
  const keyed: Keyed[] = tokens.map((token) => ({
    ...token,
    key: Buffer.from(hkdfSync('sha256', token.token, 'llmga', `web session ${token.name ?? ''}`, 32)),
  }))
  const issue = (token: Keyed, personId: string): string => {
    const payload = Buffer.from(JSON.stringify([personId, Math.floor(now() / 1000) + sessionSeconds]))
    const text = payload.toString('base64url')
    return `${text}.${sign(token.key, text)}`
  }
  return {
    byToken(given) {
      const token = findToken(keyed, given)
      return token === undefined ? undefined : personOf(token, 'shared')
    },
    open(given) {
      const token = findToken(keyed, given)
      return token === undefined
        ? undefined
        : issue(token, token.name ?? `browser-${randomBytes(12).toString('base64url')}`)
    },
    byCookie(value) {
      const [text = '', signature = ''] = value.split('.')
      const token = keyed.find(({ key }) => equal(sign(key, text), signature))
      if (token === undefined) return undefined
      const [personId, expires] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string, number]
      const left = expires - now() / 1000
      if (left <= 0) return undefined
      const person = personOf(token, personId)
      return left < sessionSeconds / 2 ? { person, renewed: issue(token, person.id) } : { person }
    },
  }
}

const personOf = (token: WebToken, id: string): Person =>
  token.name === undefined ? { id, name: 'Guest' } : { id: token.name, name: token.name }

/** Compares with every token, so that the time does not tell which one was near. */
function findToken(tokens: readonly Keyed[], given: string): Keyed | undefined {
  return tokens.filter(({ token }) => equal(token, given))[0]
}

const sign = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('base64url')

/** Constant-time equality; lengths are hidden by comparing digests. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
