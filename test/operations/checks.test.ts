import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { loggedError } from '../../src/compose/log.ts'
import { AppError } from '../../src/contract/errors.ts'
import { examine, needsFixing } from '../../src/operations/doctor.ts'
import { checkClock, checkDisk, checkMemory, checkNode, checkPort } from '../../src/operations/machine-checks.ts'
import { createPlatforms } from '../../src/operations/platforms.ts'
import { createHarness } from '../support/bot-harness.ts'
import { checkDevices } from '../../src/operations/model-checks.ts'

/** An HTTP server that says a time of its own. */
async function clockServer(skewMs: number) {
  const server = createServer((_, response) => {
    response.setHeader('Date', new Date(Date.now() + skewMs).toUTCString())
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

describe('the machine', () => {
  it.each([
    ['20.20.2', '>=20.19.0', true],
    ['20.19.0', '>=20.19.0', true],
    ['22.1.0', '>=20.19.0', true],
    ['20.9.1', '>=20.19.0', false],
    ['18.20.0', '>=20.19.0', false],
  ])('runs on Node %s where %s is needed: %s', (version, needed, ok) => {
    expect(checkNode(version, needed).ok).toBe(ok)
  })

  it('has room, also for a folder that is not there yet', async () => {
    expect((await checkDisk('data', `${tmpdir()}/not/there/yet`, 1)).ok).toBe(true)
    expect(await checkDisk('data', tmpdir(), 2 ** 60)).toMatchObject({
      ok: false,
      fix: expect.stringContaining('Make room') as string,
    })
  })

  it('has memory for the weights, or a limit that keeps them small', () => {
    expect(checkMemory(10e9, 0, 16e9, 1e9).ok).toBe(true)
    expect(checkMemory(15e9, 0, 16e9, 1e9).ok).toBe(false)
    expect(checkMemory(15e9, 4e9, 16e9, 1e9).ok).toBe(true)
  })

  it('knows the time, by a platform’s word', async () => {
    const right = await clockServer(0)
    expect(await checkClock('clock', right.url)).toMatchObject({ ok: true })
    right.close()
    const wrong = await clockServer(600_000)
    expect(await checkClock('clock', wrong.url)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^(599|600|601) s behind/) as string,
    })
    wrong.close()
    expect((await checkClock('clock', wrong.url)).ok).toBe('skipped')
  })

  it('has its port, or another llmga has it', async () => {
    const taken = await clockServer(0)
    expect((await checkPort('127.0.0.1', taken.port, async () => false)).ok).toBe(false)
    expect((await checkPort('127.0.0.1', taken.port, async () => true)).ok).toBe(true)
    taken.close()
    expect((await checkPort('127.0.0.1', 0, async () => false)).ok).toBe(true)
  })
})

describe('the doctor', () => {
  const configWith = (env: Record<string, string>) =>
    loadConfig({
      env: {
        HOME: tmpdir(),
        LLMGA_CACHE_DIR: `${tmpdir()}/llmga-doctor`,
        LLMGA_HTTP_PORT: '0',
        LLMGA_DEVICE: 'cpu',
        ...env,
      },
      cwd: '/',
    }).config

  it('finds the embedded models whole, and leaves platforms without tokens alone', async () => {
    const checks = await examine(configWith({}))
    const found = (name: string) => checks.find((check) => check.name === name)
    for (const role of ['mllm', 't2i', 'inpaint', 'restore']) expect(found(`model ${role}`)?.ok).toBe(true)
    expect(found('device')).toMatchObject({ ok: true, detail: expect.stringContaining('cpu') as string })
    expect([found('Discord')?.ok, found('Slack')?.ok]).toEqual(['skipped', 'skipped'])
  })

  it('tries each device that is asked for, and names the one that is not there', async () => {
    const [mllm, pictures] = await checkDevices(configWith({ LLMGA_PICTURE_DEVICE: 'cuda:63' }))
    expect(mllm).toMatchObject({ name: 'device of mllm', ok: true, detail: 'cpu would compute' })
    expect(pictures).toMatchObject({ name: 'device of pictures', ok: false })
    expect(pictures?.detail).toMatch(/^cpu would compute; cuda:63: ./)
  })

  it('says what to fix: a model that is not there, tokens that miss each other, a platform out of reach', async () => {
    const env = {
      LLMGA_T2I: 'nothing',
      SLACK_BOT_TOKEN: 'xoxb-1-secret',
      DISCORD_TOKEN: 'secret.secret',
      DISCORD_API_URL: 'http://127.0.0.1:1/api',
    }
    const checks = await examine(configWith(env))
    const wrong = checks.filter(({ ok }) => ok === false)
    expect(wrong.map(({ name }) => name)).toEqual(expect.arrayContaining(['models', 'Slack', 'Discord token']))
    expect(wrong.every(({ fix }) => (fix ?? '').length > 10)).toBe(true)
    expect(needsFixing(checks)).toBe(true)
    expect(JSON.stringify(checks)).not.toContain('secret')
  }, 60_000)
})

describe('platforms', () => {
  const log = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 }
  const create = (env: Record<string, string>) =>
    createPlatforms(
      loadConfig({ env: { HOME: '/h', ...env }, cwd: '/' }).config,
      async () => undefined,
      () => log,
    )

  it('are those whose tokens are set', async () => {
    expect(await create({})).toEqual([])
    const both = await create({
      DISCORD_TOKEN: 'token.token',
      SLACK_BOT_TOKEN: 'xoxb-12345678',
      SLACK_SIGNING_SECRET: '0123456789',
    })
    expect(both.map(({ name, adapter, handleHttp }) => [name, adapter.platform, handleHttp !== undefined])).toEqual([
      ['Discord', 'discord', false],
      ['Slack', 'slack', true],
    ])
  })

  it('are refused with half of their tokens', async () => {
    await expect(create({ SLACK_BOT_TOKEN: 'xoxb-12345678' })).rejects.toThrow('no way for events to come in')
    await expect(create({ SLACK_APP_TOKEN: 'xapp-12345678' })).rejects.toThrow('SLACK_BOT_TOKEN is not')
  })
})

describe('an error in the log', () => {
  const text = (error: unknown, logPrompts = false) => JSON.stringify(loggedError(error, logPrompts))

  it('says nothing that a person wrote, unless that is allowed', () => {
    const error = new AppError('input/invalid-option', { message: 'there is no style "my secret wish"' })
    expect(text(error)).not.toContain('secret')
    expect(text(error)).toContain('input/invalid-option')
    expect(text(error, true)).toContain('my secret wish')
    expect(text(new AppError('storage/full', { message: 'the disk is full' }))).toContain('the disk is full')
  })

  it('never holds a token', () => {
    const tokens = [
      'xoxb-12345678-abc',
      'xapp-1-A1-2-abcdef',
      'MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz12345',
    ]
    for (const token of tokens) {
      const error = new Error(`request failed: ${token}`, { cause: new Error(`with ${token}`) })
      expect(text(error, true)).not.toContain(token)
    }
  })
})

describe('what people write', () => {
  it.each([
    [false, 0],
    [true, 1],
  ])('stands in the log only where it is allowed (%s)', async (logPrompts, times) => {
    const lines: string[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
    const harness = await createHarness({ log, logPrompts })
    await harness.ask('draw a fox with a secret')
    await harness.stop()
    expect(lines.length).toBeGreaterThan(2)
    expect(lines.filter((line) => line.includes('secret'))).toHaveLength(times)
  })
})
