import { describe, expect, it } from 'vitest'
import { createWebAdapter } from '../../../adapters/web/adapter.ts'
import { createAttempts } from '../../../adapters/web/attempts.ts'
import { statusOfCode } from '../../../adapters/web/error-response.ts'
import { createSessions, sessionSeconds } from '../../../adapters/web/session.ts'
import { AppError, errorCodes } from '../../../src/contract/errors.ts'
import { drawnThread, keepLog, startWeb } from './web.ts'
import type { Web } from './web.ts'

const ann = { name: 'ann', token: 'ann-secret-token-1' }
const bob = { name: 'bob', token: 'bob-secret-token-2' }
const shared = { token: 'shared-secret-token' }
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Signs in on the page; the cookie, or undefined when the token is not taken. */
async function signIn(web: Web, token: string): Promise<string | undefined> {
  const response = await web.request('/login', { method: 'POST', body: new URLSearchParams({ token }) })
  return response.headers.get('Set-Cookie')?.split(';')[0]
}

describe('the names that the page answers to', () => {
  const outside = { host: '0.0.0.0', tokens: [ann], publicUrl: 'https://draw.example.org' }
  it.each([
    ['local', 'localhost:7860', 200],
    ['local', '127.0.0.1:7860', 200],
    ['local', '[::1]:7860', 200],
    ['local', 'evil.example:7860', 403],
    ['local', 'localhost.evil.example', 403],
    ['local', '192.168.1.7:7860', 403],
    ['local', 'a b', 403],
    ['outside', 'draw.example.org', 200],
    ['outside', '192.168.1.7:7860', 200],
    ['outside', 'evil.example', 403],
  ])('are its own: %s, %s -> %i', async (where, host, status) => {
    const web = await startWeb(where === 'local' ? {} : outside)
    const response = await web.request('/api/about', { headers: { Host: host, ...bearer(ann.token) } })
    expect(response.status).toBe(status)
  })
})

describe('requests that change something', () => {
  const outside = { host: '127.0.0.1', tokens: [ann], publicUrl: 'https://draw.example.org' }
  it.each([
    ['a script without a browser', {}, 201],
    ['the page itself', { Origin: 'http://localhost:7860', 'Sec-Fetch-Site': 'same-origin' }, 201],
    ['the public address', { Origin: 'https://draw.example.org' }, 201],
    ['another port', { Origin: 'http://localhost:3000' }, 403],
    ['another site', { Origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { Origin: 'null' }, 403],
    ['another site by its own word', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sister site', { 'Sec-Fetch-Site': 'same-site' }, 403],
  ])('may come from %s or not', async (_who, headers: Record<string, string>, status) => {
    const web = await startWeb(outside)
    const all = { Host: 'localhost:7860', ...bearer(ann.token), ...headers }
    expect((await web.send('POST', '/api/threads', undefined, all)).status).toBe(status)
  })

  it('are refused for reading too when another site embeds them, but a link to the page works', async () => {
    const web = await startWeb()
    const cross = { 'Sec-Fetch-Site': 'cross-site' }
    expect((await web.request('/api/threads', { headers: { ...cross, 'Sec-Fetch-Mode': 'no-cors' } })).status).toBe(403)
    expect((await web.request('/', { headers: { ...cross, 'Sec-Fetch-Mode': 'navigate' } })).status).toBe(200)
  })
})

describe('every answer', () => {
  it.each(['/', '/api/about', '/api/nothing', '/assets/nothing.js', '/login'])('%s has the headers', async (path) => {
    const web = await startWeb()
    const { headers } = await web.request(path)
    const policy = headers.get('Content-Security-Policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin')
  })

  it('has them when the host is refused', async () => {
    const web = await startWeb()
    const { headers } = await web.request('/', { headers: { Host: 'evil.example' } })
    expect(headers.get('X-Frame-Options')).toBe('DENY')
  })
})

describe('a page that others can reach', () => {
  it.each([
    [{ host: '0.0.0.0', tokens: [] }],
    [{ host: '192.168.1.7', tokens: [] }],
    [{ host: '127.0.0.1', tokens: [], publicUrl: 'https://draw.example.org' }],
    [{ host: '127.0.0.1', tokens: [{ token: '' }] }],
  ])('does not start without a token: %j', (options) => {
    expect(() => createWebAdapter(options, keepLog())).toThrow(expect.objectContaining({ code: 'config/invalid' }))
  })

  it('asks for the token: the page by its sign-in form, the API with 401', async () => {
    const web = await startWeb({ tokens: [ann] })
    const page = await web.request('/')
    expect([page.status, page.headers.get('Location')]).toEqual([303, '/login'])
    const api = await web.request('/api/threads')
    expect([api.status, api.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="llmga"'])
    expect(await api.json()).toMatchObject({ error: { code: 'access/denied' } })
    expect((await web.request('/api/threads', { headers: bearer('wrong') })).status).toBe(401)
  })

  it('opens a session in a cookie that scripts and other sites cannot use', async () => {
    const web = await startWeb({ tokens: [ann] })
    const login = { method: 'POST', body: new URLSearchParams({ token: ann.token }) }
    const response = await web.request('/login', login)
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/'])
    expect(response.headers.get('Set-Cookie')).toMatch(/; HttpOnly.*; SameSite=Strict/)
    const cookie = response.headers.get('Set-Cookie')!.split(';')[0]!
    expect((await web.request('/', { headers: { Cookie: cookie } })).status).toBe(200)
    expect(await (await web.request('/api/about', { headers: { Cookie: cookie } })).json()).toMatchObject({
      person: 'ann',
      signIn: true,
    })
    const out = await web.request('/logout', { method: 'POST' })
    expect(out.headers.get('Set-Cookie')).toMatch(/^llmga_session=; Max-Age=0/)
  })

  it('marks the cookie Secure where the browser came through https', async () => {
    const web = await startWeb({ tokens: [ann], publicUrl: 'https://draw.example.org' })
    const body = new URLSearchParams({ token: ann.token })
    const login = (host: string) => web.request('/login', { method: 'POST', body, headers: { Host: host } })
    expect((await login('draw.example.org')).headers.get('Set-Cookie')).toContain('; Secure')
    expect((await login('localhost')).headers.get('Set-Cookie')).not.toContain('; Secure')
  })

  it('says so when the token is wrong, and makes an address wait after too many', async () => {
    const web = await startWeb({ tokens: [ann], limits: { loginAttempts: 3 } })
    const attempt = (token: string) => web.request('/login', { method: 'POST', body: new URLSearchParams({ token }) })
    const first = await attempt('wrong')
    expect(first.status).toBe(401)
    expect(await first.text()).toContain('This token is not known here.')
    await attempt('wrong')
    expect((await web.request('/api/threads', { headers: bearer('wrong') })).status).toBe(401)
    const refused = await attempt(ann.token)
    expect(refused.status).toBe(429)
    expect(await refused.text()).toMatch(/Too many wrong tokens.*Wait \d+ seconds/s)
    const api = await web.request('/api/threads', { headers: bearer(ann.token) })
    expect([api.status, Number(api.headers.get('Retry-After')) > 0]).toEqual([429, true])
  })
})

describe('one person', () => {
  it('does not see the threads of another, by list, by address or by picture', async () => {
    const web = await startWeb({ tokens: [ann, bob] })
    const as = (token: string): Web => ({
      ...web,
      request: (path, init) => web.request(path, { ...init, headers: { ...init?.headers, ...bearer(token) } }),
      send: (method, path, body) => web.send(method, path, body, bearer(token)),
    })
    const threadId = await drawnThread(as(ann.token))
    const listed = async (token: string): Promise<unknown> => (await as(token).request('/api/threads')).json()
    expect(await listed(ann.token)).toMatchObject({ threads: [{ threadId }] })
    expect(await listed(bob.token)).toEqual({ threads: [] })
    const { threads } = (await listed(ann.token)) as { threads: { imageUrl: string }[] }
    const paths = [`/api/threads/${threadId}`, `/api/threads/${threadId}/events`, threads[0]!.imageUrl]
    for (const path of paths) {
      expect((await as(bob.token).request(path)).status).toBe(404)
      const mine = await as(ann.token).request(path)
      expect(mine.status).toBe(200)
      await mine.body?.cancel()
    }
    expect((await as(bob.token).send('DELETE', `/api/threads/${threadId}`)).status).toBe(204)
    expect(await listed(ann.token)).toMatchObject({ threads: [{ threadId }] })
  })

  it('is a browser of its own where one token is shared, and stays the same after a restart', async () => {
    const web = await startWeb({ tokens: [shared] })
    const browsers = [await signIn(web, shared.token), await signIn(web, shared.token)] as [string, string]
    const personOf = async (server: Web, cookie: string) => {
      await server.send('POST', '/api/threads/t1/messages', { text: 'hello' }, { Cookie: cookie })
      return server.bot.handled.at(-1)?.author.id
    }
    const [one, two] = [await personOf(web, browsers[0]), await personOf(web, browsers[1])]
    expect(one).toMatch(/^browser-/)
    expect(two).not.toBe(one)
    expect(await personOf(await startWeb({ tokens: [shared] }), browsers[0])).toBe(one)
  })
})

describe('sessions', () => {
  it('are refused when they are forged, outdated, or signed with a token that was taken back', () => {
    let now = Date.now()
    const sessions = createSessions([ann, shared], () => now)
    const cookie = sessions.open(ann.token)!
    expect(sessions.byCookie(cookie)?.person).toEqual({ id: 'ann', name: 'ann' })
    const [payload, signature] = cookie.split('.') as [string, string]
    const other = Buffer.from(JSON.stringify(['bob', 9e9])).toString('base64url')
    for (const forged of ['', '.', 'x', `${other}.${signature}`, `${payload}.`, `${payload}.${signature}x`])
      expect(sessions.byCookie(forged)).toBeUndefined()
    expect(createSessions([{ ...ann, token: 'another-token' }]).byCookie(cookie)).toBeUndefined()
    now += sessionSeconds * 1001
    expect(sessions.byCookie(cookie)).toBeUndefined()
  })

  it('are renewed once half of their time is over, for the same person', () => {
    let now = Date.now()
    const sessions = createSessions([shared], () => now)
    const cookie = sessions.open(shared.token)!
    expect(sessions.byCookie(cookie)?.renewed).toBeUndefined()
    now += sessionSeconds * 600
    const later = sessions.byCookie(cookie)!
    now += sessionSeconds * 600
    expect(sessions.byCookie(cookie)).toBeUndefined()
    expect(sessions.byCookie(later.renewed!)?.person).toEqual(later.person)
  })
})

describe('attempts', () => {
  it('are counted by address and forgotten after a while', () => {
    let now = 0
    const attempts = createAttempts(2, 1000, () => now)
    attempts.failed('a')
    attempts.check('a')
    attempts.failed('a')
    expect(() => attempts.check('a')).toThrow(AppError)
    attempts.check('b')
    now = 1000
    attempts.check('a')
  })
})

describe('errors', () => {
  it('have a status for every code', () => {
    expect(Object.keys(statusOfCode).sort()).toEqual([...errorCodes].sort())
    expect(Object.values(statusOfCode).every((status) => status >= 400 && status < 600)).toBe(true)
  })

  it.each(errorCodes)('with code %s answer with its status, message and hint', async (code) => {
    const handle = () => Promise.reject(new AppError(code, { message: 'What happened.', hint: 'What to do.' }))
    const web = await startWeb({}, { handle })
    const response = await web.send('POST', '/api/threads/t1/messages', { text: 'hello' })
    expect(response.status).toBe(statusOfCode[code])
    const { error } = (await response.json()) as { error: object }
    if (code !== 'internal') expect(error).toEqual({ code, message: 'What happened.', hint: 'What to do.' })
  })

  it('that nobody foresaw answer 500 without their insides, which go to the log', async () => {
    const handle = () => Promise.reject(new TypeError('cannot read /etc/secret of undefined'))
    const web = await startWeb({}, { handle })
    const response = await web.send('POST', '/api/threads/t1/messages', { text: 'hello' })
    const body = await response.text()
    expect([response.status, body]).toEqual([500, expect.not.stringContaining('secret')])
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'internal' } })
    expect(web.log.lines).toMatchObject([{ level: 'error', fields: { path: '/api/threads/t1/messages' } }])
  })
})
