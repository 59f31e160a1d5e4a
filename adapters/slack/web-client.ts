import { webApi, type LogLevel } from '@slack/bolt'
import type { AdapterLog } from '../chat/log.ts'
import type { SlackOptions, SlackTiming } from './options.ts'

export type WebClient = webApi.WebClient

/**
 * How requests go out. Nothing is repeated by the library: a repeated post would show twice, and waiting out a 429 would
 * hold up every other request of the client, forms with their three seconds among them. Who calls decides.
 */
export const clientOptions = ({ apiUrl }: Pick<SlackOptions, 'apiUrl'>, timing: SlackTiming, log: AdapterLog) => ({
  slackApiUrl: apiUrl,
  timeout: timing.requestMs,
  rejectRateLimitedCalls: true,
  retryConfig: { retries: 0 },
  logger: libraryLog(log),
})

/** What the libraries log, from warnings on; what they say in detail may hold tokens and people's words. */
export function libraryLog(log: AdapterLog) {
  const silent = () => undefined
  return {
    debug: silent,
    info: silent,
    warn: (...said: unknown[]) => log.warn({}, `Slack's library: ${said.map(saidText).join(' ')}`),
    error: (...said: unknown[]) => log.warn({}, `Slack's library: ${said.map(saidText).join(' ')}`),
    setLevel: silent,
    getLevel: () => 'warn' as LogLevel,
    setName: silent,
  }
}

const saidText = (said: unknown): string => (said instanceof Error ? said.message : String(said)).slice(0, 300)

/** Slack's own word for what went wrong: 'channel_not_found'. Undefined when it was not Slack that refused. */
export const slackCode = (error: unknown): string | undefined =>
  error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined

/** Seconds that Slack asks to wait; undefined where it asks nothing. */
export const retryAfterSeconds = (error: unknown): number | undefined =>
  error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter : undefined

export const httpStatus = (error: unknown): number | undefined =>
  error instanceof webApi.WebAPIHTTPError ? error.statusCode : undefined
