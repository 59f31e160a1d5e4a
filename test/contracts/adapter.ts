/**
 * What every adapter owes people, whatever the platform. An adapter's test calls
 * `adapterContract('web', async (bot) => harness)` once; the harness acts as a person at that platform's own surface
 * (HTTP requests, typed lines, fake platform events) and reads what that surface shows. Long because it is one contract.
 */
import { afterEach, describe, expect, it } from 'vitest'
import type { Adapter } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Control, OutgoingMessage, Part } from '../../src/contract/outgoing.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { cancelControl, recordingBot, type RecordingBot } from './recording-bot.ts'

/** A person at the platform's surface. */
export interface AdapterHarness {
  /** Started with the suite's bot. */
  readonly adapter: Adapter
  /** The people here run the program themselves, so that they are shown what went wrong inside. */
  readonly operators?: boolean
  /**
   * Writes a message with files; resolves when the platform has its answer (accepted or refused). All messages of a
   * harness belong to one conversation.
   */
  write(text: string, files?: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void>
  /** Uses a control of the newest reply by its label, with a value for its form field. */
  press(label: string, value?: string): Promise<void>
  /** Cancels the running job in the platform's own way. */
  cancel(): Promise<void>
  /** What the person has in front of them now. */
  seen(): Promise<Seen>
  stop(): Promise<void>
}

export interface Seen {
  /** Everything readable, piece by piece as the platform shows it: text, prompts, notices, errors. */
  readonly messages: readonly string[]
  /** The bytes of the pictures shown. */
  readonly images: readonly Uint8Array[]
  /** The bytes of the files handed over. */
  readonly files: readonly Uint8Array[]
  /** The progress shown now, in the platform's words; undefined when none is. */
  readonly progress: string | undefined
  /** Labels of the controls that can be used now. */
  readonly controls: readonly string[]
}

const redoControl: Control = { actionId: 'redo:image-1', label: 'Redo', style: 'primary' }
const editControl: Control = {
  actionId: 'edit:job-1',
  label: 'Edit prompt',
  style: 'secondary',
  fields: [{ type: 'text', name: 'prompt', label: 'Prompt', value: 'a red fox', multiline: true }],
}

/** The smallest PNG: one pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** Words of many kinds, each one different, so that a loss or a doubling shows. */
const longText = Array.from(
  { length: 900 },
  (_, i) => `${['fox', 'Straße', '狐', '🦊👩‍👩‍👧', 'e\u0301te\u0301'][i % 5]}${i}`,
).join(' ')
const wordsOf = (pieces: readonly string[]) =>
  pieces.join(' ').match(/(?:fox|Straße|狐|🦊👩‍👩‍👧|e\u0301te\u0301)\d+/gu) ?? []
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const occurrences = (pieces: readonly string[], text: string) => pieces.join('\n').split(text).length - 1

export function adapterContract(name: string, createHarness: (bot: RecordingBot) => Promise<AdapterHarness>): void {
  describe(`the ${name} adapter`, () => {
    let open: AdapterHarness[] = []
    afterEach(async () => {
      for (const harness of open) await harness.stop()
      open = []
    })

    /** A person who wrote "hello" and waits for the reply to it. */
    async function conversation() {
      const bot = recordingBot()
      const harness = await createHarness(bot)
      open.push(harness)
      await harness.write('hello')
      const first = bot.handled[0]!
      const reply = (parts: readonly Part[], final = false): OutgoingMessage => ({
        replyId: 'reply-1',
        jobId: 'job-1',
        key: first.key,
        inReplyTo: first.eventId,
        author: first.author,
        language: 'en',
        state: final ? 'done' : 'running',
        parts,
        final,
      })
      const render = async (parts: readonly Part[], final = false) => {
        const message = reply(parts, final)
        bot.replies.set(message.jobId, message)
        await harness.adapter.render(message)
      }
      return { bot, harness, first, render }
    }
    const text = (words: string, streaming = false): Part => ({ type: 'text', text: words, streaming })

    it('hands on what a person writes, with its own event, thread and author', async () => {
      const { bot, harness, first } = await conversation()
      await harness.write('  make it blue 🦊  ')
      const second = bot.handled[1]!
      expect(first).toMatchObject({ type: 'message', text: 'hello', attachments: [] })
      expect(second).toMatchObject({ type: 'message', author: first.author, key: first.key })
      expect((second as { text: string }).text.trim()).toBe('make it blue 🦊')
      expect(second.eventId).not.toBe(first.eventId)
      const { platform }: ThreadKey = first.key
      expect(platform).toBe(harness.adapter.platform)
      expect(first.author.id).not.toBe('')
    })

    it('hands on pictures with their names and bytes', async () => {
      const { bot, harness } = await conversation()
      await harness.write('what is this?', [{ name: 'cat.png', bytes: pixel }])
      const incoming = bot.handled[1]
      if (incoming?.type !== 'message') throw new Error('no message arrived')
      const [attachment] = incoming.attachments
      expect(attachment?.name).toBe('cat.png')
      const { source } = attachment!
      const fetched = (url: string) => harness.adapter.download!(url, pixel.length, AbortSignal.timeout(10_000))
      const bytes = 'bytes' in source ? source.bytes : await fetched(source.url)
      expect(Buffer.from(bytes).equals(pixel)).toBe(true)
    })

    it('shows text as it grows, and each word once in the end', async () => {
      const { harness, render } = await conversation()
      await render([text('Once upon', true)])
      if (harness.adapter.capabilities.streaming)
        expect((await harness.seen()).messages.join('')).toContain('Once upon')
      await render([text('Once upon a time', true)])
      await render([text('Once upon a time there was a fox.')], true)
      const { messages } = await harness.seen()
      expect(occurrences(messages, 'Once upon a time there was a fox.')).toBe(1)
    })

    it('splits a long text at its limit, loses no word and breaks none', async () => {
      const { harness, render } = await conversation()
      await render([text(longText)], true)
      const { messages } = await harness.seen()
      const words = wordsOf(messages)
      expect(words).toEqual(longText.split(' '))
      expect(messages.filter((piece) => piece.length > harness.adapter.capabilities.textLimit)).toEqual([])
      expect(messages.filter((piece) => loneSurrogate.test(piece))).toEqual([])
    })

    it('shows refined prompts and notices', async () => {
      const { harness, render } = await conversation()
      await render([
        text('Here it is:'),
        { type: 'prompt', block: 0, text: 'a big red fox in the center', streaming: false },
        { type: 'notice', text: 'The size was rounded to 128x128.' },
      ])
      await render(
        [
          text('Here it is:'),
          { type: 'prompt', block: 0, text: 'a big red fox in the center', streaming: false },
          { type: 'notice', text: 'The size was rounded to 128x128.' },
        ],
        true,
      )
      const { messages } = await harness.seen()
      expect(occurrences(messages, 'a big red fox in the center')).toBe(1)
      expect(occurrences(messages, 'The size was rounded to 128x128.')).toBe(1)
    })

    it('shows the place in the queue, then thinking, then the step; nothing of it in the end', async () => {
      const { harness, render } = await conversation()
      await render([{ type: 'progress', progress: { phase: 'queued', position: 3 } }])
      expect((await harness.seen()).progress).toContain('3')
      await render([{ type: 'progress', progress: { phase: 'thinking' } }])
      expect((await harness.seen()).progress?.toLowerCase()).toContain('thinking')
      const drawing = { phase: 'drawing', block: 0, image: 0, images: 1, steps: 20, elapsedMs: 900 } as const
      await render([{ type: 'progress', progress: { ...drawing, step: 7, remainingMs: 1700 } }])
      const shown = (await harness.seen()).progress
      expect(shown).toMatch(/\b7\b/)
      expect(shown).toMatch(/\b20\b/)
      await render([text('Done.')], true)
      expect((await harness.seen()).progress).toBeUndefined()
    })

    it('shows pictures with exactly their bytes', async () => {
      const { bot, harness, render } = await conversation()
      bot.blobs.set('0'.repeat(64), pixel)
      const image = {
        imageId: 'image-1',
        sha256: '0'.repeat(64),
        mediaType: 'image/png',
        width: 1,
        height: 1,
        alt: 'a fox',
      }
      await render([{ type: 'images', block: 0, images: [image] }], true)
      const { images } = await harness.seen()
      expect(images.map((bytes) => Buffer.from(bytes).equals(pixel))).toEqual([true])
    })

    it('shows how a picture was changed: the words of both prompts, and the new picture', async () => {
      const { bot, harness, render } = await conversation()
      const blobs = { before: '2'.repeat(64), after: '3'.repeat(64), mask: '4'.repeat(64) }
      for (const sha256 of Object.values(blobs)) bot.blobs.set(sha256, pixel)
      const picture = (imageId: string, sha256: string, alt: string) => ({
        ...{ imageId, sha256, alt, mediaType: 'image/png', width: 1, height: 1 },
      })
      const after = picture('image-2', blobs.after, 'a blue fox')
      const change: Part = {
        type: 'change',
        block: 0,
        operation: 'edit',
        before: picture('image-1', blobs.before, 'a red fox'),
        after,
        source: ['a', 'red', 'fox'].map((word) => ({ text: word, changed: word === 'red' })),
        target: ['a', 'blue', 'fox'].map((word) => ({ text: word, changed: word === 'blue' })),
        mask: picture('image-2-mask', blobs.mask, 'the mask'),
        proposed: false,
        details: { changedShare: 0.25 },
      }
      await render([{ type: 'images', block: 0, images: [after] }, change], true)
      const { messages, images } = await harness.seen()
      expect(messages.join(' ')).toMatch(/red/)
      expect(messages.join(' ')).toMatch(/blue/)
      expect(images.length).toBeGreaterThan(0)
    })

    it('says what was understood, and hands on the choice of another route', async () => {
      const { bot, harness, render } = await conversation()
      const other: Control = { actionId: 'route:job-1:chat', label: 'Answer', style: 'secondary' }
      await render([{ type: 'route', chosen: 'Edit the picture', controls: [other] }, text('Done.')], true)
      const { messages, controls } = await harness.seen()
      expect(messages.join(' ')).toContain('Edit the picture')
      expect(controls).toContain('Answer')
      await harness.press('Answer')
      expect(bot.handled.at(-1)).toMatchObject({ type: 'action', actionId: 'route:job-1:chat' })
    })

    it('hands over files with exactly their bytes', async () => {
      const { bot, harness, render } = await conversation()
      const sha256 = '5'.repeat(64)
      const bytes = new TextEncoder().encode('<!doctype html><title>A fox</title>')
      bot.blobs.set(sha256, bytes)
      const file = { name: 'a-fox.html', mediaType: 'text/html', sha256, sizeBytes: bytes.length }
      await render([text('Here is the book.'), { type: 'file', ...file }], true)
      const { files } = await harness.seen()
      expect(files.map((found) => Buffer.from(found).toString())).toEqual([Buffer.from(bytes).toString()])
    })

    it('offers controls and hands on what is pressed, with the value of its form', async () => {
      const { bot, harness, first, render } = await conversation()
      await render([text('Done.'), { type: 'controls', controls: [redoControl, editControl] }], true)
      expect((await harness.seen()).controls).toEqual(['Redo', 'Edit prompt'])
      await harness.press('Redo')
      await harness.press('Edit prompt', 'a blue fox')
      expect(bot.handled.slice(1)).toMatchObject([
        { type: 'action', actionId: 'redo:image-1', values: {}, key: first.key, author: first.author },
        { type: 'action', actionId: 'edit:job-1', values: { prompt: 'a blue fox' } },
      ])
      expect(new Set(bot.handled.map(({ eventId }) => eventId)).size).toBe(3)
    })

    it('lets a person cancel what runs', async () => {
      const { bot, harness, render } = await conversation()
      await render([
        { type: 'progress', progress: { phase: 'thinking' } },
        { type: 'controls', controls: [cancelControl] },
      ])
      await harness.cancel()
      const last = bot.handled.at(-1)!
      expect(last.type === 'action' ? last.actionId : last.command?.name).toMatch(/^cancel/)
    })

    it('shows a failure as its sentence, once', async () => {
      const { harness, render } = await conversation()
      const error = { code: 'inference/failed', message: 'internal words', retryable: true } as const
      const sentence = 'The picture could not be drawn; press Retry to try again.'
      await render([text('Let me see.'), { type: 'error', error, sentence }])
      await render([text('Let me see.'), { type: 'error', error, sentence }], true)
      const { messages } = await harness.seen()
      expect(occurrences(messages, sentence)).toBe(1)
      expect(messages.join('\n').toLowerCase().includes('internal words')).toBe(harness.operators ?? false)
    })

    it('shows why a message was refused, with what to do, and goes on', async () => {
      const { bot, harness } = await conversation()
      bot.refusal = new AppError('access/limit', { message: 'You have 8 jobs waiting.', hint: 'Wait for one of them.' })
      await harness.write('one more')
      const { messages } = await harness.seen()
      expect(messages.join('\n')).toContain('You have 8 jobs waiting.')
      expect(messages.join('\n')).toContain('Wait for one of them.')
      bot.refusal = undefined
      await harness.write('and now?')
      expect(bot.handled.at(-1)).toMatchObject({ text: 'and now?' })
    })

    it('shows a final state once, though it is delivered twice', async () => {
      const { bot, harness, render } = await conversation()
      bot.blobs.set('1'.repeat(64), pixel)
      const image = {
        imageId: 'image-1',
        sha256: '1'.repeat(64),
        mediaType: 'image/png',
        width: 1,
        height: 1,
        alt: 'a fox',
      }
      const parts: Part[] = [text('All done.'), { type: 'images', block: 0, images: [image] }]
      await render(parts, true)
      await render(parts, true)
      const { messages, images } = await harness.seen()
      expect(occurrences(messages, 'All done.')).toBe(1)
      expect(images).toHaveLength(1)
    })
  })
}
