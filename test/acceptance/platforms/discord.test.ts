import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  answeredIn,
  attachmentsOf,
  contentsOf,
  limitMs,
  offered,
  threadOf,
} from '../../adapters/discord/stories/story-discord.ts'
import { createDiscord, type Discord } from '../../stand-ins/discord/discord.ts'
import type { Person } from '../../stand-ins/discord/person.ts'
import type { WireChannel } from '../../stand-ins/discord/wire.ts'
import type { Guild, StoredMessage } from '../../stand-ins/discord/world.ts'
import { createDiscordTranscript, type DiscordTranscript } from '../../stand-ins/transcript/discord.ts'
import { until } from '../../support/bot-harness.ts'
import { makePlace, runCommand, startServer, type Server, type Variables } from '../program.ts'

const cat = readFileSync(new URL('../../fixtures/llmga-tiny/sample-cat.png', import.meta.url))

/** People in a channel, the program as an owner starts it, one data folder: each part goes on where the last one ended. */
describe('a server on Discord, on the embedded models', { timeout: 120_000 }, () => {
  const place = makePlace('discord')
  let discord: Discord
  let guild: Guild
  let channel: WireChannel
  let alice: Person
  let bo: Person
  let cy: Person
  let server: Server
  let variables: Variables
  let transcript: DiscordTranscript
  let story: { discord: Discord }
  let fox: { root: StoredMessage; thread: WireChannel }
  const mention = () => `<@${discord.world.bot.id}>`

  beforeAll(async () => {
    discord = await createDiscord()
    story = { discord }
    guild = discord.addGuild('Home')
    channel = discord.addChannel(guild, 'art')
    alice = discord.addPerson('Alice', guild)
    bo = discord.addPerson('Bo', guild)
    cy = discord.addPerson('Cy', guild)
    transcript = createDiscordTranscript(discord)
    variables = {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_CDN_URL: discord.cdnUrl,
      LLMGA_DISCORD_MESSAGE_CONTENT: 'true',
    }
    server = await startServer(place, variables)
    await until(() => discord.gateway.connected(), limitMs)
  }, 120_000)
  afterAll(async () => {
    server.signalAll('SIGKILL')
    await server.exit
    place.remove()
    if (process.env['TRANSCRIPT'] === '1') writeFileSync('docs/discord-transcript.html', transcript.page('art'))
    await discord.stop()
  })

  const show = (note: string, where: WireChannel, viewer?: Person) =>
    transcript.scene(note, where, discord.messagesIn(where, viewer), viewer)
  const newest = (where: WireChannel) => discord.repliesIn(where).at(-1)!
  const live = (where: WireChannel) => discord.repliesIn(where).find((message) => offered(message).includes('Cancel'))

  async function killAndStartAgain(): Promise<void> {
    server.signalAll('SIGKILL')
    await server.exit
    const { identified } = discord.gateway.counts
    server = await startServer(place, variables)
    await until(() => discord.gateway.counts.identified > identified, limitMs)
  }

  it('commands are registered from the command line', async () => {
    const first = await runCommand(place, ['discord', 'register'], variables)
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('registered') as string })
  })

  it('a mention opens a thread; the sentence streams in; then the picture', async () => {
    const root = alice.say(channel, `${mention()} draw a red fox in the snow`)
    const thread = await threadOf(story, root)
    fox = { root, thread }
    await until(() => newest(thread) !== undefined && /step/i.test(newest(thread).wire.content), limitMs)
    show('While it is being drawn', thread)
    const replies = await answeredIn(story, thread)
    expect(attachmentsOf(replies)[0]!.description).toMatch(/red fox/)
    expect(
      new Set(replies.flatMap(({ earlier }) => contentsOf(earlier.map((wire) => ({ wire }) as StoredMessage)))).size,
    ).toBeGreaterThan(1)
    show('A mention in a channel', channel)
    show('The thread that it opened', thread)
  })

  it('what is said in the thread changes the picture, and undo takes it back', async () => {
    alice.say(fox.thread, 'make it blue')
    const replies = await answeredIn(story, fox.thread, 2)
    expect(contentsOf(replies).join('\n')).toMatch(/blue/)
    show('“make it blue”', fox.thread)
    const undo = alice.use(newest(fox.thread), 'Undo')
    await until(() => undo.acknowledgedAt !== undefined, limitMs)
    alice.say(fox.thread, 'What color is the fox?')
    await until(() => newest(fox.thread).wire.content.includes('red'), limitMs)
    await answeredIn(story, fox.thread)
  })

  it('buttons refuse the wrong person, for their eyes only', async () => {
    const shown = discord.repliesIn(fox.thread).find((message) => offered(message).includes('Variations'))!
    const pressed = bo.press(shown, 'Variations')
    await until(() => [pressed.reply, ...pressed.followUps].some((message) => message?.onlyFor === bo.id), limitMs)
    const refusal = [pressed.reply, ...pressed.followUps].filter((message) => message?.onlyFor === bo.id)
    transcript.scene('Bo presses one of Alice’s buttons', fox.thread, refusal as StoredMessage[], bo)
  })

  it('a picture with a question is answered', async () => {
    const files = [{ name: 'cat.png', bytes: cat }]
    const root = bo.say(channel, `${mention()} What color is the cat?`, { files })
    const thread = await threadOf(story, root)
    await until(() => contentsOf(discord.repliesIn(thread)).join().includes('blue'), limitMs)
    transcript.scene('A picture and a question', channel, [root])
    show('… and the answer', thread)
  })

  it('a slash command draws', async () => {
    const command = bo.slash(channel, 'imagine', { prompt: 'a yellow star at night', seed: 5 })
    await until(() => command.reply !== undefined, limitMs)
    const thread = await threadOf(story, command.reply!)
    await answeredIn(story, thread)
    transcript.scene('/imagine', channel, [command.reply!])
    show('Its thread', thread)
    const replies = discord.repliesIn(thread)
    const form = bo.press(
      replies.at(-1)!,
      offered(replies.at(-1)!).find((label) => label.startsWith('Edit'))!,
    )
    await until(() => form.modal !== undefined, limitMs)
    transcript.form('The form of the button “Edit…”', form)
  })

  it('a storybook comes with its pictures in order, and as a file', async () => {
    const command = alice.slash(channel, 'story', { topic: 'a snail', pages: 2 })
    await until(() => command.reply !== undefined, limitMs)
    const thread = await threadOf(story, command.reply!)
    const replies = await answeredIn(story, thread, 3)
    const names = attachmentsOf(replies).map(({ filename }) => filename)
    expect(names.filter((name) => /\.(png|jpe?g|webp)$/.test(name))).toHaveLength(2)
    expect(names.filter((name) => /\.(html|pdf)$/.test(name))).toHaveLength(1)
    show('A storybook', thread)
  })

  it('kill -9 while one result is posted, one job runs and one waits: each result arrives, once', async () => {
    discord.faults.add('P* /channels/*/messages*', { type: 'slow', delayMs: 1500 }, 1000)
    const quick = alice.say(channel, `${mention()} /imagine a green frog --raw --steps 2`)
    const quickThread = await threadOf(story, quick)
    const roots = [bo, cy].map((person) => person.say(channel, `${mention()} /imagine a red fox --raw --steps 12`))
    const threads = await Promise.all(roots.map((root) => threadOf(story, root)))
    const posted = () => discord.repliesIn(quickThread).filter((message) => offered(message).includes('Variations'))
    await until(() => posted().length === 1, limitMs) // carried out, but the bot has no answer yet
    await killAndStartAgain()
    discord.faults.clear()
    for (const thread of [...threads, quickThread])
      expect(attachmentsOf(await answeredIn(story, thread))).toHaveLength(1)
    expect(posted()).toHaveLength(1)
  })

  it('what runs and what waits is cancelled by its button', async () => {
    const roots = [alice, bo].map((person) => person.say(channel, `${mention()} /imagine a dog --raw --steps 150`))
    const threads = await Promise.all(roots.map((root) => threadOf(story, root)))
    for (const [index, person] of [alice, bo].entries()) {
      const thread = threads[index]!
      await until(() => live(thread) !== undefined, limitMs)
      person.press(live(thread)!, 'Cancel')
      await until(() => contentsOf(discord.repliesIn(thread)).join().includes('Cancelled'), limitMs)
    }
    show('Cancelled', threads[0]!)
  })

  it('answers in direct messages, and says there what it can do', async () => {
    const dm = alice.dm()
    alice.say(dm, 'draw a red car')
    await answeredIn(story, dm)
    const help = alice.slash(channel, 'help')
    await until(() => (help.reply?.wire.content ?? '') !== '', limitMs)
    expect(help.reply!.onlyFor).toBe(alice.id)
    transcript.scene('/help', channel, [help.reply!, ...help.followUps], alice)
    expect(discord.world.pings).toEqual([])
  })
})
