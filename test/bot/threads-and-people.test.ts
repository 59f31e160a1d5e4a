import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { history } from '../../src/conversation/thread.ts'
import { ann, bo, imagesOf, keyOf, partsOf, until } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

const { start, drawings, chats } = useHarness()

describe('a thread', () => {
  it('takes one job after the other, in the order of the messages', async () => {
    const harness = await start({ script: { tokenMs: 1, reply: () => 'yes' } })
    const all = await Promise.all(['one', 'two', 'three'].map((text) => harness.say(text)))
    expect(all.map((one) => one.type === 'accepted' && one.position)).toEqual([0, 1, 2])
    for (const one of all) await harness.ended(one)
    const texts = history(await harness.thread()).map(({ blocks }) =>
      blocks[0]?.type === 'text' ? blocks[0].text : '',
    )
    expect(texts).toEqual(['one', 'yes', 'two', 'yes', 'three', 'yes'])
    expect(chats()[2]!.messages.map(({ text }) => text)).toEqual(['one', 'yes', 'two', 'yes', 'three'])
  })

  it('answers /help at once, while a picture is being drawn', async () => {
    const harness = await start({ script: { stepMs: 5, steps: 40 } })
    const drawing = await harness.say('draw a fox')
    const help = await harness.ask('/help')
    expect(partsOf(help, 'text')[0]!.text).toMatch(/imagine/)
    expect(harness.adapter.finals(drawing.type === 'accepted' ? drawing.jobId : '')).toEqual([])
    await harness.ended(drawing)
    expect(history(await harness.thread()).map(({ role, aside }) => `${role}${aside ? ' aside' : ''}`)).toEqual([
      'user',
      'assistant',
      'user aside',
      'assistant aside',
    ])
  })

  it('shows what is pending, and the pictures that are done already', async () => {
    const harness = await start({ script: { stepMs: 5, steps: 20 } })
    const drawing = await harness.say('/imagine a fox --count 2 --raw')
    await until(() => harness.adapter.messages.some((message) => imagesOf(message).length === 1))
    const view = (await harness.bot.readThread(keyOf('t'), ann))!
    const [image] = imagesOf(view.pending[0]!)
    expect(await harness.bot.readBlob(keyOf('t'), ann, image!.sha256)).toBeInstanceOf(Uint8Array)
    expect(await harness.bot.readBlob(keyOf('t'), bo, image!.sha256)).toBeUndefined()
    await harness.ended(drawing)
    expect((await harness.bot.readThread(keyOf('t'), ann))!.pending).toEqual([])
  })

  it('belongs to one person: others neither see it nor use it', async () => {
    const harness = await start()
    const reply = await harness.ask('draw a fox')
    const image = imagesOf(reply)[0]!
    const { bot } = harness
    const key = keyOf('t')
    expect(await bot.listThreads('web', bo)).toEqual([])
    expect(await bot.readThread(key, bo)).toBeUndefined()
    expect(await bot.readBlob(key, bo, image.sha256)).toBeUndefined()
    expect(await bot.readReply(key, bo, reply.jobId)).toBeUndefined()
    const denied = { code: 'access/denied' }
    await expect(harness.say('hello', { author: bo })).rejects.toMatchObject(denied)
    await expect(harness.press(`redo:${image.imageId}`, {}, { author: bo })).rejects.toMatchObject(denied)
    await expect(harness.press(`delete:${image.imageId}`, {}, { author: bo })).rejects.toMatchObject(denied)
    await expect(bot.renameThread(key, bo, 'mine')).rejects.toMatchObject(denied)
    await expect(bot.deleteThread(key, bo)).rejects.toMatchObject(denied)
    await harness.ask('draw an owl', { author: bo, key: keyOf('his') })
    expect(await bot.readBlob(keyOf('his'), bo, image.sha256)).toBeUndefined()
    await expect(harness.press(`redo:${image.imageId}`, {}, { author: bo, key: keyOf('his') })).rejects.toMatchObject({
      code: 'input/not-found',
    })
    expect(await bot.readThread(key, { ...bo, admin: true })).toBeDefined()
  })

  it('is renamed, listed and deleted with its running job', async () => {
    const harness = await start({ script: { stepMs: 5, steps: 1000 } })
    const { bot } = harness
    await harness.say('draw a fox')
    await bot.renameThread(keyOf('t'), ann, ' Foxes\n')
    expect(await bot.listThreads('web', ann)).toMatchObject([{ key: keyOf('t'), title: 'Foxes' }])
    await expect(bot.renameThread(keyOf('t'), ann, ' ')).rejects.toMatchObject({ code: 'input/empty' })
    await bot.deleteThread(keyOf('t'), ann)
    expect(await bot.listThreads('web', ann)).toEqual([])
    expect(await harness.stores.jobs.openIds()).toEqual([])
    await until(async () => (await harness.inference.status()).running === 0)
    expect(await harness.stores.threads.get(keyOf('t'))).toBeUndefined()
    await expect(bot.deleteThread(keyOf('t'), ann)).rejects.toMatchObject({ code: 'input/not-found' })
  })
})

describe('the log', () => {
  it('names the job in every line, and never says what people wrote', async () => {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const harness = await start({
      log,
      script: {
        fail: ({ kind }) => (kind === 'chat' ? undefined : new AppError('inference/failed', { message: 'm' })),
      },
    })
    const reply = await harness.ask('draw a secret fox')
    expect(lines.length).toBeGreaterThanOrEqual(3)
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ job: reply.jobId })
      expect(line).not.toMatch(/secret|fox/)
    }
  })
})

describe('the models', () => {
  it('that are stopped under a job make it fail, not look cancelled', async () => {
    const fail = () => new AppError('inference/cancelled', { message: 'stopped' })
    const harness = await start({ script: { fail } })
    const reply = await harness.ask('draw a fox')
    expect(reply.state).toBe('failed')
    expect(partsOf(reply, 'error')[0]!.error).toMatchObject({ code: 'inference/failed', retryable: true })
  })
})

describe('the queue', () => {
  it('is fair: nobody waits behind the many jobs of one person', async () => {
    const harness = await start({ script: { stepMs: 2 }, limits: { chatting: 4, runningPerPerson: 2 } })
    const many = await Promise.all([1, 2, 3, 4, 5].map((n) => harness.say('/imagine x --raw', { key: keyOf(`a${n}`) })))
    const his = await harness.say('/imagine y --raw', { key: keyOf('b'), author: bo })
    expect(many.map((one) => one.type === 'accepted' && one.position)).toEqual([0, 1, 2, 3, 4])
    expect(his).toMatchObject({ position: 1 })
    for (const one of [...many, his]) await harness.ended(one)
    expect(drawings().map(({ prompt }) => prompt)).toEqual(['x', 'y', 'x', 'x', 'x', 'x'])
    const last = await harness.ended(many[4]!)
    const shown = harness.adapter.messages.filter(({ jobId }) => jobId === last.jobId)
    const moved = shown
      .flatMap((message) => partsOf(message, 'progress'))
      .flatMap(({ progress }) => (progress.phase === 'queued' ? [progress.position] : []))
    expect(moved).toEqual([4, 5, 4, 3, 2, 1])
  })

  it('draws one picture at a time, and chats beside it', async () => {
    const harness = await start({
      script: {
        stepMs: 5,
        steps: 20,
        reply: ({ messages }) => (messages.at(-1)?.text === 'hi' ? 'hello' : 'x <gen_image> y </gen_image>'),
      },
    })
    const first = await harness.say('draw')
    await until(() => drawings().length === 1)
    const second = await harness.say('draw', { key: keyOf('b'), author: bo })
    const chat = await harness.ask('hi', { key: keyOf('c'), author: bo })
    expect(chat.state).toBe('done')
    expect(harness.adapter.finals(first.type === 'accepted' ? first.jobId : '')).toEqual([])
    await harness.ended(first)
    await harness.ended(second)
    expect(harness.inference.peak['text-to-image']).toBe(1)
  })

  it('has a limit of jobs for each person', async () => {
    const harness = await start({ script: { stepMs: 5 }, limits: { jobsPerPerson: 2 } })
    const own = [await harness.say('one'), await harness.say('two', { key: keyOf('t2') })]
    await expect(harness.say('three')).rejects.toMatchObject({ code: 'access/limit' })
    await harness.ask('/help')
    await harness.ask('hello', { author: bo, key: keyOf('b') })
    for (const one of own) await harness.ended(one)
    await harness.ask('three')
  })
})
