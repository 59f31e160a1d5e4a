import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { history } from '../../src/conversation/thread.ts'
import { actionsOf, ann, imagesOf, keyOf, partsOf, until } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

const { start, drawings, chats } = useHarness()

describe('a control', () => {
  it('draws again with a new seed, by the recipe, as a child of the picture', async () => {
    const harness = await start()
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
    const harness = await start()
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
    const harness = await start()
    const reply = await harness.ask('/imagine a fox --seed 7 --style logo')
    const edit = partsOf(reply, 'controls')[0]!.controls.find(({ label }) => label === 'Edit prompt')!
    expect(edit).toMatchObject({ label: 'Edit prompt', fields: [{ value: 'detailed Refine: a fox', multiline: true }] })
    const edited = await harness.ended(await harness.press(edit.actionId, { [edit.fields![0]!.name]: 'a blue fox' }))
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
    const harness = await start()
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
    const harness = await start()
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
    const harness = await start({ script: { fail } })
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
      const harness = await start()
      await harness.ask('draw a fox')
      await expect(harness.press(actionId)).rejects.toMatchObject({ code: 'input/not-found' })
    },
  )

  it('has an id that every platform takes', async () => {
    const harness = await start()
    const reply = await harness.ask('/imagine a fox --count 4')
    for (const id of actionsOf(reply)) expect(id.length).toBeLessThanOrEqual(100)
    expect(new Set(actionsOf(reply)).size).toBe(actionsOf(reply).length)
    expect(actionsOf(reply).length).toBeGreaterThan(4 * 10)
  })
})

describe('cancel', () => {
  it('ends a running job at once for the person, and within a step for the model', async () => {
    const harness = await start({ script: { stepMs: 5, steps: 1000 } })
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
    const harness = await start({ script: { stepMs: 5, steps: 40 } })
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
    const harness = await start()
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
