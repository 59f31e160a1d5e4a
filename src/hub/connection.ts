import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../contract/errors.ts'
import { checkAddress, guardedLookup, mayHaveToken } from './allowed-hosts.ts'
import type { HubSettings } from './hub-settings.ts'

/** The headers of an answer and of the redirects before it: the hub says what a file is before it sends elsewhere. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
}

export interface AskOptions {
  /** Bytes [start, end) of the file. */
  readonly range?: readonly [start: number, end: number]
  readonly signal?: AbortSignal | undefined
}

/** Connections to the hub. */
export interface HubConnection {
  readonly settings: HubSettings
  /** Path below the endpoint. Follows redirects; an answer of any status but 429 and 5xx is handed back. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Runs `work` again after a broken connection or a busy hub, each time after a longer pause. */
  retried<T>(what: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

export interface ConnectionLimits {
  readonly attempts?: number
  /** Pause before the second attempt; doubled each time. */
  readonly pauseMs?: number
  /** Silence after which a connection counts as broken. */
  readonly silenceMs?: number
}

const maxRedirects = 5
const longestPauseMs = 60_000

/** A failure that may pass: a broken connection, a hub that is busy. */
class Transient extends Error {
  readonly waitMs: number | undefined
  constructor(message: string, waitMs?: number, cause?: unknown) {
    super(message, { cause })
    this.waitMs = waitMs
  }
}

/** What broke a connection in the middle of a file, to be tried again by `retried`. */
export const broken = (message: string, cause?: unknown): Error => new Transient(message, undefined, cause)

/** Opens nothing yet. Throws AppError `hub/unreachable` at the first question where downloads are switched off. */
export function connectHub(settings: HubSettings, limits: ConnectionLimits = {}): HubConnection {
  const { attempts = 6, pauseMs = 1000, silenceMs = 30_000 } = limits
  const send = (url: URL, options: AskOptions) => sendOnce(url, options, settings, silenceMs)
  return {
    settings,
    async ask(path, options = {}) {
      if (settings.offline) throw offline(settings)
      let url = new URL(settings.endpoint + path)
      let seen: IncomingHttpHeaders = {}
      for (let hop = 0; hop <= maxRedirects; hop++) {
        checkAddress(url, settings)
        const body = await send(url, options)
        const { statusCode: status = 0, headers } = body
        seen = { ...linked(headers), ...seen }
        if (status >= 300 && status < 400 && headers.location !== undefined) {
          body.resume()
          url = new URL(headers.location, url)
          continue
        }
        if (status === 429 || status >= 500) {
          body.resume()
          throw new Transient(`${url.host} answered ${status}`, retryAfterMs(headers))
        }
        return { status, headers: { ...headers, ...seen }, body }
      }
      throw new AppError('access/denied', {
        message: `${settings.endpoint} redirects more than ${maxRedirects} times`,
        hint: 'Check HF_ENDPOINT.',
      })
    },
    async retried(what, work, signal) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await work()
        } catch (error) {
          if (signal?.aborted) throw cancelled(error)
          if (!(error instanceof Transient)) throw error
          if (attempt >= attempts) throw unreachable(settings, what, attempts, error)
          const wait = Math.min(error.waitMs ?? pauseMs * 2 ** (attempt - 1), longestPauseMs)
          await sleep(wait, undefined, { ...(signal && { signal }) }).catch((reason: unknown) => {
            throw cancelled(reason)
          })
        }
      }
    },
  }
}

/** What the hub says of a file itself, before it sends to its storage, whose own etag is another. */
function linked(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = ['x-linked-etag', 'x-linked-size', 'x-repo-commit', 'x-error-code'] as const
  return Object.fromEntries(kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))
}

function sendOnce(url: URL, { range, signal }: AskOptions, settings: HubSettings, silenceMs: number) {
  const headers: Record<string, string> = { 'user-agent': 'llmga-bot', 'accept-encoding': 'identity' }
  if (range) headers['range'] = `bytes=${range[0]}-${range[1] - 1}`
  if (settings.token !== undefined && mayHaveToken(url, settings)) headers['authorization'] = `Bearer ${settings.token}`
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { headers, lookup: guardedLookup(settings), ...(signal && { signal }) }, resolve)
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(`${url.host} has been silent for ${silenceMs / 1000} s`)))
    sent.on('error', (error) => {
      if (error instanceof AppError)
        reject(error) // the look-up's own refusal
      else reject(new Transient(error.message, undefined, error))
    })
    sent.end()
  })
}

function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

const cancelled = (cause: unknown) => new AppError('inference/cancelled', { message: 'cancelled', cause })

const offline = ({ endpoint }: HubSettings) =>
  new AppError('hub/unreachable', {
    message: `nothing is downloaded from ${endpoint}: HF_HUB_OFFLINE is set`,
    hint: 'Unset HF_HUB_OFFLINE, or copy the files of the model into LLMGA_MODELS_DIR ("llmga models where" says where).',
  })

const unreachable = ({ endpoint }: HubSettings, what: string, attempts: number, cause: Error) =>
  new AppError('hub/unreachable', {
    message: `${what} could not be fetched from ${endpoint} in ${attempts} attempts: ${cause.message}`,
    hint: 'Check the connection and HF_ENDPOINT, then run the same command again: it goes on where it stopped.',
    cause,
    retryable: true,
  })
