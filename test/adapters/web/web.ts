import type { WebAdapter } from '../../../adapters/web/adapter.ts'
import { createWebAdapter } from '../../../adapters/web/adapter.ts'
import type { WebLog } from '../../../adapters/web/log.ts'
import type { WebOptions } from '../../../adapters/web/options.ts'
import type { Bot } from '../../../src/contract/adapter.ts'
import { buildPage } from '../../../adapters/web/page-bundle.ts'
import { createScriptedBot } from './scripted-bot.ts'
import type { ScriptedBot } from './scripted-bot.ts'

export interface Logged {
  readonly level: string
  readonly fields: object
  readonly message: string
}

/** A log that keeps what is written. */
export function keepLog(): WebLog & { readonly lines: readonly Logged[] } {
  const lines: Logged[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

export interface Web {
  readonly adapter: WebAdapter
  readonly bot: ScriptedBot
  readonly log: ReturnType<typeof keepLog>
  request(path: string, init?: RequestInit): Promise<Response>
  /** Sends JSON. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
}

export const localOptions: WebOptions = { host: '127.0.0.1', tokens: [], limits: { coalesceMs: 5 } }

let page: ReturnType<typeof buildPage> | undefined
const pageOnce = () => (page ??= buildPage())

/** A started adapter without a server; requests go straight to its routes. */
export async function startWeb(options: Partial<WebOptions> = {}, changes: Partial<Bot> = {}): Promise<Web> {
  const log = keepLog()
  const bot = createScriptedBot()
  const adapter = createWebAdapter({ ...localOptions, ...options }, log, pageOnce)
  bot.adapter = adapter
  await adapter.start({ ...bot, ...changes })
  const request = async (path: string, init?: RequestInit): Promise<Response> => adapter.routes.request(path, init)
  const send: Web['send'] = (method, path, body, headers = {}) =>
    request(path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { adapter, bot, log, request, send }
}

/** Has a picture drawn in a new thread and waits for it. Returns the thread's id. */
export async function drawnThread(web: Web, text = 'draw a red fox'): Promise<string> {
  const { threadId } = (await (await web.send('POST', '/api/threads')).json()) as { threadId: string }
  await web.send('POST', `/api/threads/${threadId}/messages`, { text })
  for (;;) {
    const thread = (await (await web.request(`/api/threads/${threadId}`)).json()) as {
      entries: { reply?: { final: boolean } }[]
    }
    if (thread.entries.at(-1)?.reply?.final === true) return threadId
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface SentEvent {
  readonly name: string
  readonly data: unknown
}

export interface EventReader {
  /** The next event, or undefined at the end of the stream. */
  next(): Promise<SentEvent | undefined>
  /** Events until one satisfies `last` (it is included) or the stream ends. */
  until(last: (event: SentEvent) => boolean): Promise<SentEvent[]>
  cancel(): Promise<void>
}

/** Reads server-sent events from a response. */
export function readEvents(response: Response): EventReader {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const next = async (): Promise<SentEvent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        const name = /^event: (.*)$/m.exec(block)?.[1]
        if (name !== undefined) return { name, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') as unknown }
        continue
      }
      const { value, done } = await reader.read()
      if (done) return undefined
      text += decoder.decode(value, { stream: true })
    }
  }
  return {
    next,
    async until(last) {
      const events: SentEvent[] = []
      for (let event = await next(); event !== undefined; event = await next()) {
        events.push(event)
        if (last(event)) break
      }
      return events
    },
    cancel: () => reader.cancel(),
  }
}
