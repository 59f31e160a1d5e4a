import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitMs } from '../../adapters/discord/stories/story-discord.ts'
import { createDiscord, type Discord } from '../../stand-ins/discord/discord.ts'
import { createSlackStandIn, type SlackStandIn } from '../../stand-ins/slack/stand-in.ts'
import { until } from '../../support/bot-harness.ts'
import { makePlace, runCommand, startServer, type Server } from '../program.ts'

/*
 * The started program with its models at work and 200 jobs waiting, 100 a platform: whoever asks then is acknowledged
 * within a second. On a machine that has nothing else to do; `npm test` has the same with the platforms' three seconds.
 */
const place = makePlace('acknowledging')
const waiting = 200
let discord: Discord
let slack: SlackStandIn
let server: Server

beforeAll(async () => {
  ;[discord, slack] = await Promise.all([createDiscord(), createSlackStandIn()])
  const onDiscord = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_CDN_URL: discord.cdnUrl }
  await runCommand(place, ['discord', 'register'], onDiscord)
  server = await startServer(place, {
    ...onDiscord,
    ...{ SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken },
  })
  await until(() => discord.gateway.connected() && slack.socket.connections() > 0, limitMs)
}, 120_000)
afterAll(async () => {
  server.signalAll('SIGKILL')
  await server.exit
  await Promise.all([discord.stop(), slack.close()])
  place.remove()
})

const queued = async (): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^llmga_jobs\{state="queued"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

it(
  '200 jobs wait, a picture is drawn, and everybody is acknowledged within a second',
  { timeout: 300_000 },
  async () => {
    const guild = discord.addGuild('Home')
    const art = discord.addChannel(guild, 'art')
    const pictures = slack.channel('pictures')
    for (let index = 0; index < waiting / 8; index++) {
      const person = discord.addPerson(`Person ${index}`, guild)
      const colleague = slack.person(`Person ${index}`)
      slack.join(pictures, colleague)
      for (let wish = 0; wish < 4; wish++) {
        person.say(art, `<@${discord.world.bot.id}> /imagine a red fox ${wish} --raw --steps 150`)
        colleague.mention(pictures, `/imagine a red fox ${wish} --raw --steps 150`)
      }
    }
    for (const end = Date.now() + 200_000; (await queued()) < waiting - 4;) expect(Date.now()).toBeLessThan(end)

    const [alice, ann] = [discord.addPerson('Alice', guild), slack.person('Ann')]
    slack.join(pictures, ann)
    const waits: number[] = []
    for (const prompt of ['a fox', 'a cat', 'an owl', 'a dog', 'a bee']) {
      const { at, token } = alice.slash(art, 'imagine', { prompt })
      const interaction = discord.interactions.get(token)!
      await until(() => interaction.acknowledgedAt !== undefined, limitMs)
      const { ackedAfterMs } = await ann.slash(pictures, `imagine ${prompt}`)
      waits.push(interaction.acknowledgedAt! - at, ackedAfterMs!)
    }
    process.stdout.write(`acknowledged after ${waits.join(', ')} ms (Discord, Slack)\n`)
    expect(Math.max(...waits)).toBeLessThan(1000)
  },
)
