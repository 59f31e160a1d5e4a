import { afterEach, describe, expect, it } from 'vitest'
import { solidPng } from '../../../support/scripted-inference.ts'
import { until } from '../../../support/bot-harness.ts'
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

let story: DiscordStory
const tell = async (options?: StoryOptions) => (story = await tellDiscordStory(options))
afterEach(async () => story.stop())

describe('a day on Discord', () => {
  it('a mention opens a thread, whose words grow, then a picture; what is said there changes it', async () => {
    await tell({ script: { tokenMs: 10, stepMs: 10 } })
    const { thread, replies } = await ask(story, 'a red fox')
    expect(thread.name).toContain('red fox')
    const reply = replies.at(-1)!
    const grown = reply.earlier.map(({ content }) => content)
    expect(grown.length).toBeGreaterThan(2)
    expect(attachmentsOf([reply])[0]).toMatchObject({ description: expect.stringContaining('red fox') as string })
    story.alice.say(thread, 'make it blue')
    const after = await answeredIn(story, thread, 2)
    expect(after.length).toBeGreaterThan(replies.length)
    expect(offered(after.at(-1)!)).toContain('Undo')
    expect(story.discord.world.pings).toEqual([])
  })

  it('a slash command is answered in the open, with a thread under it', async () => {
    await tell()
    const command = story.alice.slash(story.channel, 'imagine', { prompt: 'a cat', seed: 7 })
    await until(() => command.reply !== undefined, limitMs)
    const thread = await threadOf(story, command.reply!)
    await answeredIn(story, thread)
    expect(command.reply!.wire.content).toContain('/imagine')
    expect(command.acknowledgedAt! - command.at).toBeLessThan(1000)
  })

  it('whoever did not ask is refused for their eyes only', async () => {
    await tell()
    const bo = story.discord.addPerson('Bo', story.guild)
    const { thread, replies } = await ask(story, 'a red fox')
    const pressed = bo.press(replies.at(-1)!, 'Variations')
    await until(() => [pressed.reply, ...pressed.followUps].some((message) => message?.onlyFor === bo.id), limitMs)
    expect(story.discord.repliesIn(thread)).toHaveLength(replies.length)
    expect(story.running().inference.requests.filter(({ kind }) => kind !== 'chat')).toHaveLength(1)
  })

  it('a picture with a question is looked at, whatever its file is called', async () => {
    await tell({ script: { reply: () => 'It is a cat.' } })
    const names = [
      '../../etc/passwd.png',
      '`@everyone` <b>.png',
      `${'x'.repeat(300)}.png`,
      'кот 🦊.png',
      'C:\\a:b|c?.png',
    ]
    for (const [index, name] of names.entries()) {
      const files = [{ name, bytes: solidPng(8, 8, index) }]
      const root = story.alice.say(story.channel, `${story.mention} what is this?`, { files })
      const thread = await threadOf(story, root)
      await until(() => contentsOf(story.discord.repliesIn(thread)).join('').includes('It is a cat.'), limitMs)
    }
    const asked = story.running().inference.requests.filter((request) => request.kind === 'chat')
    expect(asked.map((request) => request.messages.at(-1)?.image !== undefined)).toEqual(names.map(() => true))
    expect(story.discord.world.pings).toEqual([])
  })

  it('the menu of a message works on its picture without Message Content', async () => {
    await tell({ standIn: { messageContent: false }, adapter: { messageContent: false } })
    const bo = story.discord.addPerson('Bo', story.guild)
    const files = [{ name: 'cat.png', bytes: solidPng(16, 16, 5) }]
    const posted = story.alice.say(story.channel, 'my cat', { files })
    const menu = bo.contextMenu('Edit this picture', posted)
    await until(() => menu.modal !== undefined, limitMs)
    const sent = bo.submit(menu, { 'What should change': 'make it blue' })
    await until(() => sent.reply !== undefined, limitMs)
    const thread = await threadOf(story, sent.reply!)
    await answeredIn(story, thread)
    // plain words in the thread cannot be read, naming the bot can
    const root = story.alice.say(story.channel, `${story.mention} a dog`)
    await answeredIn(story, await threadOf(story, root))
  })

  it('works in direct messages and in posts of forums', async () => {
    await tell()
    const dm = story.alice.dm()
    story.alice.say(dm, 'a red fox')
    await answeredIn(story, dm)
    const forum = story.discord.addChannel(story.guild, 'ideas', 'forum')
    const post = story.alice.post(forum, 'A cat', `${story.mention} a cat`)
    await answeredIn(story, post)
  })

  it('a waiting wish is taken back by editing or deleting its message; a preview of a link is no edit', async () => {
    await tell({ script: { tokenMs: 60 } })
    const people = ['Bo', 'Cy', 'Di', 'Ed'].map((name) => story.discord.addPerson(name, story.guild))
    const roots = people.map((person) =>
      person.say(story.channel, `${story.mention} a fox for ${person.user.username}`),
    )
    const threads = await Promise.all(roots.map((root) => threadOf(story, root)))
    people[1]!.delete(roots[1]!)
    people[2]!.edit(roots[2]!, 'never mind')
    story.discord.unfurl(roots[3]!)
    await answeredIn(story, threads[0]!)
    await answeredIn(story, threads[3]!)
    for (const thread of [threads[1]!, threads[2]!])
      expect(contentsOf(story.discord.repliesIn(thread)).join()).toContain('Cancelled')
    expect(story.running().inference.requests.filter(({ kind }) => kind === 'chat')).toHaveLength(2)
  })

  it('what runs or waits can be cancelled', async () => {
    await tell({ script: { stepMs: 40, steps: 100 } })
    const bo = story.discord.addPerson('Bo', story.guild)
    const first = story.alice.say(story.channel, `${story.mention} a red fox`)
    const second = bo.say(story.channel, `${story.mention} a cat`)
    for (const [person, root] of [
      [bo, second],
      [story.alice, first],
    ] as const) {
      const thread = await threadOf(story, root)
      const live = () => story.discord.repliesIn(thread).find((message) => offered(message).includes('Cancel'))
      await until(() => live() !== undefined, limitMs)
      person.press(live()!, 'Cancel')
      await until(() => live() === undefined && story.discord.repliesIn(thread).length > 0, limitMs)
      expect(contentsOf(story.discord.repliesIn(thread)).join()).toContain('Cancelled')
    }
  })
})
