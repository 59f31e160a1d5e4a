import { webApi } from '@slack/bolt'
import type { Check } from '../../src/contract/check.ts'
import type { AdapterLog } from '../chat/log.ts'
import { problemOf } from './connection.ts'
import { usualTiming, type SlackOptions } from './options.ts'
import { botScopes } from './scopes.ts'
import { clientOptions } from './web-client.ts'

/** Slack refuses, and we refuse, signatures that are older than this. */
const mostSkewSeconds = 300

/** Looks at the tokens, the scopes, the connection and the clock, for `llmga doctor`. Never throws, never says a token. */
export async function checkSlack(options: SlackOptions, log: AdapterLog = silent): Promise<readonly Check[]> {
  const timing = { ...usualTiming, ...options.timing }
  const client = new webApi.WebClient(options.botToken, clientOptions(options, timing, log))
  const token = await checkToken(client)
  return [
    token.check,
    checkScopes(token.scopes),
    await checkAppToken(options, log),
    options.signingSecret === undefined
      ? { name: 'Slack: signing secret', ok: 'skipped', detail: 'SLACK_SIGNING_SECRET is not set' }
      : checkSecret(options.signingSecret),
    await checkClock(options, timing.requestMs),
  ]
}

async function checkToken(client: webApi.WebClient): Promise<{ check: Check; scopes: readonly string[] | undefined }> {
  const name = 'Slack: bot token'
  try {
    const { team, user, response_metadata } = await client.auth.test()
    const check = { name, ok: true, detail: `${user ?? 'the bot'} in the workspace ${team ?? '?'}` }
    return { check, scopes: response_metadata?.scopes ?? [] }
  } catch (error) {
    const fix = 'Set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…) of the page "OAuth & Permissions".'
    return { check: { name, ok: false, detail: problemOf(error), fix }, scopes: undefined }
  }
}

function checkScopes(scopes: readonly string[] | undefined): Check {
  const name = 'Slack: scopes'
  if (!scopes) return { name, ok: 'skipped', detail: 'the token does not work' }
  const missing = botScopes.filter((scope) => !scopes.includes(scope))
  if (missing.length === 0) return { name, ok: true, detail: `all ${botScopes.length} are there` }
  const fix = 'Update the app with the output of "llmga slack manifest" and install it anew.'
  return { name, ok: false, detail: `missing: ${missing.join(', ')}`, fix }
}

async function checkAppToken(options: SlackOptions, log: AdapterLog): Promise<Check> {
  const name = 'Slack: Socket Mode'
  if (options.appToken === undefined) return { name, ok: 'skipped', detail: 'SLACK_APP_TOKEN is not set' }
  const timing = { ...usualTiming, ...options.timing }
  const client = new webApi.WebClient(options.appToken, clientOptions(options, timing, log))
  try {
    await client.apps.connections.open()
    return { name, ok: true, detail: 'Slack gives an address to connect to' }
  } catch (error) {
    const fix =
      'Make an app-level token with the scope connections:write, switch Socket Mode on, and set SLACK_APP_TOKEN.'
    return { name, ok: false, detail: problemOf(error), fix }
  }
}

function checkSecret(secret: string): Check {
  const name = 'Slack: signing secret'
  if (/^\S{16,}$/.test(secret)) return { name, ok: true, detail: 'is set' }
  const fix = 'Copy the Signing Secret of the page "Basic Information" into SLACK_SIGNING_SECRET.'
  return { name, ok: false, detail: 'does not look like one', fix }
}

async function checkClock({ apiUrl }: SlackOptions, requestMs: number): Promise<Check> {
  const name = 'Slack: clock'
  try {
    const response = await fetch(new URL('api.test', apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`), {
      method: 'POST',
      signal: AbortSignal.timeout(requestMs),
    })
    await response.arrayBuffer()
    const date = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(date)) return { name, ok: 'skipped', detail: 'Slack told no time' }
    const seconds = Math.round(Math.abs(Date.now() - date) / 1000)
    const detail = `${seconds} s from Slack's`
    if (seconds < mostSkewSeconds / 2) return { name, ok: true, detail }
    return {
      name,
      ok: false,
      detail,
      fix: 'Set the clock of this machine (NTP): signatures are good for five minutes.',
    }
  } catch {
    return { name, ok: 'skipped', detail: 'Slack cannot be reached' }
  }
}

const silent: AdapterLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
