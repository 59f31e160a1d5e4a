import { afterEach, describe, expect, it } from 'vitest'
import { createDiscordAdapter } from '../../../adapters/discord/adapter.ts'
import { recordingBot } from '../../contracts/recording-bot.ts'
import { createDiscord, type Discord } from '../../stand-ins/discord/discord.ts'
import { keepLines, optionsFor, replyTo, soon, connectedAdapter } from './discord-harness.ts'

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop()
  stops = []
})

async function start(discord: Discord, options: Parameters<typeof optionsFor>[1] = {}) {
  const { lines, log } = keepLines()
  const adapter = createDiscordAdapter(optionsFor(discord, options), log)
  const bot = recordingBot()
  const at = Date.now()
  await adapter.start(bot)
  expect(Date.now() - at).toBeLessThan(1000)
  stops.push(() => adapter.stop())
  return { adapter, bot, lines, status: () => adapter.status!() }
}

const standIn = async (options?: Parameters<typeof createDiscord>[0]) => {
  const discord = await createDiscord(options)
  stops.push(() => discord.stop())
  return discord
}

describe('the connection to Discord', () => {
  it('says what to do about a token that is not accepted, and never writes it', async () => {
    const discord = await standIn()
    const { status, lines } = await start(discord, { token: 'secret.wrong.token' })
    await soon(() => status().problem !== undefined)
    expect(status()).toMatchObject({ state: 'retrying', problem: expect.stringContaining('DISCORD_TOKEN') as string })
    expect(lines.join('\n')).not.toContain('secret')
  })

  it('goes on without Message Content where the application may not have it, with a warning', async () => {
    const discord = await standIn({ messageContent: false })
    const { status, lines } = await start(discord, { messageContent: true })
    await soon(() => status().state === 'connected')
    expect(lines.join('\n')).toContain('Message Content intent is not switched on')
    expect(lines.join('\n')).not.toContain(discord.token)
  })

  it('waits for a Discord that cannot be reached, and connects when it is there', async () => {
    const discord = await standIn()
    discord.faults.add('GET /gateway/bot', { type: 'cut', when: 'before' }, 1000)
    const { status } = await start(discord)
    await soon(() => status().problem?.includes('cannot be reached') === true)
    expect(status().state).toBe('retrying')
    discord.faults.clear()
    await soon(() => status().state === 'connected')
    expect(status().problem).toBeUndefined()
  })

  it('resumes after a drop, and misses nothing of what was said meanwhile', async () => {
    const { discord, adapter, ann, channel, mention, bot, stop, handledBy } = await connectedAdapter()
    stops.push(stop)
    const first = await handledBy(() => ann.say(channel, `${mention} one`))
    discord.gateway.drop(4000)
    await handledBy(() => ann.say(channel, `${mention} two`))
    await soon(() => adapter.status!().state === 'connected')
    await adapter.render(replyTo(first, [{ type: 'text', text: 'Done.', streaming: false }]))
    expect(bot.handled.map((incoming) => (incoming.type === 'message' ? incoming.text : ''))).toEqual(['one', 'two'])
  })

  it('stops for good', async () => {
    const discord = await standIn()
    const { adapter, status } = await start(discord)
    await soon(() => status().state === 'connected')
    await adapter.stop()
    expect(status().state).toBe('stopped')
  })
})
