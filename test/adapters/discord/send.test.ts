import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { FittedImage } from '../../../src/contract/adapter.ts'
import type { Incoming } from '../../../src/contract/incoming.ts'
import type { OutgoingImage, Part } from '../../../src/contract/outgoing.ts'
import { createDiscordAdapter } from '../../../adapters/discord/adapter.ts'
import { writeDelivery } from '../../../adapters/chat/delivery.ts'
import { solidPng } from '../../support/scripted-inference.ts'
import { connectedAdapter, keepLines, optionsFor, replyTo, soon, type ConnectedAdapter } from './discord-harness.ts'

let open: { stop(): Promise<void> }[] = []
const connect = async (...options: Parameters<typeof connectedAdapter>) => {
  const connected = await connectedAdapter(...options)
  open.push(connected)
  return connected
}
afterEach(async () => {
  for (const one of open.toReversed()) await one.stop()
  open = []
})

const png = solidPng(8, 8, 0x0000ff)
const text = (words: string): Part => ({ type: 'text', text: words, streaming: false })
const cancel: Part = { type: 'controls', controls: [{ actionId: 'cancel:job-1', label: 'Cancel', style: 'danger' }] }

/** A mention in the channel, and what the thread under it shows of the bot. */
async function asked({ ann, channel, mention, discord, handledBy }: ConnectedAdapter) {
  let root = ann.say(channel, 'x')
  const incoming: Incoming = await handledBy(() => (root = ann.say(channel, `${mention} a fox`)))
  const replies = () => {
    const thread = discord.threadOf(root)
    return thread ? discord.repliesIn(thread).filter(({ wire }) => wire.type === 0) : []
  }
  return { incoming, root, replies, contents: () => replies().map(({ wire }) => wire.content) }
}

const picture = (index: number, more: Partial<OutgoingImage> = {}): OutgoingImage => ({
  ...{
    imageId: `image-${index}`,
    sha256: String(index).padStart(64, '0'),
    mediaType: 'image/png',
    width: 8,
    height: 8,
  },
  alt: `a fox, the ${index}th`,
  ...more,
})

describe('what the Discord adapter posts', () => {
  it('pictures with their words for those who do not see them, hidden where that is asked for, ten a message', async () => {
    const connected = await connect()
    const { incoming, replies } = await asked(connected)
    const images = Array.from({ length: 12 }, (_, index) =>
      picture(index, { ...(index === 1 && { spoiler: true }), ...(index === 2 && { sensitive: true }) }),
    )
    for (const [index, { sha256 }] of images.entries()) connected.bot.blobs.set(sha256, solidPng(8, 8, index))
    await connected.adapter.render(replyTo(incoming, [text('Here.'), { type: 'images', block: 0, images }]))
    const shown = replies().map(({ wire }) => wire.attachments)
    expect(shown.map(({ length }) => length)).toEqual([10, 2])
    expect(shown[0]![0]).toMatchObject({
      description: 'a fox, the 0th',
      filename: expect.stringMatching(/^a-fox.*png$/) as string,
    })
    expect(shown.flat().filter(({ filename }) => filename.startsWith('SPOILER_'))).toHaveLength(2)
    expect(replies()[0]!.wire.content).toBe('Here.\n-# This picture may not be safe for work.')
  })

  it('attachments that stay are not sent again', async () => {
    const connected = await connect()
    const { incoming, replies } = await asked(connected)
    const [one, two] = [picture(1), picture(2)]
    for (const { sha256 } of [one, two]) connected.bot.blobs.set(sha256, png)
    await connected.adapter.render(replyTo(incoming, [{ type: 'images', block: 0, images: [one] }], { final: false }))
    await soon(() => replies()[0]?.wire.attachments.length === 1)
    const [before] = replies()[0]!.wire.attachments
    await connected.adapter.render(replyTo(incoming, [text('Both.'), { type: 'images', block: 0, images: [one, two] }]))
    const { attachments } = replies()[0]!.wire
    expect(attachments.map(({ id }) => id).includes(before!.id)).toBe(true)
    expect(attachments).toHaveLength(2)
  })

  it('a plain reply where no thread can be made; buttons and answers there go on with the conversation', async () => {
    const connected = await connect()
    const { discord, channel, ann, adapter, handledBy } = connected
    discord.faults.add('POST /channels/*/messages/*/threads', { type: 'status', status: 403, code: 50013 })
    const { incoming, root } = await asked(connected)
    const redo: Part = { type: 'controls', controls: [{ actionId: 'redo:image-1', label: 'Redo', style: 'secondary' }] }
    await adapter.render(replyTo(incoming, [text('Done.'), redo]))
    expect(discord.threadOf(root)).toBeUndefined()
    const [reply] = discord.repliesIn(channel)
    expect(reply!.wire.message_reference?.message_id).toBe(root.wire.id)
    expect((await handledBy(() => void ann.press(reply!, 'Redo'))).key).toEqual(incoming.key)
    expect((await handledBy(() => ann.say(channel, 'bluer', { replyTo: reply! }))).key).toEqual(incoming.key)
  })

  it('smaller pictures, with a word about it, where Discord does not take them', async () => {
    const connected = await connect()
    const { bot, discord, adapter } = connected
    const limits: number[] = []
    bot.readImage = async (_key, _person, _sha256, { maxBytes }): Promise<FittedImage> => {
      limits.push(maxBytes)
      const isSmall = maxBytes < 2 ** 20
      const bytes = isSmall ? png : Buffer.concat([png, Buffer.alloc(2 ** 20)])
      return { bytes, mediaType: 'image/png', width: 8, height: 8, reduced: isSmall }
    }
    const { incoming, contents } = await asked(connected)
    const fault = discord.faults.add('POST /channels/*/messages', { type: 'status', status: 413, code: 40005 })
    await adapter.render(replyTo(incoming, [text('Here.'), { type: 'images', block: 0, images: [picture(1)] }]))
    expect(fault.left()).toBe(0)
    expect(limits[0]).toBe(10 * 2 ** 20)
    expect(limits.at(-1)).toBeLessThan(2 ** 20)
    expect(contents()).toEqual(['Here.\n-# Shown smaller than it is, to fit the limit of this place.'])
  })

  it('words alone where files may not be attached', async () => {
    const connected = await connect()
    const { bot, discord, adapter } = connected
    bot.blobs.set(picture(1).sha256, png)
    const { incoming, contents } = await asked(connected)
    discord.faults.add('POST /channels/*/messages', { type: 'status', status: 403, code: 50013 })
    await adapter.render(replyTo(incoming, [text('Here.'), { type: 'images', block: 0, images: [picture(1)] }]))
    expect(contents()[0]).toMatch(/^Here\.\n-# I may not attach files/)
  })

  it('goes on in a thread that was archived meanwhile, and gives up on a channel that is gone', async () => {
    const connected = await connect()
    const { discord, adapter, channel } = connected
    const { incoming, root, contents } = await asked(connected)
    await adapter.render(replyTo(incoming, [text('First')], { final: false }))
    await soon(() => contents()[0] === 'First')
    const thread = discord.threadOf(root)!
    const archived = { ...thread.thread_metadata!, archived: true }
    discord.world.channels.set(thread.id, { ...thread, thread_metadata: archived })
    await adapter.render(replyTo(incoming, [text('Second')]))
    expect(contents()).toEqual(['Second'])
    const again = await asked(connected)
    discord.removeChannel(channel)
    await expect(adapter.render(replyTo(again.incoming, [text('x')], { jobId: 'job-2' }))).resolves.toBeUndefined()
  })

  it.each(['cut before', 'cut after', 'trouble', 'rate limit'] as const)(
    'each message once, though the request ends in %s',
    async (what) => {
      const connected = await connect()
      const { discord, adapter } = connected
      const { incoming, contents } = await asked(connected)
      const effects = {
        'cut before': { type: 'cut', when: 'before' },
        'cut after': { type: 'cut', when: 'after' },
        trouble: { type: 'status', status: 500 },
        'rate limit': { type: 'rate-limit', retryAfterMs: 100 },
      } as const
      discord.faults.add('POST /channels/*/messages', effects[what])
      const render = async () => {
        for (let attempt = 0; attempt < 5; attempt++) {
          const isDone = await adapter.render(replyTo(incoming, [text('Done.')])).then(
            () => true,
            () => false,
          )
          if (isDone) return
          await sleep(50)
        }
      }
      await render()
      expect(contents()).toEqual(['Done.'])
    },
  )

  it('finds what it posted just before the process ended, and goes on from there', async () => {
    const connected = await connect()
    const { discord, bot, adapter } = connected
    const { incoming, replies, contents } = await asked(connected)
    await adapter.render(replyTo(incoming, [text('Thinking'), cancel], { final: false }))
    await soon(() => contents()[0] === 'Thinking')
    await adapter.stop()
    // As if the process had ended between the post and the note of it; Discord has forgotten the nonce.
    const notes = bot.notes('discord')
    const [posted] = replies()
    await writeDelivery(notes, 'reply-job-1', { messages: [], creating: 0, final: false })
    await notes.remove(`message:${posted!.wire.channel_id}/${posted!.wire.id}`)
    posted!.wire = { ...posted!.wire, nonce: 'forgotten' }
    const next = createDiscordAdapter(optionsFor(discord), keepLines().log)
    open.push(next)
    await next.start(bot)
    await soon(() => next.status!().state === 'connected')
    await next.render(replyTo(incoming, [text('Done.')]))
    expect(contents()).toEqual(['Done.'])
  })
})
