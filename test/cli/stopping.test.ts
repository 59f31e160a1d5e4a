import { afterAll, describe, expect, it } from 'vitest'
import { messageTo } from '../acceptance/conversation.ts'
import { loadConfig } from '../../config/load.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { statusOfRunning } from '../../src/operations/running.ts'
import { makePlace, startServer } from '../acceptance/program.ts'
import { until } from '../support/bot-harness.ts'

const place = makePlace('stopping')
afterAll(() => place.remove())

/** Discord, out of reach: nothing listens there. */
const away = { DISCORD_TOKEN: 'token.of-nobody', DISCORD_API_URL: 'http://127.0.0.1:1/api', LLMGA_LOG_LEVEL: 'debug' }

describe('npm start with a platform that is out of reach', { timeout: 120_000 }, () => {
  it('serves the page, tells how it stands, and lets what runs end before it leaves', async () => {
    const server = await startServer(place, { ...away, LLMGA_DRAIN_SECONDS: '60' })
    await until(() => server.stdout().includes('Discord: retrying: '), 30_000)
    const ready = (await (await fetch(`${server.url}/ready`)).json()) as { checks: { name: string; detail: string }[] }
    expect(ready.checks.find(({ name }) => name === 'discord')?.detail).toMatch(/^retrying: /)
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
      'llmga_adapter_connected{platform="discord"} 0',
    )

    const said = 'a red fox with a secret'
    expect((await messageTo(server.url, 't', said)).status).toBe(202)
    await until(() => server.stderr().includes('job started'), 30_000)
    const { config } = loadConfig({ env: { LLMGA_DATA_DIR: place.at('data') }, cwd: place.root })
    expect(await statusOfRunning(config)).toMatchObject({ adapters: { web: { state: 'connected' }, discord: {} } })
    server.signal('SIGTERM')
    expect(await server.exit).toBe(0)
    expect(server.stderr()).toContain('"end":"done"')
    expect(server.stderr()).not.toContain('secret')
    expect(server.stdout() + server.stderr()).not.toContain(away.DISCORD_TOKEN)

    const stores = await createStores({ dataDir: place.at('data') })
    expect(await stores.jobs.openIds()).toEqual([])
    const [thread] = await stores.threads.list('web', 'local')
    expect(Object.values((await stores.threads.get(thread!.key))!.images)).toHaveLength(1)
    await stores.close()
  })
})
