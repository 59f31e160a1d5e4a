import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../../support/bot-harness.ts'
import type { Effect } from '../../../stand-ins/discord/faults.ts'
import { solidPng } from '../../../support/scripted-inference.ts'
import {
  answeredIn,
  ask,
  attachmentsOf,
  contentsOf,
  limitMs,
  offered,
  tellDiscordStory,
  threadOf,
  type DiscordStory,
  type StoryOptions,
} from './story-discord.ts'

/** Nearer to the waits of a real bot: forty live replies are no load. */
const calm = { editMs: 2000, previewMs: 4000, requestMs: 5000, reconnectMs: 50, reconnectMaxMs: 200 }

let story: DiscordStory
const tell = async (options?: StoryOptions) => (story = await tellDiscordStory(options))
afterEach(async () => story.stop())

/** Pictures that all replies of a channel's threads show. */
const picturesIn = (channelId: string) =>
  [...story.discord.world.channels.values()]
    .filter(({ parent_id }) => parent_id === channelId)
    .flatMap((thread) => attachmentsOf(story.discord.repliesIn(thread)))

describe('trouble on Discord', () => {
  it('a connection that drops in the middle of a job is resumed; nothing is lost or doubled', async () => {
    await tell({ script: { stepMs: 30, steps: 15 } })
    const { discord, alice, channel } = story
    const root = alice.say(channel, `${story.mention} a red fox`)
    const thread = await threadOf(story, root)
    discord.gateway.drop()
    const meanwhile = alice.say(channel, `${story.mention} a cat`)
    await answeredIn(story, thread)
    await answeredIn(story, await threadOf(story, meanwhile))
    expect(discord.gateway.counts).toEqual({ identified: 1, resumed: 1 })
    discord.gateway.invalidate()
    await until(() => discord.gateway.counts.identified === 2, limitMs)
    await ask(story, 'an owl')
    expect(picturesIn(channel.id)).toHaveLength(3)
  })

  it('events that come twice or in another order make each job once', async () => {
    await tell()
    const { discord, alice, channel } = story
    discord.gateway.repeatEvents(2)
    const { thread } = await ask(story, 'a red fox')
    const command = alice.slash(channel, 'imagine', { prompt: 'a cat' })
    await until(() => command.reply !== undefined, limitMs)
    await answeredIn(story, await threadOf(story, command.reply!))
    discord.gateway.repeatEvents(1)
    discord.gateway.hold()
    const roots = ['an owl', 'a dog', 'a bee'].map((wish) => alice.say(channel, `${story.mention} ${wish}`))
    discord.gateway.release('reversed')
    for (const root of roots) await answeredIn(story, await threadOf(story, root))
    expect(attachmentsOf(discord.repliesIn(thread))).toHaveLength(1)
    expect(picturesIn(channel.id)).toHaveLength(5)
    expect(story.running().inference.requests.filter(({ kind }) => kind === 'text-to-image')).toHaveLength(5)
  })

  const effects: readonly (readonly [string, string, Effect, number])[] = [
    ['a storm of 429', 'P* /channels/*', { type: 'rate-limit', retryAfterMs: 50 }, 4],
    ['a global 429', '*', { type: 'rate-limit', retryAfterMs: 100, global: true }, 2],
    ['500 for a while', 'P* /channels/*/messages*', { type: 'status', status: 500 }, 4],
    ['connections that end before the answer', 'P* /channels/*/messages*', { type: 'cut', when: 'after' }, 2],
    ['connections that end at once', 'P* /channels/*', { type: 'cut', when: 'before' }, 2],
    ['answers that break off', 'P* /channels/*/messages*', { type: 'cut', when: 'half-way' }, 2],
    ['slow answers', '* /channels/*', { type: 'slow', delayMs: 300 }, 4],
    ['answers that never come', 'P* /channels/*/messages*', { type: 'silent' }, 1],
  ]
  it.each(effects)('%s: the result arrives, once', async (_, route, effect, times) => {
    await tell({ script: { stepMs: 5 } })
    story.discord.faults.add(route, effect, times)
    const { replies } = await ask(story, 'a red fox')
    story.discord.faults.clear()
    expect(attachmentsOf(replies)).toHaveLength(1)
    expect(
      contentsOf(replies)
        .join('\n')
        .match(/Here it is/g),
    ).toHaveLength(1)
    await ask(story, 'a cat')
    expect(picturesIn(story.channel.id)).toHaveLength(2)
  })

  it('a message that the place refuses as too large loses no reply', async () => {
    await tell()
    const fault = story.discord.faults.add('POST /channels/*/messages', { type: 'status', status: 413, code: 40005 }, 1)
    const { replies } = await ask(story, 'a red fox')
    expect(fault.left()).toBe(0)
    expect(contentsOf(replies).join()).toContain('Here it is')
  })

  it('a token that is no longer good is told, and the result arrives once there is a good one', async () => {
    await tell({ script: { stepMs: 30, steps: 20 } })
    const root = story.alice.say(story.channel, `${story.mention} a red fox`)
    const thread = await threadOf(story, root)
    story.discord.revokeToken()
    await until(() => story.running().adapter.status?.().state === 'retrying', limitMs)
    expect(story.running().adapter.status?.().problem).toMatch(/token/i)
    story.discord.restoreToken()
    await until(() => story.running().adapter.status?.().state === 'connected', limitMs)
    expect(attachmentsOf(await answeredIn(story, thread))).toHaveLength(1)
    expect(story.log()).not.toContain(story.discord.token)
  })

  it('after the fifteen minutes of an interaction, and after a restart, the result still arrives', async () => {
    await tell({ script: { stepMs: 20, steps: 20 } })
    const command = story.alice.slash(story.channel, 'imagine', { prompt: 'a cat' })
    await until(() => command.reply !== undefined, limitMs)
    const thread = await threadOf(story, command.reply!)
    story.discord.expireInteractions()
    await story.restart()
    expect(attachmentsOf(await answeredIn(story, thread))).toHaveLength(1)
  })

  it('ten thousand characters are answered within the limits, and nobody is ever pinged', async () => {
    const ping = '@everyone @here <@&1> '
    await tell({
      script: {
        reply: () => `${ping}${`${'manywords'.repeat(9)} `.repeat(120)} <gen_image> ${ping} a fox </gen_image>`,
      },
    })
    const bo = story.discord.addPerson('@everyone', story.guild)
    const role = story.discord.addRole(story.guild, 'team')
    const words = `${ping} <@${bo.id}> <@&${role}> ${'a red fox '.repeat(190)}`
    const { replies } = await ask(story, words)
    expect(replies.length).toBeGreaterThan(4)
    const command = bo.slash(story.channel, 'imagine', { prompt: `${ping}${'fox '.repeat(1490)}` })
    await until(() => command.reply !== undefined, limitMs)
    await answeredIn(story, await threadOf(story, command.reply!))
    const file = { name: 'message.txt', bytes: Buffer.from('a red fox '.repeat(1000)), mediaType: 'text/plain' }
    const root = story.alice.say(story.channel, story.mention, { files: [file] })
    await until(() => refusalsAfter(root.wire.id).length > 0, limitMs)
    expect(story.discord.world.pings).toEqual([])
    const sent = story.discord.requests.filter(({ method, body }) => method !== 'GET' && hasContent(body))
    expect(sent.length).toBeGreaterThan(8)
    expect(sent.filter(({ body }) => !mentionsNobody(body)).map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  it(
    'forty people of two servers at once: served by turns, everybody gets a picture',
    { timeout: 120_000 },
    async () => {
      await tell({ adapter: { timing: calm } })
      const other = story.discord.addGuild('Away')
      const there = story.discord.addChannel(other, 'art')
      const greedy = story.alice
      const wishes = Array.from({ length: 6 }, (_, i) => greedy.say(story.channel, `${story.mention} greedy ${i}`))
      const homes = Array.from({ length: 19 }, (_, i) => story.discord.addPerson(`Home ${i}`, story.guild))
      const aways = Array.from({ length: 20 }, (_, i) => story.discord.addPerson(`Away ${i}`, other))
      const roots = [
        ...homes.map((person) => person.say(story.channel, `${story.mention} a home fox`)),
        ...aways.map((person) => person.say(there, `${story.mention} an away fox`)),
      ]
      const all = [...wishes, ...roots]
      await until(() => all.every((root) => story.discord.threadOf(root) !== undefined), 90_000)
      for (const root of all) await answeredIn(story, await threadOf(story, root))
      const drawn = story.running().inference.requests.filter((request) => request.kind === 'text-to-image')
      const prompts = drawn.map(({ prompt }) => prompt)
      const positions = (word: string) => prompts.flatMap((prompt, i) => (prompt.includes(word) ? [i] : []))
      const [awayAt, homeAt, greedyAt] = ['away', 'home', 'greedy'].map(positions)
      expect([awayAt!.length, homeAt!.length, greedyAt!.length]).toEqual([20, 19, 6])
      // by turns: when the last of the away people is served, about as many of the home server's are
      const servedAtHome = prompts.slice(0, awayAt!.at(-1)! + 1).filter((prompt) => !prompt.includes('away')).length
      expect(servedAtHome).toBeGreaterThanOrEqual(17)
      // one person's six wishes: most of them after everybody's first
      expect(greedyAt!.filter((position) => position < homeAt!.at(-1)!).length).toBeLessThanOrEqual(3)
    },
  )

  it('with 200 jobs waiting everybody is acknowledged in time: Discord gives three seconds', async () => {
    await tell({ script: { tokenMs: 50 }, adapter: { timing: calm } })
    const people = Array.from({ length: 40 }, (_, i) => story.discord.addPerson(`Person ${i}`, story.guild))
    for (const [index, person] of [...people, ...people, ...people, ...people, ...people].entries()) {
      const key = { platform: 'discord', workspaceId: '@me', channelId: person.dm().id, threadId: '' }
      const author = { id: person.id, name: person.user.username }
      const wish = { text: `wish ${index}`, attachments: [], eventId: `${story.discord.world.nextId()}` }
      await story.running().bot.handle({ type: 'message', key, author, receivedAt: Date.now(), ...wish })
    }
    const waits: number[] = []
    for (const prompt of ['a fox', 'a cat', 'an owl', 'a dog', 'a bee']) {
      const { at, ...asked } = story.alice.slash(story.channel, 'imagine', { prompt })
      const interaction = story.discord.interactions.get(asked.token)!
      await until(() => interaction.acknowledgedAt !== undefined, limitMs)
      waits.push(interaction.acknowledgedAt! - at)
    }
    expect(waits.toSorted((a, b) => a - b)[2]).toBeLessThan(3000)
  })

  it('files of other hosts and damaged ones are never fetched or taken', async () => {
    await tell()
    const root = story.alice.say(story.channel, `${story.mention} describe http://127.0.0.1:9/secret.png`)
    await until(() => story.discord.threadOf(root) !== undefined, limitMs)
    const broken = { name: 'broken.png', bytes: solidPng(8, 8, 1).slice(3) }
    const second = story.alice.say(story.channel, `${story.mention} what is this?`, { files: [broken] })
    const thread = await threadOf(story, second)
    await until(() => contentsOf(story.discord.repliesIn(thread)).some((text) => text.includes('⚠️')), limitMs)
    expect(offered(story.discord.repliesIn(thread).at(-1)!)).not.toContain('Variations')
  })
})

/** What the bot said in the channel itself, or in the thread of a message, since it. */
const refusalsAfter = (id: string) =>
  [story.channel, ...(story.discord.world.channels.has(id) ? [story.discord.world.channels.get(id)!] : [])]
    .flatMap((place) => story.discord.repliesIn(place))
    .filter(({ wire }) => BigInt(wire.id) > BigInt(id))

const hasContent = (body: unknown): boolean => JSON.stringify(body ?? '').includes('"content":')
const mentionsNobody = (body: unknown): boolean => {
  const { data, allowed_mentions } = body as Record<'data' | 'allowed_mentions', { parse?: unknown[] } | undefined>
  const allowed =
    (data as { allowed_mentions?: { parse?: unknown[] } } | undefined)?.allowed_mentions ?? allowed_mentions
  return JSON.stringify(allowed?.parse) === '[]' && !('users' in (allowed ?? {}))
}
