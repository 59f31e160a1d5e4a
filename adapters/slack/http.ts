import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ReceiverEvent } from '@slack/bolt'
import type { AdapterLog } from '../chat/log.ts'

/** Seconds that a signature is good for, before and after. */
const toleranceSeconds = 300
const mostBytes = 2 ** 20

/**
 * Whether Slack signed this body: HMAC-SHA256 over `v0:TIMESTAMP:BODY`, compared in constant time; closed for everything
 * that is missing, old, from the future or of another form.
 */
export function isSigned(headers: Headers, body: Uint8Array, secret: string, now = Date.now()): boolean {
  const timestamp = headers.get('x-slack-request-timestamp') ?? ''
  const signature = headers.get('x-slack-signature') ?? ''
  if (secret === '' || !/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) return false
  const right = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest()
  return timingSafeEqual(right, Buffer.from(signature.slice(3), 'hex'))
}

export interface HttpTools {
  readonly signingSecret: string
  readonly log: AdapterLog
  /** Whether events can be understood yet: before that Slack is to try again. */
  readonly isReady: () => boolean
  readonly process: (event: ReceiverEvent) => Promise<void>
}

/** Takes Slack's requests: a fetch handler for POST /slack/events, for events, commands, buttons and forms alike. */
export function createHttpHandler({ signingSecret, log, isReady, process }: HttpTools) {
  return async (request: Request): Promise<Response> => {
    const body = await readBody(request)
    if (!body) return new Response('too large', { status: 413 })
    if (!isSigned(request.headers, body, signingSecret)) {
      log.warn({}, 'a request without a valid signature of Slack was refused')
      return new Response('', { status: 401 })
    }
    const payload = payloadOf(new TextDecoder().decode(body), request.headers.get('content-type') ?? '')
    if (!payload) return new Response('not understood', { status: 400 })
    if (payload['type'] === 'url_verification') return Response.json({ challenge: payload['challenge'] })
    if (payload['ssl_check'] !== undefined) return new Response('')
    if (!isReady()) return new Response('not connected yet', { status: 503 })
    return acknowledged(payload, request.headers, process, log)
  }
}

async function readBody(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Events are JSON; buttons and forms are JSON in a field `payload`; commands are fields. */
function payloadOf(text: string, contentType: string): Record<string, unknown> | undefined {
  try {
    if (contentType.includes('application/json')) return objectOf(JSON.parse(text))
    const fields = Object.fromEntries(new URLSearchParams(text))
    return fields['payload'] === undefined ? fields : objectOf(JSON.parse(fields['payload']))
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

/** The answer is ready as soon as the event is acknowledged; what follows goes on without the request. */
function acknowledged(
  body: Record<string, unknown>,
  headers: Headers,
  process: HttpTools['process'],
  log: AdapterLog,
): Promise<Response> {
  return new Promise((resolve) => {
    const retryNum = headers.get('x-slack-retry-num')
    const ack: ReceiverEvent['ack'] = async (response?: unknown) => resolve(answerOf(response))
    process({ body, ack, ...(retryNum === null ? {} : { retryNum: Number(retryNum) }) }).then(
      () => resolve(new Response('')), // nobody listens to such an event
      (error: unknown) => {
        log.error({ err: error }, 'an event of Slack could not be handled')
        resolve(new Response('', { status: 500 }))
      },
    )
  })
}

function answerOf(response: unknown): Response {
  if (response === undefined || response === '') return new Response('')
  return typeof response === 'string' ? new Response(response) : Response.json(response)
}
