import { describe, expect, it } from 'vitest'
import type { ConversationState } from '../../src/contract/conversation.ts'
import { bookHtml } from '../../src/bot/book-html.ts'
import { paragraphsOf, spread } from '../../src/bot/operations/story.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { ann, controlOf, createHarness, imagesOf, keyOf, partsOf, until } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

const { start, chats, drawings } = useHarness()

const tale = (pages: number) =>
  Array.from(
    { length: pages },
    (_, i) => `Page ${i + 1} <says> & so on. <gen_image> picture ${i + 1} </gen_image>`,
  ).join(' ')
const script = { reply: () => `${tale(3)} The end.` }

describe('a storybook', () => {
  it('has its texts and pictures in order, and one file at the end with all of them inside', async () => {
    const harness = await start({ script })
    const reply = await harness.ask('/story a fox --pages 3')
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'Story of a fox in 3' }])
    const order = reply.parts.flatMap((part) => (part.type === 'text' || part.type === 'prompt' ? [part.text] : []))
    expect(order).toEqual([
      ...['Page 1 <says> & so on.', 'picture 1', 'Page 2 <says> & so on.', 'picture 2'],
      ...['Page 3 <says> & so on.', 'picture 3', 'The end.'],
    ])
    expect(imagesOf(reply)).toHaveLength(3)
    const [file] = partsOf(reply, 'file')
    expect(file).toMatchObject({ name: 'a-fox.html', mediaType: 'text/html' })
    const html = new TextDecoder().decode(await harness.bot.readBlob(keyOf('t'), ann, file!.sha256))
    expect(html.length).toBe(file!.sizeBytes)
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(3)
    expect(html).toContain('Page 1 &lt;says&gt; &amp; so on.')
    expect(html).not.toMatch(/<says>|<script|https?:/)
    expect((await harness.thread()).turns[reply.replyId]!.book).toMatchObject({
      title: 'a fox',
      pages: [{ prompt: 'picture 1' }, { prompt: 'picture 2' }, { prompt: 'picture 3' }, { text: 'The end.' }],
    })
  })

  it('is asked for in plain words, too', async () => {
    const harness = await start({ script })
    const reply = await harness.ask('write a short story about a fox in 3 pictures')
    expect(chats()[0]!.messages[0]!.text).toBe('write a short story about a fox in 3 pictures')
    expect(imagesOf(reply)).toHaveLength(3)
  })

  it('has no more pictures than asked for, and says when it has fewer', async () => {
    const harness = await start({ script })
    expect(imagesOf(await harness.ask('/story a fox --pages 2'))).toHaveLength(2)
    const reply = await harness.ask('/story a fox --pages 5')
    expect(partsOf(reply, 'notice')[0]!.text).toBe('The model wrote 3 pages; 5 were asked for.')
  })

  it('lets one page be drawn again, and then another: the book is made anew with both', async () => {
    const harness = await start({ script })
    const first = await harness.ask('/story a fox --pages 3')
    const second = await harness.ended(await harness.press(controlOf(first, 'Redraw page 2').actionId))
    expect(imagesOf(second)).toHaveLength(1)
    expect(drawings().at(-1)).toMatchObject({ prompt: 'picture 2', count: 1 })
    const third = await harness.ended(await harness.press(controlOf(second, 'Redraw page 1').actionId))
    const { turns } = await harness.thread()
    const idsOf = (reply: typeof first) => turns[reply.replyId]!.book!.pages.map(({ imageId }) => imageId)
    expect(idsOf(third)).toEqual([
      imagesOf(third)[0]!.imageId,
      imagesOf(second)[0]!.imageId,
      imagesOf(first)[2]!.imageId,
      undefined,
    ])
    expect(partsOf(third, 'file')[0]!.sha256).not.toBe(partsOf(first, 'file')[0]!.sha256)
    await harness.ask('redraw page 3')
    expect(drawings().at(-1)).toMatchObject({ prompt: 'picture 3' })
    await expect(harness.press(`page:${first.replyId}:9`)).rejects.toMatchObject({ code: 'input/not-found' })
  })

  it('keeps the finished pages when it is cancelled, and goes on with the others when tried again', async () => {
    const harness = await start({ script: { ...script, stepMs: 20, steps: 10 } })
    const running = await harness.say('/story a fox --pages 3')
    const jobId = running.type === 'accepted' ? running.jobId : ''
    await until(async () => (await pagesDrawn(await harness.thread())) === 1)
    await harness.press(`cancel:${jobId}`)
    const cancelled = await harness.ended(running)
    expect(cancelled.state).toBe('cancelled')
    expect(imagesOf(cancelled)).toHaveLength(1)
    const again = await harness.ended(await harness.press(`retry:${jobId}`))
    expect(imagesOf(again)).toHaveLength(3)
    expect(imagesOf(again)[0]!.imageId).toBe(imagesOf(cancelled)[0]!.imageId)
    expect(chats()).toHaveLength(1)
    expect(partsOf(again, 'file')).toHaveLength(1)
  })

  it('goes on with the missing pages after a restart: nothing is written or drawn twice', async () => {
    const stores = await createStores({ memory: true })
    const slow = await createHarness({ stores, script: { ...script, stepMs: 20, steps: 10 } })
    const running = await slow.say('/story a fox --pages 3')
    const jobId = running.type === 'accepted' ? running.jobId : ''
    await until(async () => (await pagesDrawn(await slow.thread())) === 2)
    await slow.stop()
    const finished = Object.keys((await slow.thread()).images)
    const harness = await createHarness({ stores })
    await until(() => harness.adapter.finals(jobId).length > 0)
    expect(harness.inference.requests.map(({ kind }) => kind)).toEqual(['text-to-image'])
    const [reply] = harness.adapter.finals(jobId)
    expect(
      imagesOf(reply!)
        .map(({ imageId }) => imageId)
        .slice(0, 2),
    ).toEqual(finished)
    expect(imagesOf(reply!)).toHaveLength(3)
    expect(partsOf(reply!, 'text').map(({ text }) => text)).toContain('The end.')
    expect(partsOf(reply!, 'file')).toHaveLength(1)
    await harness.stop()
  })
})

const pagesDrawn = async (state: ConversationState | undefined) => Object.keys(state?.images ?? {}).length

describe('a text with pictures', () => {
  const text = 'The fox woke up.\n\nIt was snowing,\nand cold.\n\n  The owl sang.\n\nThen it was night.'

  it('is shown as it is, with pictures at its paragraphs', async () => {
    const harness = await start()
    const reply = await harness.ask(`/illustrate ${text}`)
    expect(reply.state).toBe('done')
    expect(chats().map(({ messages }) => messages[0]!.text)).toHaveLength(3)
    expect(imagesOf(reply)).toHaveLength(3)
  })

  it('keeps every word and break of it', async () => {
    const harness = await start({
      script: { reply: ({ messages }) => (/owl/.test(messages[0]!.text) ? '<gen_image> an owl </gen_image>' : 'no') },
    })
    const reply = await harness.ask('', { text, command: { name: 'illustrate', options: { pictures: 9 } } })
    const words = partsOf(reply, 'text').map((part) => part.text)
    expect(words).toEqual(['The fox woke up.\n\nIt was snowing,\nand cold.\n\n  The owl sang.', 'Then it was night.'])
    expect(partsOf(reply, 'prompt').map((part) => part.text)).toEqual(['an owl'])
  })

  it('is divided without a loss, and its pictures are spread over it', () => {
    expect(paragraphsOf(text).join('')).toBe(text)
    expect(paragraphsOf(text)).toHaveLength(4)
    expect([...spread(4, 9)]).toEqual([0, 1, 2, 3])
    expect([...spread(7, 3)]).toEqual([0, 3, 6])
    expect([...spread(5, 1)]).toEqual([0])
  })
})

it('a book holds nothing that runs, whatever its words are', () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
  const html = bookHtml(evil, [{ text: evil, picture: { bytes: new Uint8Array([1]), mediaType: evil, alt: evil } }])
  expect(html).not.toContain('<script')
  expect(html).not.toContain('<img src=x')
  expect(html.match(/<img /g)).toHaveLength(1)
})
