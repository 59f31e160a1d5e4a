import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import { asReadBy, wanted } from './visibility.ts'
import type { World } from './world.ts'

interface GatewayEvent {
  readonly type: string
  readonly data: object
  readonly guildId: string | undefined
}

interface Session {
  readonly id: string
  readonly intents: number
  readonly sent: { readonly s: number; readonly t: string; readonly d: object }[]
  socket: WebSocket | undefined
}

export interface GatewayOptions {
  readonly world: World
  readonly tokenIs: (token: string) => boolean
  /** Whether the application was given the privileged intent. */
  readonly messageContent: boolean
}

/** The gateway, and what may go wrong with it. */
export interface Gateway {
  /** Times that a client identified, and that it resumed. */
  readonly counts: { identified: number; resumed: number }
  /** The intents of the newest session. */
  intents(): number
  connected(): boolean
  /** Cuts every connection without a word, or with a close code. */
  drop(closeCode?: number): void
  /** Asks the clients to reconnect (op 7). */
  askToReconnect(): void
  /** Tells the clients that their session is over (op 9); they identify anew unless it may be resumed. */
  invalidate(resumable?: boolean): void
  /** Forgets all sessions: a resume is refused. */
  forgetSessions(): void
  /** Closes new connections at once while true. */
  refuse(refusing: boolean): void
  /** Every event is sent so many times from now on. */
  repeatEvents(times: number): void
  /** Holds events back until `release`, which sends them in the order given. */
  hold(): void
  release(order?: 'kept' | 'reversed'): void
  emit(type: string, data: object, where: { guildId?: string | undefined }): void
  close(): void
}

const closeCodes = { authenticationFailed: 4004, invalidSequence: 4007, disallowedIntents: 4014 }
const messageContentIntent = 1 << 15

export function createGateway(server: Server, url: () => string, options: GatewayOptions): Gateway {
  const { world, tokenIs, messageContent } = options
  const sockets = new WebSocketServer({ server })
  const sessions = new Map<string, Session>()
  const counts = { identified: 0, resumed: 0 }
  let held: GatewayEvent[] | undefined
  let refusing = false
  let repeats = 1

  const sendTo = (socket: WebSocket, op: number, d: unknown, rest: object = {}) =>
    socket.readyState === socket.OPEN && socket.send(JSON.stringify({ op, d, s: null, t: null, ...rest }))

  function dispatchTo(session: Session, t: string, d: object): void {
    const event = { s: session.sent.length + 1, t, d }
    session.sent.push(event)
    if (session.socket) sendTo(session.socket, 0, d, { s: event.s, t })
  }

  function deliver({ type, data, guildId }: GatewayEvent): void {
    for (const session of sessions.values()) {
      if (!wanted(session.intents, type, guildId)) continue
      const content = messageContent && (session.intents & messageContentIntent) !== 0
      for (let time = 0; time < repeats; time++) dispatchTo(session, type, asReadBy(world, data, { content, guildId }))
    }
  }

  function identify(socket: WebSocket, { token, intents }: { token: string; intents: number }): void {
    if (!tokenIs(token)) return socket.close(closeCodes.authenticationFailed, 'Authentication failed.')
    if (intents & messageContentIntent && !messageContent)
      return socket.close(closeCodes.disallowedIntents, 'Disallowed intent(s).')
    counts.identified++
    for (const [id, session] of sessions) if (!session.socket) sessions.delete(id)
    const session: Session = { id: randomUUID(), intents, sent: [], socket }
    sessions.set(session.id, session)
    const guilds = [...world.guilds.values()]
    dispatchTo(session, 'READY', {
      v: 10,
      user: world.bot,
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: url(),
      application: { id: world.applicationId, flags: messageContent ? 1 << 19 : 0 },
      shard: [0, 1],
    })
    for (const guild of guilds) dispatchTo(session, 'GUILD_CREATE', guildOf(world, guild.id))
  }

  function resume(socket: WebSocket, request: { token: string; session_id: string; seq: number }): void {
    if (!tokenIs(request.token)) return socket.close(closeCodes.authenticationFailed, 'Authentication failed.')
    const session = sessions.get(request.session_id)
    if (!session) return void sendTo(socket, 9, false)
    if (request.seq > session.sent.length) return socket.close(closeCodes.invalidSequence, 'Invalid seq.')
    counts.resumed++
    session.socket?.terminate()
    session.socket = socket
    for (const { s, t, d } of session.sent.slice(request.seq)) sendTo(socket, 0, d, { s, t })
    dispatchTo(session, 'RESUMED', {})
  }

  sockets.on('connection', (socket) => {
    if (refusing) return socket.terminate()
    sendTo(socket, 10, { heartbeat_interval: 41_250 })
    socket.on('message', (raw: Buffer) => {
      const { op, d } = JSON.parse(raw.toString()) as { op: number; d: never }
      if (op === 1) sendTo(socket, 11, undefined)
      else if (op === 2) identify(socket, d)
      else if (op === 6) resume(socket, d)
    })
    socket.on('close', (code) => {
      for (const session of sessions.values()) {
        if (session.socket !== socket) continue
        session.socket = undefined
        if (code === 1000 || code === 1001) sessions.delete(session.id) // the client said goodbye: its session is over
      }
    })
    return undefined
  })

  const everySocket = (act: (socket: WebSocket) => unknown) => sockets.clients.forEach((socket) => void act(socket))
  return {
    counts,
    intents: () => [...sessions.values()].at(-1)?.intents ?? 0,
    connected: () => [...sessions.values()].some(({ socket }) => socket?.readyState === socket?.OPEN),
    drop: (code) => everySocket((socket) => (code === undefined ? socket.terminate() : socket.close(code))),
    askToReconnect: () => everySocket((socket) => sendTo(socket, 7, null)),
    invalidate: (resumable = false) => {
      if (!resumable) sessions.clear()
      everySocket((socket) => sendTo(socket, 9, resumable))
    },
    forgetSessions: () => sessions.clear(),
    refuse: (now) => void (refusing = now),
    repeatEvents: (times) => void (repeats = times),
    hold: () => void (held = []),
    release: (order = 'kept') => {
      const events = held ?? []
      held = undefined
      for (const event of order === 'kept' ? events : events.toReversed()) deliver(event)
    },
    emit: (type, data, { guildId }) => {
      if (held) held.push({ type, data, guildId })
      else deliver({ type, data, guildId })
    },
    close: () => {
      everySocket((socket) => socket.terminate())
      sockets.close()
    },
  }
}

/** A guild as GUILD_CREATE shows it. */
export function guildOf(world: World, guildId: string): object {
  const { id, name, ownerId, roles, members, premiumTier } = world.guilds.get(guildId)!
  const inside = [...world.channels.values()].filter(({ guild_id }) => guild_id === id)
  const isThread = ({ type }: { type: number }) => type === 11 || type === 12
  return {
    ...{ id, name, owner_id: ownerId, roles, premium_tier: premiumTier, icon: null, emojis: [], stickers: [] },
    channels: inside.filter((channel) => !isThread(channel)),
    threads: inside.filter(isThread),
    members: [...members.values()].filter(({ user }) => user.id === world.bot.id),
    ...{ member_count: members.size, large: false, unavailable: false, joined_at: new Date().toISOString() },
    ...{ presences: [], voice_states: [], stage_instances: [], guild_scheduled_events: [], soundboard_sounds: [] },
    ...{ features: [], afk_timeout: 300, verification_level: 0, default_message_notifications: 0, nsfw_level: 0 },
    ...{ explicit_content_filter: 0, mfa_level: 0, system_channel_flags: 0, preferred_locale: 'en-US' },
  }
}
