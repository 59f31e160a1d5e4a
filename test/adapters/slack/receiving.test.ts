import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../../../src/contract/errors.ts'
import type { IncomingMessage } from '../../../src/contract/incoming.ts'
import { recordingBot, type RecordingBot } from '../../contracts/recording-bot.ts'
import { connect, readIn, type Connected, type ConnectOptions } from './slack-harness.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

let open: Connected[] = []
afterEach(async () => {
  for (const one of open) await one.stop()
  open = []
})

async function scene(options: ConnectOptions = {}, bot: RecordingBot = recordingBot()) {
  const connected = await connect(bot, options)
  open.push(connected)
  const { slack } = connected
  const [ann, bob] = [slack.person('Ann', { locale: 'zh-CN' }), slack.person('Bob', { admin: true })]
  const channel = slack.channel('pictures')
  slack.join(channel, ann, bob)
  const handled = (count: number) => slack.until(() => bot.handled.length >= count)
  const messages = () => bot.handled.filter((one): one is IncomingMessage => one.type === 'message')
  return { ...connected, bot, ann, bob, channel, handled, messages }
}

describe('what people write on Slack', () => {
  it('is for the bot when they mention it, and in the thread that this begins', async () => {
    const { slack, ann, bob, channel, handled, messages } = await scene()
    const root = ann.mention(channel, 'a red <fox> & <!everyone>')
    await handled(1)
    bob.say(channel, 'not for the bot')
    await slack.until(() => slack.deliveries.every(({ ackedAfterMs }) => ackedAfterMs !== undefined))
    bob.say(channel, 'make it blue', { thread: root })
    await handled(2)
    const [first, second] = messages()
    expect(first).toMatchObject({ text: 'a red <fox> & <!everyone>', locale: 'zh-CN', author: { name: 'Ann' } })
    expect(first!.author.admin).toBeUndefined()
    expect(first!.key).toMatchObject({ platform: 'slack', channelId: channel.id, threadId: root.ts })
    expect(second).toMatchObject({ text: 'make it blue', key: first!.key, author: { id: bob.id, admin: true } })
    expect(messages()).toHaveLength(2)
  })

  it('is one event, though a mention comes twice and is delivered again', async () => {
    const { slack, ann, channel, handled, bot } = await scene()
    slack.socket.copies = 3
    ann.mention(channel, 'a red fox')
    await handled(1)
    await slack.until(() => slack.deliveries.every(({ ackedAfterMs }) => ackedAfterMs !== undefined))
    slack.socket.copies = 1
    ann.mention(channel, 'a blue fox')
    await handled(2)
    expect(new Set(bot.handled.map(({ eventId }) => eventId)).size).toBe(2)
    expect(bot.handled).toHaveLength(2)
  })

  it('is left alone in channels that are not served, and direct messages with them', async () => {
    const bot = recordingBot()
    const { slack, ann, channel, messages } = await scene({ adapter: { channels: ['C0OTHER', 'im'] } }, bot)
    ann.mention(channel, 'a red fox')
    const told = await ann.slash(channel, 'imagine a fox')
    expect(told.response).toEqual({})
    await slack.until(() =>
      ann.sees(channel).some((message) => readIn(message).join('').includes('我不能在这个频道里回答')),
    )
    ann.say(ann.direct, 'a green fox')
    await slack.until(() => messages().length > 0)
    expect(messages().map(({ text }) => text)).toEqual(['a green fox'])
  })

  it('brings the picture under which the bot is called', async () => {
    const { ann, bob, channel, handled, messages, adapter } = await scene()
    const root = bob.say(channel, 'my cat', { files: [{ name: 'cat.png', bytes: png }] })
    ann.mention(channel, 'make it blue', { thread: root })
    await handled(1)
    const [attachment] = messages()[0]!.attachments
    expect(attachment).toMatchObject({ name: 'cat.png', mediaType: 'image/png' })
    const { source } = attachment!
    const bytes = 'url' in source ? await adapter.download!(source.url, 1000, AbortSignal.timeout(5000)) : undefined
    expect(Buffer.from(bytes!).equals(png)).toBe(true)
  })

  it('is taken back when they edit or delete it', async () => {
    const revoked: string[] = []
    const bot = { ...recordingBot(), revoke: async (_: unknown, eventId: string) => revoked.push(eventId) > 0 }
    const { slack, ann, channel, handled } = await scene({}, bot)
    const first = ann.mention(channel, 'a red fox')
    const second = ann.say(ann.direct, 'a blue fox')
    await handled(2)
    ann.edit(first, 'never mind')
    ann.remove(second)
    await slack.until(() => revoked.length === 2)
    expect(revoked.toSorted()).toEqual(bot.handled.map(({ eventId }) => eventId).toSorted())
  })

  it('is refused in their language, for their eyes alone', async () => {
    const bot = recordingBot()
    const { slack, ann, bob, channel } = await scene({}, bot)
    bot.refusal = new AppError('access/limit', { message: 'You have 8 jobs waiting.', hint: 'Wait for one.' })
    const root = bob.mention(channel, 'one more')
    const told = await slack.until(() => bob.sees(channel, root).find(({ onlyFor }) => onlyFor === bob.id))
    expect(readIn(told)).toEqual(['You have 8 jobs waiting. Wait for one.'])
    expect(ann.sees(channel, root)).toHaveLength(1)
  })
})

describe('a command on Slack', () => {
  it('says in the channel what was asked, and goes on in that thread', async () => {
    const { slack, ann, channel, handled, messages } = await scene()
    const delivery = await ann.slash(channel, 'imagine a red fox <!here> --steps 30')
    await handled(1)
    const [root] = slack.state.messages
    expect(root!.text).toBe('*Ann*：imagine a red fox @here --steps 30')
    expect(root!.pings).toEqual([])
    expect(messages()[0]).toMatchObject({
      text: '/imagine a red fox @here --steps 30',
      key: { channelId: channel.id, threadId: root!.ts },
    })
    expect(delivery.ackedAfterMs).toBeLessThan(1000)
    slack.socket.deliver(delivery) // the same once more
    ann.say(channel, 'make it blue', { thread: root })
    await slack.until(() => messages().some(({ text }) => text === 'make it blue'))
    expect(slack.state.messages.filter(({ text }) => text.includes('imagine'))).toHaveLength(1)
  })

  it('of a private kind is answered to the person alone, its files in their direct messages', async () => {
    const answer = {
      type: 'answered' as const,
      text: 'Here is everything.',
      files: [{ name: 'thread.zip', mediaType: 'application/zip', bytes: Buffer.from('PK12') }],
    }
    const bot = { ...recordingBot(), handle: async () => answer }
    const { slack, bob, channel, ann } = await scene({}, bot)
    await bob.slash(channel, 'export')
    const told = await slack.until(() => bob.sees(channel).at(0))
    expect(readIn(told)).toEqual(['Here is everything.', 'I sent you the files in our direct messages.'])
    const sent = await slack.until(() => bob.sees(bob.direct).at(0))
    expect(sent.files.map(({ name }) => name)).toEqual(['thread.zip'])
    expect(ann.sees(channel)).toEqual([])
  })

  it('that is refused leaves nothing in the channel, and where the bot is not it says so', async () => {
    const bot = recordingBot()
    const { slack, bob, channel } = await scene({}, bot)
    bot.refusal = new AppError('input/too-long', { message: 'that is too long', hint: 'Say less.' })
    await bob.slash(channel, 'imagine a fox')
    const told = await slack.until(() => bob.sees(channel).find(({ onlyFor }) => onlyFor === bob.id))
    expect(readIn(told)).toEqual(['That is too long. Say less.'])
    await slack.until(() => bob.sees(channel).length === 1)
    channel.members.delete(slack.state.botUserId)
    await bob.slash(channel, 'imagine a fox')
    await slack.until(() => bob.sees(channel).some((message) => readIn(message).join('').includes('/invite')))
  })
})

describe('shortcuts on Slack', () => {
  it('edit a picture of somebody else, in the thread of its message', async () => {
    const { slack, ann, bob, channel, handled, messages } = await scene()
    const message = ann.say(channel, 'look', { files: [{ name: 'cat.png', bytes: png }] })
    await bob.shortcut('llmga_edit', message)
    await slack.until(() => bob.form())
    await bob.submit({ 'What should change': 'make it blue' })
    await handled(1)
    expect(messages()[0]).toMatchObject({
      text: '/edit make it blue',
      author: { name: 'Bob' },
      attachments: [{ name: 'cat.png' }],
      key: { threadId: message.ts },
    })
  })

  it('say when there is no picture', async () => {
    const { slack, ann, bob, channel } = await scene()
    await bob.shortcut('llmga_ask', ann.say(channel, 'no picture here'))
    await slack.until(() =>
      bob.sees(channel).some((one) => readIn(one).join('').includes('no picture in that message')),
    )
    expect(bob.form()).toBeUndefined()
  })
})

describe("the assistant's pane", () => {
  it('greets with what the models know, and its thread is the bot’s', async () => {
    const base = recordingBot()
    const about = () => ({ ...base.about(), notice: 'The models know foxes.', examples: ['a red fox', 'a blue snail'] })
    const { slack, bob, handled, messages } = await scene({}, { ...base, about })
    const root = bob.openAssistant()
    const [greeting] = await slack.until(() => slack.replies(root).length > 0 && slack.replies(root))
    expect(greeting!.text).toContain('The models know foxes.')
    const pane = [...slack.state.assistantThreads.values()][0]!
    await slack.until(() => pane.prompts.length === 2)
    bob.say(bob.direct, 'a red fox', { thread: root })
    await handled(1)
    expect(messages()[0]!.key.threadId).toBe(root.ts)
    await slack.until(() => pane.status !== '')
  })
})
