import { afterEach, describe, expect, it } from 'vitest'
import type { Incoming } from '../../../src/contract/incoming.ts'
import { AppError } from '../../../src/contract/errors.ts'
import { recordingBot } from '../../contracts/recording-bot.ts'
import { solidPng } from '../../support/scripted-inference.ts'
import { connectedAdapter, replyTo, soon, type ConnectedAdapter } from './discord-harness.ts'

let open: ConnectedAdapter[] = []
const connect = async (...options: Parameters<typeof connectedAdapter>) => {
  const connected = await connectedAdapter(...options)
  open.push(connected)
  return connected
}
afterEach(async () => {
  for (const connected of open) await connected.stop()
  open = []
})

const png = solidPng(8, 8, 0xff0000)
const fox = { name: 'fox.png', bytes: png }
const message = (incoming: Incoming) => {
  if (incoming.type !== 'message') throw new Error('not a message')
  return incoming
}
const done = [{ type: 'text', text: 'Done.', streaming: false }] as const

describe('what the Discord adapter takes', () => {
  it('a mention: its words, its author, a thread of its own that the reply opens, named after the wish', async () => {
    const { ann, channel, guild, mention, discord, adapter, bot, handledBy } = await connect()
    let root = ann.say(channel, 'nobody is asked')
    const incoming = message(await handledBy(() => (root = ann.say(channel, `${mention}  a red fox`))))
    expect(incoming).toMatchObject({ text: 'a red fox', eventId: root.wire.id, author: { id: ann.id, name: 'Ann' } })
    expect(incoming.author.admin).toBeUndefined()
    expect(incoming.key).toEqual({
      ...{ platform: 'discord', workspaceId: guild.id, channelId: channel.id, threadId: root.wire.id },
    })
    const readThread = bot.readThread.bind(bot)
    bot.readThread = async (...asked) => {
      const view = (await readThread(...asked))!
      return { ...view, state: { ...view.state, title: 'a red fox' } }
    }
    await adapter.render(replyTo(incoming, done))
    const thread = discord.threadOf(root)!
    expect(thread.name).toBe('a red fox')
    expect(discord.repliesIn(thread).map(({ wire }) => wire.content)).toEqual(['Done.'])
    const next = message(await handledBy(() => ann.say(thread, 'make it blue')))
    expect(next).toMatchObject({ key: incoming.key, text: 'make it blue' })
  })

  it('without Message Content: mentions, replies to the bot and direct messages', async () => {
    const { ann, channel, mention, discord, adapter, handledBy } = await connect(recordingBot(), {
      standIn: { messageContent: false },
      options: { messageContent: false },
    })
    const first = await handledBy(() => ann.say(channel, `${mention} hello`))
    await adapter.render(replyTo(first, done))
    const thread = discord.world.channels.get(first.key.threadId)!
    ann.say(thread, 'unheard')
    const [reply] = discord.repliesIn(thread)
    expect(message(await handledBy(() => ann.say(thread, 'and now?', { replyTo: reply! })))).toMatchObject({
      ...{ text: 'and now?', key: first.key },
    })
    const dm = message(await handledBy(() => ann.say(ann.dm(), 'just us')))
    expect(dm).toMatchObject({ text: 'just us', key: { workspaceId: '@me', threadId: '' } })
  })

  it('pictures: attached, linked on Discord, and those of the message that is answered', async () => {
    const { ann, channel, discord, guild, mention, adapter, handledBy } = await connect()
    const bo = discord.addPerson('Bo', guild)
    const his = bo.say(channel, 'look', { files: [{ name: 'cat.png', bytes: png }] })
    const link = his.wire.attachments[0]!.url
    const incoming = message(
      await handledBy(() =>
        ann.say(channel, `${mention} mix ${link} and https://example.com/x.png`, { files: [fox], replyTo: his }),
      ),
    )
    expect(incoming.attachments.map(({ name }) => name)).toEqual(['cat.png', 'fox.png', 'cat.png'])
    expect(incoming.text).toBe('mix and https://example.com/x.png')
    const { source } = incoming.attachments[0]!
    if (!('url' in source)) throw new Error('bytes came along')
    expect(source.sizeBytes).toBe(png.length)
    const fetch = (url: string, limit: number) => adapter.download!(url, limit, AbortSignal.timeout(5000))
    expect(Buffer.from(await fetch(source.url, png.length)).equals(Buffer.from(png))).toBe(true)
    await expect(fetch(source.url, png.length - 1)).rejects.toMatchObject({ code: 'image/too-large' })
    await expect(fetch('https://example.com/x.png', 1000)).rejects.toMatchObject({ code: 'access/denied' })
    await expect(fetch(`${discord.cdnUrl}/nothing.png`, 1000)).rejects.toMatchObject({ code: 'image/unreadable' })
  })

  it('an answer to an older picture of the conversation names that picture', async () => {
    const { ann, bot, discord, adapter, handledBy } = await connect()
    bot.blobs.set('a'.repeat(64), png)
    const dm = ann.dm()
    const first = await handledBy(() => ann.say(dm, 'a fox'))
    const image = {
      imageId: 'image-9',
      sha256: 'a'.repeat(64),
      mediaType: 'image/png',
      width: 8,
      height: 8,
      alt: 'a fox',
    }
    await adapter.render(replyTo(first, [{ type: 'images', block: 0, images: [image] }]))
    const [reply] = discord.repliesIn(dm)
    const next = message(await handledBy(() => ann.say(dm, 'bluer', { replyTo: reply! })))
    expect(next).toMatchObject({ replyToImageId: 'image-9', attachments: [] })
  })

  it('posts of a forum, whose thread is the conversation; nothing of bots', async () => {
    const { ann, guild, discord, mention, adapter, handledBy } = await connect()
    const forum = discord.addChannel(guild, 'ideas', 'forum')
    let post = forum
    const incoming = await handledBy(() => (post = ann.post(forum, 'A fox', `${mention} a red fox`)))
    expect(incoming.key).toMatchObject({ channelId: forum.id, threadId: post.id })
    await adapter.render(replyTo(incoming, done))
    expect(discord.repliesIn(post)).toHaveLength(1)
  })

  it('who may manage the server is an admin there', async () => {
    const { ann, channel, mention, handledBy } = await connect(recordingBot(), { rolesOfAnn: [1n << 5n] })
    const incoming = await handledBy(() => ann.say(channel, `${mention} hello`))
    expect(incoming.author.admin).toBe(true)
    expect((await handledBy(() => ann.say(ann.dm(), 'hello'))).author.admin).toBeUndefined()
  })

  it('an edit or a deletion takes back what the message asked for; a preview of a link does not', async () => {
    const bot = recordingBot()
    const revoked: string[] = []
    bot.revoke = async (_key, eventId) => revoked.push(eventId) > 0
    const { ann, channel, discord, mention, handledBy } = await connect(bot)
    let first = ann.say(channel, 'x')
    let second = first
    await handledBy(() => (first = ann.say(channel, `${mention} a fox`)))
    await handledBy(() => (second = ann.say(channel, `${mention} https://example.com`)))
    discord.unfurl(second)
    ann.edit(first, `${mention} a cat`)
    await soon(() => revoked.includes(first.wire.id))
    ann.delete(second)
    await soon(() => revoked.includes(second.wire.id))
    expect(revoked).toEqual([first.wire.id, second.wire.id])
  })

  it('nothing from places and people that are not allowed', async () => {
    const { ann, bot, channel, guild, discord, mention, handledBy } = await connect(recordingBot(), {
      rolesOfAnn: [0n],
      options: (_discord, roles) => ({ roles }),
    })
    discord.addPerson('Bo', guild).say(channel, `${mention} hi`)
    ann.say(ann.dm(), 'hi')
    const incoming = await handledBy(() => ann.say(channel, `${mention} hello`))
    expect(incoming.author.name).toBe('Ann')
    expect(bot.handled).toHaveLength(1)
    expect(discord.repliesIn(channel)).toEqual([])
  })

  it('a refusal is said where the message is, in the language of the person', async () => {
    const bot = recordingBot()
    bot.refusal = new AppError('access/limit', { message: 'no', retryable: true })
    const { ann, channel, mention, discord } = await connect(bot)
    ann.say(channel, `${mention} 一只红色的狐狸`)
    await soon(() => discord.repliesIn(channel).length > 0)
    const [refusal] = discord.repliesIn(channel)
    expect(refusal!.wire.content).toMatch(/\p{Script=Han}/u)
    expect(discord.world.pings).toEqual([])
  })
})
