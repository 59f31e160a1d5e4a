import { AttachmentBuilder, Client, GatewayIntentBits, Partials, type Message } from 'discord.js'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../support/bot-harness.ts'
import { solidPng } from '../../support/scripted-inference.ts'
import { bodyErrors } from './body-check.ts'
import { createDiscord, type Discord, type DiscordOptions } from './discord.ts'

let discord: Discord
let client: Client
const { Guilds, GuildMessages, MessageContent, DirectMessages } = GatewayIntentBits

async function connect(
  options: DiscordOptions = {},
  intents = [Guilds, GuildMessages, MessageContent, DirectMessages],
) {
  discord = await createDiscord(options)
  const guild = discord.addGuild('Home')
  const channel = discord.addChannel(guild, 'art')
  const alice = discord.addPerson('Alice', guild)
  const rest = { api: discord.apiUrl, cdn: discord.cdnUrl, retries: 1, timeout: 5000 }
  client = new Client({ intents, partials: [Partials.Channel, Partials.Message], rest })
  client.on('error', () => undefined)
  const messages: Message[] = []
  client.on('messageCreate', (message) => void (message.author.bot || messages.push(message)))
  await client.login(discord.token)
  await until(() => client.isReady())
  return { guild, channel, alice, messages }
}

/** The bot's channel object of a channel of the stand-in. */
async function textChannel(id: string) {
  const channel = await client.channels.fetch(id)
  if (!channel?.isSendable()) throw new Error('not a text channel')
  return channel
}

describe('the Discord stand-in', () => {
  afterEach(async () => {
    await client.destroy()
    await discord.stop()
  })

  it('hands messages with their files to discord.js, and takes threads, messages and pictures from it', async () => {
    const { channel, alice, messages } = await connect()
    const png = solidPng(4, 3, 0xff0000)
    const said = alice.say(channel, `<@${client.user!.id}> a fox`, { files: [{ name: 'fox.png', bytes: png }] })
    await until(() => messages.length === 1)
    const [message] = messages
    expect(message!.mentions.has(client.user!.id)).toBe(true)
    const attachment = message!.attachments.first()!
    expect(attachment).toMatchObject({ name: 'fox.png', width: 4, height: 3, contentType: 'image/png' })
    expect(Buffer.from(await (await fetch(attachment.url)).arrayBuffer()).equals(Buffer.from(png))).toBe(true)

    const thread = await message!.startThread({ name: 'A fox' })
    expect(thread.id).toBe(said.wire.id)
    const file = new AttachmentBuilder(Buffer.from(png), { name: 'out.png', description: 'a red fox' })
    const sent = await thread.send({ content: 'Here.', files: [file], allowedMentions: { parse: [] } })
    const edited = await sent.edit({ content: 'There.', attachments: [] })
    expect(edited.attachments.size).toBe(0)
    const [reply] = discord.repliesIn(discord.threadOf(said)!)
    expect(reply!.wire).toMatchObject({ content: 'There.', attachments: [] })
    expect(reply!.earlier[0]!.attachments[0]).toMatchObject({ filename: 'out.png', description: 'a red fox' })
    expect(discord.world.pings).toEqual([])
  })

  it('runs commands, buttons, menus and forms as interactions', async () => {
    const { channel, alice } = await connect()
    await client.application!.commands.set([
      {
        name: 'imagine',
        description: 'Draw',
        options: [{ name: 'prompt', type: 3, description: 'What', required: true }],
      },
    ])
    client.on('interactionCreate', (interaction) => {
      if (interaction.isChatInputCommand()) {
        const button = { type: 2, style: 1, label: 'Edit', custom_id: 'edit' } as const
        const prompt = interaction.options.getString('prompt', true)
        const components = [{ type: 1, components: [button] } as const]
        void interaction.deferReply().then(() => interaction.editReply({ content: prompt, components }))
      } else if (interaction.isButton()) {
        const input = { type: 4, custom_id: 'words', style: 1, value: 'a fox' } as const
        const label = { type: 18, label: 'Prompt', component: input } as const
        void interaction.showModal({ title: 'Edit', custom_id: 'form', components: [label] })
      } else if (interaction.isModalSubmit()) {
        void interaction.reply({ content: interaction.fields.getTextInputValue('words'), flags: 64 })
      }
    })
    expect(() => alice.slash(channel, 'imagine')).toThrow('needs prompt')
    const command = alice.slash(channel, 'imagine', { prompt: 'a cat' })
    await until(() => command.reply?.wire.content === 'a cat')
    const pressed = alice.press(command.reply!, 'Edit')
    await until(() => pressed.modal !== undefined)
    const submitted = alice.submit(pressed, { Prompt: 'a blue fox' })
    await until(() => submitted.reply !== undefined)
    expect(submitted.reply).toMatchObject({ onlyFor: alice.id, wire: { content: 'a blue fox' } })
    expect(discord.messagesIn(channel).map(({ wire }) => wire.content)).toEqual(['a cat'])
    discord.expireInteractions()
  })

  it('resumes after a dropped connection and replays what was missed', async () => {
    const { channel, alice, messages } = await connect()
    discord.gateway.drop()
    alice.say(channel, 'while you were away')
    await until(() => messages.length === 1, 15_000)
    expect(discord.gateway.counts).toEqual({ identified: 1, resumed: 1 })
    discord.gateway.hold()
    for (const text of ['first', 'second']) alice.say(channel, text)
    discord.gateway.release('reversed')
    await until(() => messages.length === 3)
    expect(messages.map(({ content }) => content).slice(-2)).toEqual(['second', 'first'])
  })

  it('empties messages that a bot without Message Content may not read, and refuses the intent', async () => {
    const { channel, alice, messages } = await connect({ messageContent: false }, [
      Guilds,
      GuildMessages,
      DirectMessages,
    ])
    alice.say(channel, 'not for the bot')
    alice.say(channel, `<@${client.user!.id}> for the bot`)
    alice.say(alice.dm(), 'also for the bot')
    await until(() => messages.length === 3)
    expect(messages.map(({ content }) => content)).toEqual([
      '',
      `<@${client.user!.id}> for the bot`,
      'also for the bot',
    ])
    const greedy = new Client({ intents: [Guilds, MessageContent], rest: { api: discord.apiUrl } })
    await expect(greedy.login(discord.token)).rejects.toThrow(/disallowed intents/i)
    await greedy.destroy()
  })

  it('posts once for one nonce, and answers faults as Discord does', async () => {
    const { channel } = await connect()
    const target = await textChannel(channel.id)
    const options = { content: 'once', nonce: 'job-1', enforceNonce: true, allowedMentions: { parse: [] } }
    discord.faults.add('POST /channels/*/messages', { type: 'cut', when: 'after' })
    await expect(target.send(options)).rejects.toThrow('closed')
    await target.send(options)
    expect(discord.messagesIn(channel)).toHaveLength(1)
    discord.faults.add('POST /channels/*/messages', { type: 'rate-limit', retryAfterMs: 20 }, 2)
    await target.send('after the storm')
    discord.faults.add('POST /channels/*/messages', { type: 'status', status: 413, code: 40005 })
    await expect(target.send('too large')).rejects.toThrow()
    const file = new AttachmentBuilder(Buffer.alloc(11 * 2 ** 20), { name: 'big.bin' })
    await expect(target.send({ files: [file] })).rejects.toThrow('too large')
    discord.revokeToken()
    await expect(target.send('nobody')).rejects.toThrow(/unauthorized|token/i)
  })

  it('refuses bodies that Discord would refuse, and fails the test that did not expect it', async () => {
    const { channel } = await connect()
    const target = await textChannel(channel.id)
    const button = (custom_id: string) => ({ type: 2, style: 1, label: 'B', custom_id }) as const
    await expect(target.send('x'.repeat(2001))).rejects.toThrow('2001 characters')
    const twice = [{ type: 1, components: [button('a'), button('a')] } as const]
    await expect(target.send({ content: 'x', components: twice })).rejects.toThrow('custom_id a is there twice')
    await expect(target.send({ content: 'x', components: [{ type: 1, components: [] }] })).rejects.toThrow('Invalid')
    const picture = new AttachmentBuilder(Buffer.from('x'), { name: 'x.png', description: 'y'.repeat(1025) })
    await expect(target.send({ files: [picture] })).rejects.toThrow('/attachments/0/description')
    expect(discord.takeViolations()).toHaveLength(4)
    await expect(target.send('y'.repeat(2001))).rejects.toThrow()
    await expect(discord.stop()).rejects.toThrow(/POST \/channels\/\d+\/messages: content has 2001/)
    discord.takeViolations()
  })
})

describe('the check of bodies', () => {
  it.each([
    ['POST /channels/{channel_id}/messages', { content: 5 }, '/content'],
    ['POST /channels/{channel_id}/messages', { nonce: 'x'.repeat(26), content: 'x' }, '/nonce'],
    ['POST /channels/{channel_id}/messages', { allowed_mentions: { parse: ['all'] } }, '/allowed_mentions/parse/0'],
    ['POST /interactions/{interaction_id}/{interaction_token}/callback', { type: 99 }, '/type'],
    ['PUT /applications/{application_id}/commands', [{ name: 'x'.repeat(40), description: '' }], '/0/name'],
    ['POST /channels/{channel_id}/messages/{message_id}/threads', { name: '' }, '/name'],
  ] as const)('%s refuses %j', (pattern, body, where) => {
    expect(bodyErrors(pattern, body).join('\n')).toContain(where)
  })

  it('lets right bodies pass', () => {
    const body = { content: 'a fox', nonce: 'job-1', enforce_nonce: true, allowed_mentions: { parse: [] } }
    expect(bodyErrors('POST /channels/{channel_id}/messages', body)).toEqual([])
    expect(bodyErrors('POST /channels/{channel_id}/typing', undefined)).toEqual([])
  })
})
