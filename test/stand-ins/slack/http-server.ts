import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './faults.ts'
import type { Args } from './json.ts'

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly raw: Buffer
  readonly contentType: string
  /** The token of the Authorization header, or ''. */
  readonly token: string
}

export function listen(answer: (asked: Asked) => Promise<void>): Promise<{ server: Server; base: string }> {
  const server = createServer((request, response) => {
    void take(request, response, answer).catch(() => response.destroy())
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('the stand-in listens on no port')
      resolve({ server, base: `http://127.0.0.1:${address.port}` })
    })
  })
}

async function take(request: IncomingMessage, response: ServerResponse, answer: (asked: Asked) => Promise<void>) {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  await answer({
    request,
    response,
    url: new URL(request.url ?? '/', 'http://stand-in'),
    raw: Buffer.concat(pieces),
    contentType: request.headers['content-type'] ?? '',
    token: /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '',
  })
}

/** Arguments of a call: those of its address, and those of its body in any of the three forms that Slack takes. */
export async function argsOf({ url, raw, contentType }: Asked): Promise<Args> {
  const given = Object.fromEntries(url.searchParams)
  if (raw.length === 0) return given
  if (contentType.includes('json')) return { ...given, ...(JSON.parse(raw.toString()) as Args) }
  if (contentType.startsWith('multipart/')) {
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } }).formData()
    return { ...given, ...Object.fromEntries(form) }
  }
  return { ...given, ...Object.fromEntries(new URLSearchParams(raw.toString())) }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}

/**
 * Answers with a fault instead of `carryOut`. Resolves to whether the call was answered: false means that it is to be
 * answered as usual.
 */
export async function answerFault(
  response: ServerResponse,
  fault: Fault | undefined,
  carryOut: () => Promise<unknown> | undefined,
): Promise<boolean> {
  switch (fault?.type) {
    case undefined:
      return false
    case 'slow':
      await sleep(fault.ms)
      return false
    case 'ratelimited':
      sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(fault.retryAfterSeconds) })
      return true
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'text/plain' }).end('upstream error')
      return true
    case 'refusal':
      sendJson(response, 200, { ok: false, error: fault.code })
      return true
    case 'silent':
      if (fault.carriedOut) await carryOut()
      return true
    case 'closed':
      if (fault.carriedOut) await carryOut()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"ok":')
      await sleep(5)
      response.destroy()
      return true
  }
}
