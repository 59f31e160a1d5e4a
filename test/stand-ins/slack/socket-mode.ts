import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Faults } from './faults.ts'
import { asObject, type JsonObject } from './json.ts'

/** What was handed to the bot, and what became of it. */
export interface Delivery {
  readonly type: DeliveryType
  readonly payload: JsonObject
  /** When it was sent first. */
  sentAt: number | undefined
  /** How long the bot took to acknowledge it. */
  ackedAfterMs: number | undefined
  /** What it answered. */
  response: JsonObject | undefined
  attempts: number
  /** Resolves with the answer to the acknowledgement. */
  readonly acked: Promise<JsonObject>
}

export type DeliveryType = 'events_api' | 'interactive' | 'slash_commands'

/** Hands deliveries to the bot, over Socket Mode or HTTP. */
export interface Carrier {
  deliver(delivery: Delivery): void
}

interface Waiting {
  readonly id: string
  readonly delivery: Delivery
}

export interface SocketMode extends Carrier {
  readonly connections: () => number
  /** Connections that were ever made. */
  readonly opened: () => number
  /** Cuts every connection without a word. */
  drop(): void
  /** Asks the bot to connect anew, as Slack does every few hours. */
  refresh(reason?: 'warning' | 'refresh_requested'): void
  /** How often each of the next envelopes is sent. */
  copies: number
  close(): void
}

export function createSocketMode(server: Server, { faults, appId }: { faults: Faults; appId: string }): SocketMode {
  const sockets = new Set<WebSocket>()
  /** Sent or not, but not acknowledged: sent (again) when there is a connection. */
  const waiting = new Map<string, Waiting>()
  const web = new WebSocketServer({ noServer: true })
  let opened = 0
  const pings = setInterval(() => sockets.forEach((socket) => socket.ping()), 10_000)
  pings.unref()

  server.on('upgrade', (request, socket, head) => {
    if (faults.meet('link', {})) return void socket.destroy()
    web.handleUpgrade(request, socket, head, (connection) => {
      opened++
      sockets.add(connection)
      connection.on('close', () => sockets.delete(connection))
      connection.on('error', () => connection.terminate())
      connection.on('message', (data) => take(JSON.parse((data as Buffer).toString()) as JsonObject))
      const debug_info = { host: 'stand-in', build_number: 1, approximate_connection_time: 18_060 }
      send(connection, { type: 'hello', num_connections: sockets.size, connection_info: { app_id: appId }, debug_info })
      for (const entry of waiting.values()) sendEnvelope(connection, entry)
    })
  })

  function sendEnvelope(connection: WebSocket, { id, delivery }: Waiting): void {
    const repeated = delivery.attempts++ > 0
    delivery.sentAt ??= Date.now()
    send(connection, {
      envelope_id: id,
      type: delivery.type,
      payload: delivery.payload,
      accepts_response_payload: delivery.type !== 'events_api',
      ...(delivery.type === 'events_api' && repeated
        ? { retry_attempt: delivery.attempts - 1, retry_reason: 'timeout' }
        : {}),
    })
  }

  function take(message: JsonObject): void {
    const id = message['envelope_id']
    const entry = typeof id === 'string' ? waiting.get(id) : undefined
    if (!entry) return
    waiting.delete(entry.id)
    acknowledge(entry.delivery, asObject(message['payload']))
  }

  const mode: SocketMode = {
    copies: 1,
    connections: () => sockets.size,
    opened: () => opened,
    deliver(delivery) {
      const [connection] = [...sockets].filter((socket) => socket.readyState === socket.OPEN)
      for (let copy = 0; copy < mode.copies; copy++) {
        const entry = { id: randomUUID(), delivery }
        waiting.set(entry.id, entry)
        if (connection) sendEnvelope(connection, entry)
      }
    },
    drop: () => sockets.forEach((socket) => socket.terminate()),
    refresh: (reason = 'refresh_requested') =>
      sockets.forEach((socket) => send(socket, { type: 'disconnect', reason, debug_info: { host: 'stand-in' } })),
    close() {
      clearInterval(pings)
      sockets.forEach((socket) => socket.terminate())
      web.close()
    },
  }
  return mode
}

const send = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message))

const resolvers = new WeakMap<Delivery, (response: JsonObject) => void>()

export function createDelivery(type: DeliveryType, payload: JsonObject): Delivery {
  let resolve: (response: JsonObject) => void = () => undefined
  const acked = new Promise<JsonObject>((done) => (resolve = done))
  const delivery: Delivery = {
    ...{ type, payload, acked, attempts: 0, sentAt: undefined, ackedAfterMs: undefined, response: undefined },
  }
  resolvers.set(delivery, resolve)
  return delivery
}

/** The first acknowledgement counts. */
export function acknowledge(delivery: Delivery, response: JsonObject): void {
  if (delivery.ackedAfterMs !== undefined) return
  delivery.ackedAfterMs = Date.now() - delivery.sentAt!
  delivery.response = response
  resolvers.get(delivery)?.(response)
}
