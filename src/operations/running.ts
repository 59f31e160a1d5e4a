import type { Config } from '../../config/schema.ts'
import { pageTokens } from '../cli/web-token.ts'
import { AppError } from '../contract/errors.ts'
import type { BotStatus } from '../contract/status.ts'
import { readPageAddress } from './page-address.ts'

/**
 * Asks the program that runs on these settings, over its page's address. Throws AppError `input/not-found` when none
 * answers there, `access/denied` when it refuses.
 */
export async function askRunning(config: Config, path: '/health' | '/status'): Promise<unknown> {
  const url = new URL(path, readPageAddress(config.dataDir) ?? `http://127.0.0.1:${config.httpPort}`)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  const [token] = pageTokens(config)
  const headers = token ? { Authorization: `Bearer ${token.token}` } : {}
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch((cause: unknown) => {
    throw notRunning(url, cause)
  })
  if (response.ok) return response.json()
  if (response.status === 503) throw notRunning(url, undefined, 'it is starting')
  throw new AppError('access/denied', {
    message: `${url.href} answered ${response.status}`,
    hint: 'Use the settings of the running program; LLMGA_METRICS must be local there.',
  })
}

export const statusOfRunning = (config: Config): Promise<BotStatus> =>
  askRunning(config, '/status') as Promise<BotStatus>

const notRunning = (url: URL, cause: unknown, why = 'nothing answers there') =>
  new AppError('input/not-found', {
    message: `no running llmga at ${url.origin}: ${why}`,
    hint: 'Start it with "npm start", or give the settings that it runs with (LLMGA_DATA_DIR, LLMGA_HTTP_PORT).',
    cause,
  })
