import { Hono } from 'hono'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { createHttp } from '../../src/compose/http.ts'
import type { AdapterStatus } from '../../src/contract/adapter.ts'
import type { BotStatus } from '../../src/contract/status.ts'
import { connectionLine } from '../../src/operations/connection-lines.ts'
import { countLimits } from '../../src/operations/count-limits.ts'
import { readinessOf } from '../../src/operations/health.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import type { Platform } from '../../src/operations/platforms.ts'
import { createScriptedInference } from '../support/scripted-inference.ts'

const metrics = createMetrics()
afterAll(() => metrics.stop())

const status: BotStatus = {
  version: 'test',
  startedAt: 1,
  draining: false,
  jobs: { queued: 3, running: 1, posting: 0 },
  lanes: { chat: { places: 1, running: 0, waiting: 0 }, draw: { places: 1, running: 1, waiting: 2 } },
  adapters: { discord: { state: 'connected', since: 1 } },
  inference: { worker: 'ready', device: 'cpu', restarts: 2, running: 1, resident: [], processBytes: 5 },
}
const started = { status: async () => status }

function serve({
  env = {},
  bot = () => started,
  platforms = [],
  tokens = [],
}: Partial<{
  env: Record<string, string>
  bot: () => typeof started | undefined
  platforms: readonly Platform[]
  tokens: readonly { token: string }[]
}> = {}) {
  const { config } = loadConfig({ env: { HOME: '/h', ...env }, cwd: '/' })
  const page = new Hono().get('/', (c) => c.text('the page'))
  const http = createHttp({ config, tokens, page, platforms, metrics, bot })
  return (
    path: string,
    { from = '127.0.0.1', host = '127.0.0.1:7860', ...init }: RequestInit & { from?: string; host?: string } = {},
  ) =>
    http.request(
      `http://x${path}`,
      { ...init, headers: { Host: host, ...init.headers } },
      { incoming: { socket: { remoteAddress: from } } as never },
    )
}

describe('before the bot has started', () => {
  it('answers health, is not ready, and tells everybody else to wait, with 503', async () => {
    const ask = serve({ bot: () => undefined })
    expect((await ask('/health')).status).toBe(200)
    expect((await ask('/ready')).status).toBe(503)
    const page = await ask('/')
    expect([page.status, page.headers.get('Retry-After')]).toEqual([503, '5'])
    expect(await page.json()).toMatchObject({ error: { message: 'The program is starting.' } })
    expect((await ask('/slack/events', { method: 'POST', body: '{}' })).status).toBe(503)
  })
})

describe('figures', () => {
  it('are shown to this machine and with the token of the page, and to nobody else', async () => {
    const ask = serve({ tokens: [{ token: 'a-long-token' }] })
    expect((await ask('/metrics')).status).toBe(200)
    expect((await ask('/status', { from: '::ffff:127.0.0.1', host: 'localhost' })).status).toBe(200)
    expect((await ask('/metrics', { from: '10.0.0.7' })).status).toBe(403)
    expect((await ask('/metrics', { headers: { 'X-Forwarded-For': '10.0.0.7' } })).status).toBe(403)
    expect((await ask('/metrics', { host: 'rebound.example' })).status).toBe(403)
    const withToken = (token: string) =>
      ask('/metrics', { from: '10.0.0.7', headers: { Authorization: `Bearer ${token}` } })
    expect((await withToken('a-long-token')).status).toBe(200)
    expect((await withToken('a-wrong-token')).status).toBe(403)
  })

  it('are for the token only where the page is public, and can be switched off', async () => {
    expect((await serve({ env: { LLMGA_PUBLIC_URL: 'https://draw.example' } })('/metrics')).status).toBe(403)
    expect((await serve({ env: { LLMGA_METRICS: 'off' } })('/metrics')).status).toBe(404)
  })

  it('say what Prometheus asks for, without a word of people', async () => {
    metrics.observer.jobAccepted({ kind: 'imagine', platform: 'discord' })
    metrics.observer.jobStarted({ kind: 'imagine', platform: 'discord' }, 1500)
    metrics.observer.jobEnded(
      { kind: 'imagine', platform: 'discord' },
      { end: 'failed', runMs: 40, pictures: 0, code: 'inference/failed' },
    )
    const watched = metrics.watchInference(createScriptedInference())
    for await (const event of watched.run({ kind: 'chat', messages: [{ role: 'user', text: 'a secret wish' }] }))
      void event
    const warn: [object, string][] = []
    const log = countLimits({ debug: (...line) => warn.push(line), info: () => 0, warn: () => 0, error: () => 0 }, () =>
      metrics.platformLimit('discord'),
    )
    log.debug({ waitMs: 100 }, 'Discord asks to wait')
    log.debug({}, 'something else')
    expect(warn).toHaveLength(2)
    const text = await (await serve()('/metrics')).text()
    for (const line of [
      'llmga_jobs_accepted_total{platform="discord",kind="imagine"} 1',
      'llmga_job_wait_seconds_sum{kind="imagine"} 1.5',
      'llmga_errors_total{code="inference/failed"} 1',
      'llmga_pipeline_seconds_count{pipeline="chat"} 1',
      'llmga_platform_limits_total{platform="discord"} 1',
      'llmga_lane_jobs{lane="draw",state="waiting"} 2',
      'llmga_jobs{state="queued"} 3',
      'llmga_adapter_connected{platform="discord"} 1',
      'llmga_worker_restarts 2',
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
    ])
      expect(text).toContain(line)
    expect(text).not.toContain('secret')
  })
})

describe('Slack’s events', () => {
  const handleHttp = async (request: Request) => new Response(await request.text())
  const platform = { name: 'Slack', adapter: {} as Platform['adapter'], handleHttp } satisfies Platform

  it('reach the adapter as they came, past the page’s own guards', async () => {
    const answer = await serve({ platforms: [platform] })('/slack/events', {
      method: 'POST',
      body: '{"raw" : 1}',
      host: 'draw.example',
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{"raw" : 1}'])
  })

  it('are refused when they are larger than a megabyte, and not served without a signing secret', async () => {
    const body = 'x'.repeat((1 << 20) + 1)
    const headers = { 'Content-Length': String(body.length) }
    expect((await serve({ platforms: [platform] })('/slack/events', { method: 'POST', body, headers })).status).toBe(
      413,
    )
    expect((await serve()('/slack/events', { method: 'POST', body: '{}' })).status).toBe(404)
  })
})

describe('readiness', () => {
  const now = 10 * 60_000
  const withDiscord = (discord: AdapterStatus) => readinessOf({ ...status, adapters: { discord } }, now)

  it('bears with a platform that has been away for less than five minutes', () => {
    expect(withDiscord({ state: 'retrying', since: now - 299_000, problem: 'no network' }).ready).toBe(true)
    const late = withDiscord({ state: 'retrying', since: now - 301_000, problem: 'no network' })
    expect(late.ready).toBe(false)
    expect(late.checks.find(({ ok }) => !ok)).toEqual({ name: 'discord', ok: false, detail: 'retrying: no network' })
    expect(withDiscord({ state: 'stopped', since: now }).ready).toBe(false)
  })

  it('ends when the program is about to stop or its worker is gone', () => {
    expect(readinessOf({ ...status, draining: true }, now).ready).toBe(false)
    expect(readinessOf({ ...status, inference: { ...status.inference, worker: 'restarting' } }, now).ready).toBe(false)
    expect(readinessOf(undefined, now)).toEqual({
      ready: false,
      checks: [{ name: 'program', ok: false, detail: 'starting' }],
    })
  })
})

it('says in a line how a platform stands', () => {
  expect(connectionLine('Discord', { state: 'connected', since: 1, as: 'llmga#1' })).toBe(
    'Discord: connected as llmga#1',
  )
  expect(connectionLine('Slack', { state: 'retrying', since: 1, problem: 'no network' })).toBe(
    'Slack: retrying: no network',
  )
  expect(connectionLine('Slack', { state: 'starting', since: 1 })).toBeUndefined()
})
