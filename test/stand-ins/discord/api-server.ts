import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyErrors } from './body-check.ts'
import type { Effect, Faults } from './faults.ts'
import { messageErrors } from './message-rules.ts'
import { bytesOf, parseBody, type Answer, type ApiRequest, type Handler } from './request.ts'
import { matchRoute, type RoutePattern } from './route-patterns.ts'
import type { MessageBody } from './wire.ts'
import { ApiError, type World } from './world.ts'

/** A request as it came, and how it was answered (undefined: it was cut or never answered). */
export interface LoggedRequest extends Omit<ApiRequest, 'params' | 'query'> {
  readonly at: number
  status?: number
}

export interface ApiServerOptions {
  readonly world: World
  readonly handlers: Readonly<Record<RoutePattern, Handler>>
  readonly faults: Faults
  readonly tokenIs: (token: string) => boolean
  readonly requests: LoggedRequest[]
  /** What the bot sent that Discord would not take, or that should not have been sent. */
  readonly violations: string[]
}

/** Answers the requests of the bot: /api/v10/… and /cdn/…. */
export function createApiServer(options: ApiServerOptions) {
  const { faults, requests, world, violations } = options

  /** Carries a request out. */
  async function answer(request: ApiRequest, pattern: RoutePattern): Promise<Answer> {
    const open = /^\/(interactions|webhooks)\//.test(request.path) // the token is in the path
    if (!open && !options.tokenIs(request.authorization?.replace(/^Bot /, '') ?? ''))
      throw new ApiError(401, 0, '401: Unauthorized')
    const wrong = [...bodyErrors(pattern, request.body), ...rulesFor(pattern, request)]
    if (wrong.length > 0) {
      violations.push(`${request.method} ${request.path}: ${wrong.join('; ')}\n  ${JSON.stringify(request.body)}`)
      throw new ApiError(400, 50035, `Invalid Form Body: ${wrong.join('; ')}`)
    }
    return options.handlers[pattern](request)
  }

  function serveFile(request: LoggedRequest): Answer & { file?: { bytes: Uint8Array; mediaType: string } } {
    if (request.authorization !== undefined) violations.push('the token was sent to the CDN')
    const file = world.files.get(request.path.split('/')[4] ?? '')
    return file ? { status: 200, file } : { status: 404 }
  }

  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://discord')
    const path = decodeURIComponent(url.pathname).replace(/^\/api\/v\d+/, '')
    const method = incoming.method ?? 'GET'
    const effect = faults.take(method, path)
    const bytes = await bytesOf(incoming).catch(() => undefined) // the client went away
    if (!bytes || (effect?.type === 'cut' && effect.when === 'before')) return void incoming.socket.destroy()
    const { authorization } = incoming.headers
    const logged: LoggedRequest = { at: Date.now(), method, path, authorization, body: undefined, files: [] }
    requests.push(logged)
    const carryOut = async (): Promise<Answer & { file?: { bytes: Uint8Array; mediaType: string } }> => {
      const refused = refusalOf(effect)
      if (refused) return refused
      if (path.startsWith('/cdn/')) return serveFile(logged)
      const route = matchRoute(method, path)
      if (!route) throw new ApiError(404, 0, `the stand-in does not serve ${method} ${path}`)
      const parsed = await parseBody(bytes, incoming.headers['content-type'] ?? '')
      Object.assign(logged, parsed)
      return answer({ ...logged, params: route.params, query: url.searchParams }, route.pattern)
    }
    const done = await carryOut().catch(failureOf)
    if (effect?.type === 'slow') await sleep(effect.delayMs)
    if (effect?.type === 'silent') return
    if (effect?.type === 'cut' && effect.when === 'after') return void incoming.socket.destroy()
    logged.status = done.status
    send(response, done, effect?.type === 'cut')
  }
}

/** The rules that the description does not say, for the routes that carry messages. */
function rulesFor(pattern: RoutePattern, { body, files }: ApiRequest): readonly string[] {
  if (!/messages|webhooks|callback/.test(pattern) || /threads$/.test(pattern)) return []
  const callback = pattern.endsWith('/callback') ? (body as { data?: object; type: number }) : undefined
  const isModal = callback?.type === 9
  const message = (callback ? callback.data : body) as MessageBody | undefined
  return message && !isModal ? messageErrors(message, files) : []
}

function refusalOf(effect: Effect | undefined): (Answer & { headers?: Record<string, string> }) | undefined {
  if (effect?.type === 'status') {
    const { status, code = 0, message = `${status}: refused` } = effect
    return { status, body: { code, message } }
  }
  if (effect?.type !== 'rate-limit') return undefined
  const seconds = effect.retryAfterMs / 1000
  const headers = {
    'retry-after': String(Math.ceil(seconds)),
    'x-ratelimit-scope': effect.global ? 'global' : 'user',
    ...(effect.global
      ? { 'x-ratelimit-global': 'true' }
      : {
          'x-ratelimit-limit': '5',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset-after': String(seconds),
          'x-ratelimit-bucket': 'stand-in',
        }),
  }
  const message = 'You are being rate limited.'
  return { status: 429, headers, body: { message, retry_after: seconds, global: effect.global ?? false } }
}

function failureOf(error: unknown): Answer {
  if (!(error instanceof ApiError)) return { status: 500, body: { code: 0, message: String(error) } }
  return { status: error.status, body: { code: error.code, message: error.message } }
}

interface Sent extends Answer {
  readonly file?: { readonly bytes: Uint8Array; readonly mediaType: string }
  readonly headers?: Record<string, string>
}

function send(response: ServerResponse, { status, body, file, headers = {} }: Sent, halfWay: boolean): void {
  const bytes = file ? Buffer.from(file.bytes) : Buffer.from(body === undefined ? '' : JSON.stringify(body))
  const type = file?.mediaType ?? 'application/json'
  const length = status === 204 ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { ...(bytes.length > 0 && { 'content-type': type }), ...length, ...headers })
  if (!halfWay) return void response.end(status === 204 ? undefined : bytes)
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy())
}
