import { afterEach, describe, expect, it } from 'vitest'
import { registerCommands } from '../../../adapters/discord/register.ts'
import type { Acknowledgement } from '../../../src/contract/adapter.ts'
import { AppError } from '../../../src/contract/errors.ts'
import type { Control, Part } from '../../../src/contract/outgoing.ts'
import { recordingBot } from '../../contracts/recording-bot.ts'
import { solidPng } from '../../support/scripted-inference.ts'
import { connectedAdapter, labelsOf, replyTo, soon, type ConnectedAdapter } from './discord-harness.ts'

let open: ConnectedAdapter[] = []
const connect = async (...options: Parameters<typeof connectedAdapter>) => {
  const connected = await connectedAdapter(...options)
  open.push(connected)
  const { token, apiUrl } = connected.discord
  await registerCommands({ token, apiUrl })
  return connected
}
afterEach(async () => {
  for (const connected of open) await connected.stop()
  open = []
})

const png = solidPng(8, 8, 0x00ff00)
const file = { name: 'cat.png', bytes: png }
const done: Part = { type: 'text', text: 'Done.', streaming: false }
const image = { imageId: 'image-1', sha256: 'b'.repeat(64), mediaType: 'image/png', width: 8, height: 8, alt: 'a cat' }
const inpaint: Control = {
  actionId: 'inpaint:image-1',
  label: 'Inpaint…',
  style: 'secondary',
  fields: [
    { type: 'mask', name: 'mask', label: 'What is drawn anew', image },
    { type: 'text', name: 'words', label: 'What should be there', value: '', multiline: false },
  ],
}

const numbers: Control = {
  actionId: 'draw:turn:0',
  label: 'Numbers…',
  style: 'secondary',
  fields: [
    { type: 'number', name: 'grow', label: 'Grow', value: 4, min: 0, max: 512, step: 1 },
    {
      type: 'choice',
      name: 'kind',
      label: 'Kind',
      value: 'b',
      choices: ['a', 'b'].map((value) => ({ value, label: value })),
    },
  ],
}

describe('what people do on Discord', () => {
  it('a slash command is acknowledged before all work, and its answer opens the thread under what was asked', async () => {
    const { ann, channel, discord, adapter, handledBy, bot } = await connect()
    const sent = await handledBy(
      () => void ann.slash(channel, 'imagine', { prompt: 'a *red* fox', seed: 7, raw: true }),
    )
    const interaction = [...discord.interactions.values()].at(-1)!
    expect(interaction.acknowledgedAt).toBeLessThanOrEqual(Date.now()) // before the bot had it; how fast is in the stories
    expect(sent).toMatchObject({
      ...{ type: 'message', text: 'a *red* fox', command: { name: 'imagine', options: { seed: 7, raw: true } } },
      ...{ locale: 'en-US', key: { channelId: channel.id, threadId: interaction.reply!.wire.id } },
    })
    expect(interaction.reply!.wire.content).toBe(String.raw`**Ann**: /imagine a \*red\* fox --seed 7 --raw true`)
    discord.expireInteractions()
    await adapter.render(replyTo(sent, [done]))
    const thread = discord.threadOf(interaction.reply!)!
    expect(discord.repliesIn(thread).at(-1)!.wire.content).toBe('Done.')
    const inThread = await handledBy(() => void ann.slash(thread, 'undo', {}))
    expect(inThread.key).toEqual(sent.key)
    expect(bot.handled).toHaveLength(2)
  })

  it('pictures of commands come along; with a mask both bring their bytes', async () => {
    const { ann, channel, handledBy } = await connect()
    const one = await handledBy(() => void ann.slash(channel, 'describe', { image: file }))
    const two = await handledBy(
      () => void ann.slash(channel, 'inpaint', { image: file, mask: { ...file, name: 'm.png' } }),
    )
    if (one.type !== 'message' || two.type !== 'message') throw new Error('not messages')
    expect(one.attachments.map(({ source }) => 'url' in source)).toEqual([true])
    expect(two.attachments.map(({ name }) => name)).toEqual(['cat.png', 'm.png'])
    expect(two.attachments.every(({ source }) => 'bytes' in source && source.bytes.length === png.length)).toBe(true)
  })

  it('a refusal is for the person alone, and nothing of the command stays', async () => {
    const bot = recordingBot()
    bot.refusal = new AppError('access/limit', { message: 'You have 8 jobs.', hint: 'Wait.' })
    const { ann, channel, guild, discord } = await connect(bot)
    const bo = discord.addPerson('Bo', guild)
    const command = ann.slash(channel, 'imagine', { prompt: 'a fox' })
    await soon(() => command.followUps.length > 0)
    expect(command.followUps[0]).toMatchObject({ onlyFor: ann.id, wire: { content: 'You have 8 jobs. Wait.' } })
    expect(discord.repliesIn(channel, bo)).toEqual([])
  })

  it('help, settings and the like are answered privately, with buttons and files, however long', async () => {
    const bot = recordingBot()
    const handle = bot.handle.bind(bot)
    const answered: Acknowledgement = {
      type: 'answered',
      text: Array.from({ length: 600 }, (_, i) => `word${i}`).join(' '),
      controls: [{ actionId: 'forget:yes', label: 'Yes', style: 'danger' }],
      files: [{ name: 'thread.zip', mediaType: 'application/zip', bytes: new Uint8Array([1, 2]) }],
    }
    bot.handle = async (incoming) => {
      const acknowledged = await handle(incoming)
      return incoming.type === 'message' ? answered : acknowledged
    }
    const { ann, channel, guild, discord, handledBy } = await connect(bot)
    const bo = discord.addPerson('Bo', guild)
    const command = ann.slash(channel, 'export')
    await soon(() => command.followUps.length > 1)
    expect(discord.repliesIn(channel, bo)).toEqual([])
    const shown = discord.repliesIn(channel, ann)
    const words = shown
      .map(({ wire }) => wire.content)
      .join(' ')
      .split(' ')
    expect(words).toHaveLength(600)
    expect(shown.at(-1)!.wire.attachments.map(({ filename }) => filename)).toEqual(['thread.zip'])
    const pressed = await handledBy(() => void ann.press(shown.at(-1)!, 'Yes'))
    expect(pressed).toMatchObject({ type: 'action', actionId: 'forget:yes', key: bot.handled[0]!.key })
  })

  it('a form gives words, numbers, choices, a mask as words or as a file, and a link to paint it', async () => {
    const asked: unknown[] = []
    const maskLink = async (...what: unknown[]) => (asked.push(what) > 0 ? 'https://page.example/mask?s=1' : undefined)
    const { ann, bot, discord, adapter, handledBy } = await connect(recordingBot(), { options: { maskLink } })
    const dm = ann.dm()
    const first = await handledBy(() => ann.say(dm, 'a cat'))
    const reply = replyTo(first, [done, { type: 'controls', controls: [inpaint, numbers] }])
    bot.replies.set(reply.jobId, reply)
    await adapter.render(reply)
    const [shown] = discord.repliesIn(dm)
    expect(labelsOf(shown!)).toEqual(['Inpaint…', 'Numbers…'])
    const openForm = async (label: string) => {
      const press = ann.press(shown!, label)
      await soon(() => press.modal !== undefined)
      return press
    }
    const form = await openForm('Inpaint…')
    expect(JSON.stringify(form.modal)).toContain('https://page.example/mask?s=1')
    expect(asked).toEqual([[first.key, first.author, inpaint]])
    const withWords = await handledBy(() => void ann.submit(form, { mask: '3x3:4', words: 'a hat' }))
    expect(withWords).toMatchObject({
      ...{ type: 'action', actionId: 'inpaint:image-1', key: first.key },
      values: { mask: '3x3:4', words: 'a hat' },
    })
    const others = await openForm('Numbers…')
    const numbered = await handledBy(() => void ann.submit(others, { grow: '9' }))
    expect(numbered).toMatchObject({ values: { grow: '9', kind: 'b' } })
    const again = await openForm('Inpaint…')
    const withFile = await handledBy(() => void ann.submit(again, {}, { 'mask/file': file }))
    if (withFile.type !== 'action') throw new Error('not an action')
    expect(Buffer.from(withFile.files!['mask']!).equals(Buffer.from(png))).toBe(true)
  })

  it('the menu of a message works on its picture: of others as a file, of the bot as that picture', async () => {
    const { ann, bot, channel, guild, discord, adapter, handledBy } = await connect()
    bot.blobs.set(image.sha256, png)
    const bo = discord.addPerson('Bo', guild)
    const his = bo.say(channel, 'my cat', { files: [file] })
    const menu = ann.contextMenu('Edit this picture', his)
    await soon(() => menu.modal !== undefined)
    const edit = await handledBy(() => void ann.submit(menu, { words: 'make it blue' }))
    expect(edit).toMatchObject({ command: { name: 'edit' }, text: 'make it blue', attachments: [{ name: 'cat.png' }] })
    expect(edit.key.threadId).not.toBe('')
    await adapter.render(replyTo(edit, [{ type: 'images', block: 0, images: [image] }]))
    const thread = discord.world.channels.get(edit.key.threadId)!
    const reply = discord.repliesIn(thread).at(-1)
    const about = bo.contextMenu('Describe this picture', reply!)
    await soon(() => about.modal !== undefined)
    const question = await handledBy(() => void bo.submit(about, { words: 'which cat?' }))
    expect(question).toMatchObject({
      command: { name: 'describe' },
      replyToImageId: 'image-1',
      attachments: [],
      key: edit.key,
    })
    const empty = ann.contextMenu('Edit this picture', bo.say(channel, 'no picture'))
    await soon(() => empty.reply !== undefined)
    expect(empty.reply).toMatchObject({ onlyFor: ann.id, wire: { content: 'There is no picture in that message.' } })
  })

  it('entries of menus are controls too; places that are not served say so to the person alone', async () => {
    const many: Control[] = Array.from({ length: 12 }, (_, i) => ({
      ...{ actionId: `redo:image-${i}`, label: `Redo ${i}`, style: 'secondary', group: 'again' },
    }))
    const { ann, discord, adapter, handledBy } = await connect()
    const dm = ann.dm()
    const first = await handledBy(() => ann.say(dm, 'cats'))
    await adapter.render(replyTo(first, [done, { type: 'controls', controls: many }]))
    const [shown] = discord.repliesIn(dm)
    const chosen = await handledBy(() => void ann.select(shown!, 'Again…', 'Redo 11'))
    expect(chosen).toMatchObject({ type: 'action', actionId: 'redo:image-11' })
    const closed = await connect(recordingBot(), { options: { servers: ['1'] } })
    const command = closed.ann.slash(closed.channel, 'imagine', { prompt: 'a fox' })
    await soon(() => command.reply !== undefined)
    expect(command.reply).toMatchObject({ onlyFor: closed.ann.id })
    expect(closed.bot.handled).toEqual([])
  })
})
