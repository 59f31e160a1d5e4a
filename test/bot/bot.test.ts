import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { history } from '../../src/conversation/thread.ts'
import {
  actionsOf,
  ann,
  bo,
  createHarness,
  imagesOf,
  keyOf,
  partsOf,
  until,
  type Harness,
  type HarnessOptions,
} from '../support/bot-harness.ts'
import { solidPng } from '../support/scripted-inference.ts'

let harness: Harness
const start = async (options?: HarnessOptions) => (harness = await createHarness(options))
afterEach(() => harness.stop())

const drawings = () => harness.inference.requests.filter((request) => request.kind === 'text-to-image')
const chats = () => harness.inference.requests.filter((request) => request.kind === 'chat')
const png = solidPng(8, 8, 0xff0000)
const attached = (bytes = png, name = 'cat.png') => ({ attachments: [{ name, source: { bytes } }] })

describe('a message', () => {
  it('is answered with words, a prompt and its picture, and the thread holds them', async () => {
    await start()
    const reply = await harness.ask('draw a red fox')
    expect(reply).toMatchObject({ state: 'done', final: true, key: keyOf('t') })
    expect(partsOf(reply, 'text')).toEqual([{ type: 'text', text: 'Sure! Here it is:', streaming: false }])
    expect(partsOf(reply, 'prompt')).toMatchObject([{ block: 0, text: 'detailed draw a red fox', streaming: false }])
    const [image] = imagesOf(reply)
    expect(image).toMatchObject({ width: 16, height: 16, alt: 'detailed draw a red fox' })
    const state = await harness.thread()
    expect(state.title).toBe('draw a red fox')
    expect(state.headImageId).toBe(image!.imageId)
    expect(history(state).map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(await harness.bot.readBlob(keyOf('t'), ann, image!.sha256)).toEqual(
      await harness.stores.blobs.read(image!.sha256),
    )
    expect(drawings()).toMatchObject([{ prompt: 'detailed draw a red fox', wish: 'draw a red fox', count: 1 }])
  })

  it('streams: words grow, prompts grow, steps count, and every state has the same reply id', async () => {
    await start({ script: { tokenMs: 1, stepMs: 1 } })
    const reply = await harness.ask('draw a red fox')
    const shown = harness.adapter.messages.filter(({ jobId }) => jobId === reply.jobId)
    expect(new Set(shown.map(({ replyId }) => replyId)).size).toBe(1)
    expect(shown.filter(({ final }) => final)).toHaveLength(1)
    const words = shown.flatMap((message) => partsOf(message, 'text').map(({ text }) => text))
    expect(words).toContain('Sure! ')
    const steps = shown.flatMap((message) =>
      partsOf(message, 'progress').flatMap(({ progress }) => (progress.phase === 'drawing' ? [progress.step] : [])),
    )
    expect([...new Set(steps)]).toEqual([1, 2, 3])
    const previews = shown.flatMap((message) =>
      partsOf(message, 'progress').filter(({ progress }) => progress.phase === 'drawing' && progress.preview),
    )
    expect(previews.length).toBeGreaterThan(0)
    expect(shown[0]!.parts).toContainEqual({ type: 'progress', progress: { phase: 'thinking' } })
    expect(actionsOf(shown[0]!)).toEqual([`cancel:${reply.jobId}`])
  })

  it('draws nothing when the model writes no prompt', async () => {
    await start({ script: { reply: () => 'I am sorry, I cannot draw that.' } })
    const reply = await harness.ask('draw a horse')
    expect(partsOf(reply, 'text')[0]?.text).toBe('I am sorry, I cannot draw that.')
    expect(drawings()).toEqual([])
    expect(actionsOf(reply)).toEqual([])
  })

  it('draws several prompts in order, each with seeds of its own', async () => {
    const story = 'Once. <gen_image> one </gen_image> Then. <gen_image> two </gen_image> End.'
    await start({ script: { reply: () => story } })
    const reply = await harness.ask('a story')
    expect(reply.parts.map((part) => (part.type === 'text' || part.type === 'prompt' ? part.text : part.type))).toEqual(
      ['Once.', 'one', 'images', 'controls', 'Then.', 'two', 'images', 'controls', 'End.'],
    )
    const seeds = drawings().map(({ seed }) => seed)
    expect(seeds[1]).toBe((seeds[0]! + 1) % 2 ** 32)
    expect((await harness.thread()).headImageId).toBe(imagesOf(reply)[1]!.imageId)
  })

  it('draws while the words after the prompt are still being written', async () => {
    const reply = `Look: <gen_image> fox </gen_image>${' and more'.repeat(60)}`
    await start({ script: { reply: () => reply, tokenMs: 2 } })
    const final = await harness.ask('draw a fox')
    const shown = harness.adapter.messages.filter(({ jobId }) => jobId === final.jobId)
    const firstStep = shown.findIndex((message) =>
      partsOf(message, 'progress').some(({ progress }) => progress.phase === 'drawing'),
    )
    const lastText = shown.findLastIndex((message) => partsOf(message, 'text').some(({ streaming }) => streaming))
    expect(firstStep).toBeGreaterThan(0)
    expect(firstStep).toBeLessThan(lastText)
  })

  it('shows the model the current picture with the conversation about it', async () => {
    await start()
    const first = await harness.ask('draw a red fox')
    await harness.ask('what colour is it?')
    const { messages } = chats()[1]!
    expect(messages.map(({ text }) => text)).toEqual([
      'Similar!',
      'Sure! Here it is: <gen_image> detailed draw a red fox </gen_image>',
      'what colour is it?',
    ])
    expect(sha256Of(messages[0]!.image!)).toBe(imagesOf(first)[0]!.sha256)
  })

  it('with a picture alone asks for its description', async () => {
    await start({ script: { reply: () => 'A cat.' } })
    await harness.ask('', attached())
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'Describe!', image: png }])
    const state = await harness.thread()
    expect(state.title).toBe('cat.png')
    expect(state.images[state.headImageId!]).toMatchObject({
      operation: 'upload',
      name: 'cat.png',
      width: 8,
      height: 8,
    })
  })

  it('with several pictures says which one it looked at', async () => {
    await start({ script: { reply: () => 'A cat.' } })
    const reply = await harness.ask('who?', {
      attachments: [...attached().attachments, ...attached(png, 'dog.png').attachments],
    })
    expect(partsOf(reply, 'notice')[0]!.text).toMatch(/one picture at a time.*dog\.png/)
  })

  it('fetches pictures that the platform still holds, after it was acknowledged', async () => {
    let fetched = 0
    const download = async () => (fetched++, png)
    await start({ script: { reply: () => 'A cat.' }, download })
    const attachments = [{ name: 'cat.png', source: { url: 'https://example.org/cat.png' } }]
    const acknowledged = await harness.say('what is this?', { attachments })
    expect((await harness.thread()).headImageId).toBeUndefined()
    await harness.ended(acknowledged)
    expect(fetched).toBe(1)
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'what is this?', image: png }])
    expect((await harness.thread()).headImageId).toBeDefined()
  })

  it('that comes twice makes one job', async () => {
    await start()
    const first = await harness.say('draw a fox', { eventId: 'same' })
    const again = await Promise.all([
      harness.say('draw a fox', { eventId: 'same' }),
      harness.say('x', { eventId: 'same' }),
    ])
    expect(first).toMatchObject({ type: 'accepted' })
    expect(again).toEqual([1, 2].map(() => ({ type: 'repeated', jobId: first.type === 'accepted' && first.jobId })))
    await harness.ended(first)
    expect(await harness.say('draw a fox', { eventId: 'same' })).toMatchObject({ type: 'repeated' })
    expect(chats()).toHaveLength(1)
  })

  it.each<[string, Parameters<Harness['say']>, string]>([
    ['empty', [' \u200b\n'], 'input/empty'],
    ['too long', ['x'.repeat(8001)], 'input/too-long'],
    ['binary', ['\x00\x01\x02'], 'input/not-text'],
    ['with an unknown command', ['/imagin a fox'], 'input/unknown-option'],
    ['with an unknown option', ['/imagine a fox --sede 7'], 'input/unknown-option'],
    ['with a wrong option', ['/imagine a fox --steps 0'], 'input/invalid-option'],
    ['with an empty file', ['look', attached(new Uint8Array())], 'image/unreadable'],
    ['with a file that is no picture', ['look', attached(new Uint8Array([1, 2, 3]))], 'image/unreadable'],
    ['with a file too large', ['look', attached(new Uint8Array((20 << 20) + 1))], 'image/too-large'],
    ['with too many files', ['look', { attachments: Array(5).fill(attached().attachments[0]) }], 'access/limit'],
    [
      'with a link that nobody fetches',
      ['look', { attachments: [{ name: 'a', source: { url: 'https://x' } }] }],
      'image/unreadable',
    ],
    ['from a thread with a broken id', ['look', { key: keyOf('half \ud83e') }], 'input/not-text'],
    ['about a picture that is not there', ['look', { replyToImageId: 'none' }], 'input/not-found'],
    ['that describes without a picture', ['/describe'], 'input/not-found'],
    ['that cancels nothing', ['/cancel'], 'input/not-found'],
    ['that takes back nothing', ['/undo'], 'input/not-found'],
  ])('that is %s is refused, and leaves nothing behind', async (_name, args, code) => {
    await start()
    await expect(harness.say(...args)).rejects.toMatchObject({ code })
    expect(await harness.bot.listThreads('web', ann)).toEqual([])
    expect(harness.inference.requests).toEqual([])
  })
})

describe('/imagine', () => {
  it('has the wish written out in the words of the training set, and keeps both prompts in the recipe', async () => {
    await start()
    const reply = await harness.ask(
      '/imagine a fox --seed 7 --steps 4 --count 2 --style logo --negative "blurry, ugly" --size 64x72',
    )
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'Refine: a fox' }])
    expect(drawings()).toEqual([
      {
        kind: 'text-to-image',
        prompt: 'detailed Refine: a fox, flat vector logo, simple shapes, plain background',
        negativePrompt: 'blurry, ugly, photo, text, clutter',
        wish: 'a fox',
        seed: 7,
        steps: 4,
        count: 2,
        width: 64,
        height: 72,
      },
    ])
    expect(imagesOf(reply).map(({ recipe }) => [recipe!.wish, recipe!.index])).toEqual([
      ['a fox', 0],
      ['a fox', 1],
    ])
    expect(partsOf(reply, 'prompt')[0]!.text).toBe('detailed Refine: a fox')
  })

  it('draws the words as they are with --raw', async () => {
    await start()
    await harness.ask('/imagine a fox --raw')
    expect(chats()).toEqual([])
    expect(drawings()).toMatchObject([{ prompt: 'a fox' }])
    expect(drawings()[0]).not.toHaveProperty('wish')
  })

  it('draws the wish itself, and says so, when the model writes no prompt', async () => {
    await start({ script: { reply: () => 'I cannot.' } })
    const reply = await harness.ask('', { command: { name: 'imagine', options: {} }, text: 'a horse' })
    expect(drawings()).toMatchObject([{ prompt: 'a horse' }])
    expect(partsOf(reply, 'notice')[0]!.text).toMatch(/your own words/)
    expect((await harness.thread()).turns[reply.replyId]?.notice).toBeDefined()
  })

  it('uses the settings of the thread, and those said now before them', async () => {
    await start({ defaults: { steps: 9, guidanceScale: 2 } })
    await harness.ask('/settings --steps 5 --sampler euler')
    await harness.ask('/imagine a fox --sampler ddim')
    expect(drawings()).toMatchObject([{ steps: 5, guidanceScale: 2, sampler: 'ddim' }])
    const reset = await harness.ask('/settings reset')
    expect(partsOf(reset, 'text')[0]!.text).toMatch(/default settings/)
    expect((await harness.thread()).settings).toEqual({})
  })
})

describe('a control', () => {
  it('draws again with a new seed, by the recipe, as a child of the picture', async () => {
    await start()
    const reply = await harness.ask('/imagine a fox --seed 7 --style logo --steps 4')
    const { imageId } = imagesOf(reply)[0]!
    const again = await harness.ended(await harness.press(`redo:${imageId}`))
    const [first, second] = drawings()
    expect(second).toMatchObject({ prompt: first!.prompt, steps: 4, count: 1, wish: 'a fox' })
    expect(second!.seed).not.toBe(7)
    const node = (await harness.thread()).images[imagesOf(again)[0]!.imageId]!
    expect(node).toMatchObject({ parentId: imageId, operation: 'redo' })
    expect(partsOf(again, 'prompt')[0]!.text).toBe('detailed Refine: a fox')
    expect(partsOf(again, 'text')[0]!.text).toBe('Sure! Here it is:')
  })

  it('draws variations: the same noise, mixed with another for each', async () => {
    await start()
    const reply = await harness.ask('/imagine a fox --seed 7 --count 2')
    const { imageId } = imagesOf(reply)[1]!
    const varied = await harness.ended(await harness.press(`variations:${imageId}`))
    expect(imagesOf(varied)).toHaveLength(4)
    expect(new Set(imagesOf(varied).map(({ sha256 }) => sha256)).size).toBe(4)
    const requests = drawings().slice(1)
    expect(requests.map(({ seed }) => seed)).toEqual([8, 8, 8, 8])
    expect(new Set(requests.map(({ variation }) => variation!.seed)).size).toBe(4)
    const images = harness.adapter.messages.flatMap((message) =>
      partsOf(message, 'progress').flatMap(({ progress }) =>
        message.jobId === varied.jobId && progress.phase === 'drawing' ? [`${progress.image}/${progress.images}`] : [],
      ),
    )
    expect([...new Set(images)]).toEqual(['0/4', '1/4', '2/4', '3/4'])
  })

  it('draws an edited prompt as it is, with the same seed and settings', async () => {
    await start()
    const reply = await harness.ask('/imagine a fox --seed 7 --style logo')
    const edit = partsOf(reply, 'controls')[0]!.controls.find(({ field }) => field)!
    expect(edit).toMatchObject({ label: 'Edit prompt', field: { value: 'detailed Refine: a fox', multiline: true } })
    const edited = await harness.ended(await harness.press(edit.actionId, { [edit.field!.name]: 'a blue fox' }))
    expect(chats()).toHaveLength(1)
    expect(drawings()[1]).toMatchObject({
      prompt: expect.stringMatching(/^a blue fox, flat/) as string,
      seed: 7,
      wish: 'a fox',
    })
    expect(partsOf(edited, 'prompt')[0]!.text).toBe('a blue fox')
    await expect(harness.press(edit.actionId, { prompt: ' ' })).rejects.toMatchObject({ code: 'input/empty' })
  })

  it('deletes a picture: it is not shown, not current and not stored any more', async () => {
    await start()
    const first = imagesOf(await harness.ask('draw a fox'))[0]!
    const reply = await harness.ask('draw an owl')
    const second = imagesOf(reply)[0]!
    expect(await harness.press(`delete:${second.imageId}`)).toEqual({ type: 'done' })
    expect((await harness.thread()).headImageId).toBe(first.imageId)
    expect(await harness.bot.readBlob(keyOf('t'), ann, second.sha256)).toBeUndefined()
    expect(await harness.stores.blobs.read(second.sha256)).toBeUndefined()
    expect(imagesOf((await harness.bot.readReply(keyOf('t'), ann, reply.jobId))!)).toEqual([])
    await expect(harness.press(`redo:${second.imageId}`)).rejects.toMatchObject({ code: 'input/not-found' })
    await expect(harness.press(`delete:${second.imageId}`)).rejects.toMatchObject({ code: 'input/not-found' })
  })

  it('shows a recipe, as do the words', async () => {
    await start()
    const reply = await harness.ask('/imagine a fox --seed 7')
    const shown = await harness.ended(await harness.press(`recipe:${imagesOf(reply)[0]!.imageId}`))
    expect(partsOf(shown, 'text')[0]!.text).toMatch(/Wish: a fox\n.*Seed: 7\n/s)
    expect(partsOf(await harness.ask('/recipe'), 'text')).toEqual(partsOf(shown, 'text'))
    await harness.ask('and now?')
    expect(chats()[1]!.messages.map(({ text }) => text)).not.toContain('/recipe')
  })

  it('tries a failed job again in the place of the failed answer, with the same seed', async () => {
    let broken = true
    const fail = () =>
      broken ? new AppError('inference/worker-crashed', { message: 'crash', retryable: true }) : undefined
    await start({ script: { fail } })
    const failed = await harness.ask('/imagine a fox --seed 7')
    expect(failed.state).toBe('failed')
    expect(partsOf(failed, 'error')[0]!.sentence).toMatch(/try once more/)
    broken = false
    const again = await harness.ended(await harness.press(`retry:${failed.jobId}`))
    expect(drawings().at(-1)).toMatchObject({ seed: 7 })
    const state = await harness.thread()
    expect(history(state).map(({ id }) => id)).toEqual([expect.stringMatching(/^u/), again.replyId])
    await expect(harness.press(`retry:${again.jobId}`)).rejects.toMatchObject({ code: 'input/not-found' })
  })

  it.each(['', 'redo', 'redo:', 'redo:none', 'draw:x:0', 'draw:x:y', 'cancel:none', 'retry:none', 'format:disk'])(
    'that the bot never made is refused: %j',
    async (actionId) => {
      await start()
      await harness.ask('draw a fox')
      await expect(harness.press(actionId)).rejects.toMatchObject({ code: 'input/not-found' })
    },
  )

  it('has an id that every platform takes', async () => {
    await start()
    const reply = await harness.ask('/imagine a fox --count 4')
    for (const id of actionsOf(reply)) expect(id.length).toBeLessThanOrEqual(100)
    expect(new Set(actionsOf(reply)).size).toBe(4 * 4 + 1)
  })
})

describe('cancel', () => {
  it('ends a running job at once for the person, and within a step for the model', async () => {
    await start({ script: { stepMs: 5, steps: 1000 } })
    const running = await harness.say('draw a fox')
    await until(() =>
      harness.adapter.messages.some((message) =>
        partsOf(message, 'progress').some(({ progress }) => progress.phase === 'drawing'),
      ),
    )
    const jobId = running.type === 'accepted' ? running.jobId : ''
    expect(await harness.press(`cancel:${jobId}`)).toEqual({ type: 'done' })
    expect(await harness.stores.jobs.get(jobId)).toMatchObject({ error: { code: 'inference/cancelled' } })
    const reply = await harness.ended(running)
    expect(reply.state).toBe('cancelled')
    expect(partsOf(reply, 'text')[0]!.text).toBe('Sure! Here it is:')
    expect(partsOf(reply, 'error')[0]!.sentence).toBe('Cancelled.')
    await until(async () => (await harness.inference.status()).running === 0)
    expect(harness.adapter.finals(jobId)).toHaveLength(1)
    await expect(harness.press(`cancel:${jobId}`)).rejects.toMatchObject({ code: 'input/not-found' })
  })

  it('ends a waiting job before it begins', async () => {
    await start({ script: { stepMs: 5, steps: 40 } })
    const first = await harness.say('draw a fox')
    const second = await harness.say('draw an owl', { key: keyOf('t2') })
    const third = await harness.say('draw a cat')
    expect(await harness.say('/cancel', { key: keyOf('t2') })).toEqual({ type: 'done' })
    expect(await harness.press(`cancel:${third.type === 'accepted' ? third.jobId : ''}`)).toEqual({ type: 'done' })
    expect((await harness.ended(second)).state).toBe('cancelled')
    expect((await harness.ended(third)).state).toBe('cancelled')
    expect((await harness.ended(first)).state).toBe('done')
    expect(drawings()).toHaveLength(1)
  })
})

describe('undo', () => {
  it('goes back with the picture, and what follows branches from there', async () => {
    await start()
    const fox = imagesOf(await harness.ask('draw a fox'))[0]!
    await harness.ask('draw an owl')
    expect(await harness.say('/undo', { eventId: 'undo' })).toEqual({ type: 'done' })
    expect((await harness.thread()).headImageId).toBe(fox.imageId)
    expect(await harness.say('/undo', { eventId: 'undo' })).toEqual({ type: 'done' })
    expect((await harness.thread()).headImageId).toBe(fox.imageId)
    await harness.ask('make it blue')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Sure! Here it is: <gen_image> detailed draw a fox </gen_image>', 'make it blue'])
  })
})

describe('a thread', () => {
  it('takes one job after the other, in the order of the messages', async () => {
    await start({ script: { tokenMs: 1, reply: () => 'yes' } })
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
    await start({ script: { stepMs: 5, steps: 40 } })
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
    await start({ script: { stepMs: 5, steps: 20 } })
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
    await start()
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
    await start({ script: { stepMs: 5, steps: 1000 } })
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
    await start({
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
    await start({ script: { fail } })
    const reply = await harness.ask('draw a fox')
    expect(reply.state).toBe('failed')
    expect(partsOf(reply, 'error')[0]!.error).toMatchObject({ code: 'inference/failed', retryable: true })
  })
})

describe('the queue', () => {
  it('is fair: nobody waits behind the many jobs of one person', async () => {
    await start({ script: { stepMs: 2 }, limits: { chatting: 4, runningPerPerson: 2 } })
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
    await start({
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
    await start({ script: { stepMs: 5 }, limits: { jobsPerPerson: 2 } })
    const own = [await harness.say('one'), await harness.say('two', { key: keyOf('t2') })]
    await expect(harness.say('three')).rejects.toMatchObject({ code: 'access/limit' })
    await harness.ask('/help')
    await harness.ask('hello', { author: bo, key: keyOf('b') })
    for (const one of own) await harness.ended(one)
    await harness.ask('three')
  })
})
