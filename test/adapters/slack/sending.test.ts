import { afterEach, describe, expect, it } from 'vitest'
import type { OutgoingImage, OutgoingMessage, Part } from '../../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../../src/contract/thread.ts'
import { cancelControl, recordingBot } from '../../contracts/recording-bot.ts'
import { buttonsOf, entriesOf } from '../../stand-ins/slack/person.ts'
import {
  connect,
  pictureIdsIn,
  progressIn,
  quick,
  readIn,
  type Connected,
  type ConnectOptions,
} from './slack-harness.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const text = (words: string, streaming = false): Part => ({ type: 'text', text: words, streaming })
const thinking: Part = { type: 'progress', progress: { phase: 'thinking' } }
const cancel: Part = { type: 'controls', controls: [cancelControl] }
const image = (sha256: string, more: Partial<OutgoingImage> = {}): OutgoingImage => ({
  ...{ imageId: `image-${sha256}`, sha256, mediaType: 'image/png', width: 1, height: 1, alt: 'a fox' },
  ...more,
})

let open: Connected[] = []
afterEach(async () => {
  for (const one of open) await one.stop()
  open = []
})

/** Ann has mentioned the bot in a channel; `render` shows a state of the reply. */
async function scene(options: ConnectOptions = {}) {
  const bot = recordingBot()
  const connected = await connect(bot, options)
  open.push(connected)
  const { slack, adapter } = connected
  const ann = slack.person('Ann')
  const channel = slack.channel('pictures')
  slack.join(channel, ann)
  const root = ann.mention(channel, 'a red fox')
  await slack.until(() => bot.handled.length > 0)
  const { key, author } = bot.handled[0]!
  const reply = (parts: readonly Part[], final = false): OutgoingMessage => message({ key, author, parts, final })
  const render = (parts: readonly Part[], final = false) => adapter.render(reply(parts, final))
  const calls = (method: string) => slack.calls.filter((call) => call.method === method)
  return { ...connected, bot, ann, channel, root, render, reply, calls, replies: () => slack.replies(root) }
}

const message = (given: {
  key: ThreadKey
  author: Person
  parts: readonly Part[]
  final: boolean
}): OutgoingMessage => ({
  ...{ replyId: 'reply-1', jobId: 'job-1', inReplyTo: 'event-1', language: 'en' },
  state: given.final ? 'done' : 'running',
  ...given,
})

describe('words on Slack', () => {
  it('stream in the place of "Thinking…", with the buttons below, and end as one message', async () => {
    const { slack, render, replies } = await scene()
    await render([thinking, cancel])
    const first = await slack.until(() => replies().find((one) => progressIn(one) === 'Thinking…'))
    await render([text('Once upon', true), cancel])
    const stream = await slack.until(() => replies().find(({ streaming }) => streaming))
    await render([text('Once upon a time', true), cancel])
    await slack.until(() => stream.text === 'Once upon a time')
    await slack.until(() => replies().some((one) => buttonsOf(one).includes('Cancel')))
    expect(first.deleted).toBe(true)
    await render([text('Once upon a time there was a fox.')], true)
    expect(replies().map(readIn)).toEqual([['Once upon a time there was a fox.']])
    expect(replies()[0]).toBe(stream)
    expect(stream.metadata).toMatchObject({ event_type: 'llmga_reply', event_payload: { job_id: 'job-1' } })
  })

  it('are edited in place where Slack has no streams, which is asked once', async () => {
    const { slack, render, replies, calls } = await scene()
    slack.faults.add({ on: 'chat.startStream', fault: { type: 'refusal', code: 'unknown_method' }, times: Infinity })
    await render([thinking, cancel])
    await slack.until(() => replies().length === 1)
    for (const words of ['Once', 'Once upon', 'Once upon a time']) {
      await render([text(words, true), cancel])
      await slack.until(() => replies().some((one) => readIn(one).includes(words)))
    }
    await render([text('Once upon a time there was a fox.')], true)
    expect(replies().map(readIn)).toEqual([['Once upon a time there was a fox.']])
    expect(calls('chat.startStream')).toHaveLength(1)
  })

  it('ping nobody, whatever they say', async () => {
    const { ann, render, replies } = await scene()
    const loud = `<!everyone> <!here> <!channel> <@${ann.id}> @everyone`
    await render(
      [text(loud), { type: 'prompt', block: 0, text: loud, streaming: false }, { type: 'notice', text: loud }],
      true,
    )
    expect(replies().flatMap(({ pings }) => pings)).toEqual([])
    expect(replies().flatMap(readIn)[0]).toBe(loud)
  })

  it('are not left twice when the answer to a stream never came', async () => {
    const { slack, render, replies } = await scene({ adapter: { timing: { ...quick, requestMs: 300 } } })
    await render([thinking, cancel])
    await slack.until(() => replies().length === 1)
    slack.faults.add({ on: 'chat.startStream', fault: { type: 'closed', carriedOut: true } })
    await render([text('Once upon', true)])
    await slack.until(() => slack.faults.met() === 1)
    await render([text('Once upon a time', true)])
    await slack.until(() => replies().some((one) => one.text === 'Once upon a time'))
    await render([text('Once upon a time there was a fox.')], true)
    expect(replies().map(readIn)).toEqual([['Once upon a time there was a fox.']])
  })

  it('leave no "Thinking…" behind when it could not be deleted at once', async () => {
    const { slack, render, replies } = await scene()
    await render([thinking, cancel])
    await slack.until(() => replies().length === 1)
    slack.faults.add({ on: 'chat.delete', fault: { type: 'ratelimited', retryAfterSeconds: 1 } })
    await render([text('Once upon', true), cancel])
    await slack.until(() => slack.faults.met() === 1)
    await render([text('Once upon a time there was a fox.')], true)
    expect(replies().map(readIn)).toEqual([['Once upon a time there was a fox.']])
  })

  it('nor when the end comes right after that', async () => {
    const { slack, render, replies } = await scene({ adapter: { timing: { ...quick, requestMs: 300 } } })
    await render([thinking, cancel])
    await slack.until(() => replies().length === 1)
    slack.faults.add({ on: 'chat.startStream', fault: { type: 'closed', carriedOut: true } })
    await render([text('Once upon', true)])
    await slack.until(() => slack.faults.met() === 1)
    await render([text('Once upon a time there was a fox.')], true)
    expect(replies().map(readIn)).toEqual([['Once upon a time there was a fox.']])
  })
})

describe('pictures on Slack', () => {
  it('take the place of their previews, which are deleted', async () => {
    const { slack, bot, render, replies } = await scene()
    bot.blobs.set('a', png)
    const drawing = { phase: 'drawing', block: 0, image: 0, images: 1, steps: 4, elapsedMs: 900 } as const
    const preview = { bytes: png, mediaType: 'image/png' }
    for (const step of [1, 2]) {
      await render([{ type: 'progress', progress: { ...drawing, step, preview } }])
      await slack.until(() => replies().some((one) => progressIn(one)?.includes(`step ${step} of 4`)))
    }
    const [previewId] = replies().flatMap(pictureIdsIn)
    await render([{ type: 'images', block: 0, images: [image('a')] }], true)
    const shown = replies().flatMap(pictureIdsIn)
    expect(shown).toHaveLength(1)
    expect(shown).not.toContain(previewId)
    await slack.until(() => slack.state.files.get(previewId!)!.deleted)
  })

  it('that are not safe for work are blurred, and it says so', async () => {
    const { bot, render, replies } = await scene()
    const asked: unknown[] = []
    bot.readImage = async (_key, _person, _sha256, fit) => {
      asked.push(fit.blurred)
      return { bytes: png, mediaType: 'image/png', width: 1, height: 1, reduced: false }
    }
    await render([{ type: 'images', block: 0, images: [image('a', { sensitive: true }), image('b')] }], true)
    expect(asked).toEqual([true, false])
    expect(replies().flatMap(readIn).join(' ')).toContain('may not be safe for work')
  })
})

describe('a reply on Slack', () => {
  it('is looked for before it is posted again, when the answer to the post never came', async () => {
    const { slack, render, replies, calls } = await scene({ adapter: { timing: { ...quick, requestMs: 300 } } })
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'silent', carriedOut: true } })
    await expect(render([text('All done.')], true)).rejects.toThrow()
    await render([text('All done.')], true)
    expect(replies().map(readIn)).toEqual([['All done.']])
    expect(calls('chat.postMessage')).toHaveLength(1)
  })

  it('waits out a 429 and other troubles of Slack, and arrives once', async () => {
    const { slack, render, replies } = await scene()
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'ratelimited', retryAfterSeconds: 1 } })
    await expect(render([text('All done.')], true)).rejects.toThrow(/rate/)
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'status', status: 503 } })
    await expect(render([text('All done.')], true)).rejects.toThrow()
    await render([text('All done.')], true)
    expect(replies().map(readIn)).toEqual([['All done.']])
  })

  it('is given up where the channel is gone', async () => {
    const { slack, channel, render } = await scene()
    channel.members.delete(slack.state.botUserId)
    await render([text('All done.')], true)
  })

  it('has its first buttons in a row and the rest in menus; entries that ask open their form', async () => {
    const { slack, bot, ann, render, reply, replies } = await scene()
    const many = Array.from({ length: 12 }, (_, i) => ({
      ...{ actionId: `do:${i}`, label: `Do ${i}`, style: 'secondary' as const, group: 'edit' as const },
      ...(i === 11 ? { fields: fields() } : {}),
    }))
    const parts: readonly Part[] = [text('Done.'), { type: 'controls', controls: many }]
    bot.replies.set('job-1', reply(parts, true))
    await render(parts, true)
    const [shown] = replies()
    expect([...buttonsOf(shown!), ...entriesOf(shown!)].toSorted()).toEqual(many.map(({ label }) => label).toSorted())
    await ann.choose(shown!, 'Do 11')
    await slack.until(() => ann.form())
    expect(ann.fields()).toEqual(['Words', 'Kind', 'How many', maskWords, maskFile])
    await ann.submit({ Words: 'a blue fox', [maskFile]: [{ name: 'mask.png', bytes: png }] })
    await slack.until(() => bot.handled.length === 2)
    const action = bot.handled[1]!
    expect(action).toMatchObject({
      type: 'action',
      actionId: 'do:11',
      values: { words: 'a blue fox', kind: 'b', count: '3' },
    })
    if (action.type !== 'action') throw new Error('no action')
    expect(action.values).not.toHaveProperty('mask')
    expect(Buffer.from(action.files!['mask']!).equals(png)).toBe(true)
  })
})

const maskWords = 'Marked part: boxes (10%,20%,30%,30%) or cells (3x3:4)'
const maskFile = 'Or a picture that is white where it is drawn anew'
const fields = () => [
  { type: 'text' as const, name: 'words', label: 'Words', value: '', multiline: false },
  {
    ...{ type: 'choice' as const, name: 'kind', label: 'Kind', value: 'b' },
    choices: ['a', 'b'].map((value) => ({ value, label: value.toUpperCase() })),
  },
  { type: 'number' as const, name: 'count', label: 'How many', value: 3, min: 1, max: 4, step: 1 },
  { type: 'mask' as const, name: 'mask', label: 'What is drawn anew', image: image('a') },
]
