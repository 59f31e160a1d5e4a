import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { history } from '../../src/conversation/thread.ts'
import {
  actionsOf,
  ann,
  createRecordingAdapter,
  imagesOf,
  keyOf,
  partsOf,
  type Harness,
} from '../support/bot-harness.ts'
import { attached, png, useHarness } from './use-harness.ts'

const { start, drawings, chats } = useHarness()

describe('a message', () => {
  it('is answered with words, a prompt and its picture, and the thread holds them', async () => {
    const harness = await start()
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
    const harness = await start({ script: { tokenMs: 1, stepMs: 1 } })
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
    const harness = await start({ script: { reply: () => 'I am sorry, I cannot draw that.' } })
    const reply = await harness.ask('draw a horse')
    expect(partsOf(reply, 'text')[0]?.text).toBe('I am sorry, I cannot draw that.')
    expect(drawings()).toEqual([])
    expect(actionsOf(reply)).toEqual([])
  })

  it('draws several prompts in order, each with seeds of its own', async () => {
    const story = 'Once. <gen_image> one </gen_image> Then. <gen_image> two </gen_image> End.'
    const harness = await start({ script: { reply: () => story } })
    const reply = await harness.ask('hello, tell me something')
    expect(reply.parts.map((part) => (part.type === 'text' || part.type === 'prompt' ? part.text : part.type))).toEqual(
      ['Once.', 'one', 'images', 'controls', 'Then.', 'two', 'images', 'controls', 'End.'],
    )
    const seeds = drawings().map(({ seed }) => seed)
    expect(seeds[1]).toBe((seeds[0]! + 1) % 2 ** 32)
    expect((await harness.thread()).headImageId).toBe(imagesOf(reply)[1]!.imageId)
  })

  it('draws while the words after the prompt are still being written', async () => {
    const reply = `Look: <gen_image> fox </gen_image>${' and more'.repeat(60)}`
    const harness = await start({ script: { reply: () => reply, tokenMs: 2 } })
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
    const harness = await start()
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
    const harness = await start({ script: { reply: () => 'A cat.' } })
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
    const harness = await start({ script: { reply: () => 'A cat.' } })
    const reply = await harness.ask('who?', {
      attachments: [...attached().attachments, ...attached(png, 'dog.png').attachments],
    })
    expect(partsOf(reply, 'notice')[0]!.text).toMatch(/one picture at a time.*dog\.png/)
  })

  it('says once that the model has no room for the beginning of the thread', async () => {
    const leftOut = () => ({ turns: 3, newly: chats().length === 2 })
    const harness = await start({ script: { reply: () => 'Well.', leftOut } })
    const replies = [await harness.ask('one'), await harness.ask('two'), await harness.ask('three')]
    const notices = replies.map((reply) => partsOf(reply, 'notice').map(({ text }) => text))
    expect(notices).toEqual([[], [expect.stringMatching(/no longer sees the oldest 3 messages and their answers/)], []])
  })

  it('fetches pictures that the platform still holds, after it was acknowledged', async () => {
    let fetched = 0
    const download = async () => (fetched++, png)
    const harness = await start({
      script: { reply: () => 'A cat.' },
      adapter: { ...createRecordingAdapter(), download },
    })
    const attachments = [{ name: 'cat.png', source: { url: 'https://example.org/cat.png' } }]
    const acknowledged = await harness.say('what is this?', { attachments })
    expect((await harness.thread()).headImageId).toBeUndefined()
    await harness.ended(acknowledged)
    expect(fetched).toBe(1)
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'what is this?', image: png }])
    expect((await harness.thread()).headImageId).toBeDefined()
  })

  it('that comes twice makes one job', async () => {
    const harness = await start()
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
    const harness = await start()
    await expect(harness.say(...args)).rejects.toMatchObject({ code })
    expect(await harness.bot.listThreads('web', ann)).toEqual([])
    expect(harness.inference.requests).toEqual([])
  })
})

describe('/imagine', () => {
  it('has the wish written out in the words of the training set, and keeps both prompts in the recipe', async () => {
    const harness = await start()
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
    const harness = await start()
    await harness.ask('/imagine a fox --raw')
    expect(chats()).toEqual([])
    expect(drawings()).toMatchObject([{ prompt: 'a fox' }])
    expect(drawings()[0]).not.toHaveProperty('wish')
  })

  it('draws the wish itself, and says so, when the model writes no prompt', async () => {
    const harness = await start({ script: { reply: () => 'I cannot.' } })
    const reply = await harness.ask('', { command: { name: 'imagine', options: {} }, text: 'a horse' })
    expect(drawings()).toMatchObject([{ prompt: 'a horse' }])
    expect(partsOf(reply, 'notice')[0]!.text).toMatch(/your own words/)
    expect((await harness.thread()).turns[reply.replyId]?.notice).toBeDefined()
  })

  it('uses the settings of the thread, and those said now before them', async () => {
    const harness = await start({ defaults: { steps: 9, guidanceScale: 2 } })
    await harness.ask('/settings --steps 5 --sampler euler')
    await harness.ask('/imagine a fox --sampler ddim')
    expect(drawings()).toMatchObject([{ steps: 5, guidanceScale: 2, sampler: 'ddim' }])
    const reset = await harness.ask('/settings reset')
    expect(partsOf(reset, 'text')[0]!.text).toMatch(/steps: 9 \(usual\)/)
    expect((await harness.thread()).settings).toEqual({})
  })
})
