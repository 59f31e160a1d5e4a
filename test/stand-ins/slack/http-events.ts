import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { asObject, type JsonObject } from './json.ts'
import { acknowledge, type Carrier, type Delivery } from './socket-mode.ts'

export interface Signing {
  readonly secret?: string
  /** Seconds that the clock of the sender is ahead. */
  readonly aheadSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The signature instead of the right one. */
  readonly signature?: string
}

/** `body` as Slack signs it: https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signedHeaders(body: string, secret: string, { aheadSeconds = 0, signature, headers }: Signing = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) + aheadSeconds)
  const right = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature ?? right, ...headers }
}

/** The body of a delivery: events as JSON, the rest as a form. */
export function bodyOf({ type, payload }: Pick<Delivery, 'type' | 'payload'>): { body: string; contentType: string } {
  if (type === 'events_api') return { body: JSON.stringify(payload), contentType: 'application/json' }
  const fields = type === 'interactive' ? { payload: JSON.stringify(payload) } : (payload as Record<string, string>)
  return { body: new URLSearchParams(fields).toString(), contentType: 'application/x-www-form-urlencoded' }
}

export interface HttpEvents extends Carrier {
  /** Posts one delivery as told, once. */
  post(delivery: Pick<Delivery, 'type' | 'payload'>, signing?: Signing): Promise<Response>
}

/** Signed requests to the bot's own address, each tried three times, as Slack does it (with shorter waits). */
export function createHttpEvents(url: () => string, secret: string, waitsMs = [0, 300, 1000]): HttpEvents {
  const post: HttpEvents['post'] = (delivery, signing = {}) => {
    const { body, contentType } = bodyOf(delivery)
    const headers = { ...signedHeaders(body, signing.secret ?? secret, signing), 'content-type': contentType }
    return fetch(url(), { method: 'POST', body, headers, signal: AbortSignal.timeout(3000) })
  }

  async function deliver(delivery: Delivery): Promise<void> {
    delivery.sentAt ??= Date.now()
    for (const [attempt, waitMs] of waitsMs.entries()) {
      if (attempt > 0) await sleep(waitMs)
      delivery.attempts++
      const headers =
        attempt === 0 ? {} : { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': 'http_timeout' }
      const response = await post(delivery, { headers }).catch(() => undefined)
      if (response?.ok) return acknowledge(delivery, jsonOf(await response.text()))
      if (delivery.type !== 'events_api') return
    }
  }
  return { post, deliver: (delivery) => void deliver(delivery) }
}

function jsonOf(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return text === '' ? {} : { text }
  }
}
