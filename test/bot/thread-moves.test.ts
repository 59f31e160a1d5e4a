import { describe, expect, it } from 'vitest'
import { history } from '../../src/conversation/thread.ts'
import { bo, controlOf, imagesOf, partsOf } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

const { start, chats, requests } = useHarness()

describe('redo', () => {
  it('brings back what undo took, exchange by exchange, along the newest line', async () => {
    const harness = await start()
    const fox = imagesOf(await harness.ask('/imagine a fox'))[0]!
    const owl = imagesOf(await harness.ask('/imagine an owl'))[0]!
    const head = async () => (await harness.thread()).headImageId
    await harness.say('/undo 2')
    expect(await head()).toBeUndefined()
    await harness.say('/redo')
    expect(await head()).toBe(fox.imageId)
    await harness.say('redo')
    expect(await head()).toBe(owl.imageId)
    await expect(harness.say('/redo')).rejects.toMatchObject({ code: 'input/not-found' })
    await harness.say('undo')
    const cat = imagesOf(await harness.ask('/imagine a cat'))[0]!
    await harness.say('/undo')
    await harness.say('/redo')
    expect(await head()).toBe(cat.imageId)
    await expect(harness.say('/undo many')).rejects.toMatchObject({ code: 'input/invalid-option' })
  })

  it('goes over asides', async () => {
    const harness = await start()
    await harness.ask('/imagine a fox')
    await harness.ask('/help')
    const owl = imagesOf(await harness.ask('/imagine an owl'))[0]!
    await harness.say('/undo 2')
    await harness.say('/redo 9')
    expect((await harness.thread()).headImageId).toBe(owl.imageId)
  })
})

describe('undo by its button', () => {
  it('goes back to before the exchange that it stands at, once', async () => {
    const harness = await start()
    const fox = imagesOf(await harness.ask('/imagine a fox'))[0]!
    const reply = await harness.ask('/imagine an owl')
    const { actionId } = controlOf(reply, 'Undo')
    await expect(harness.press(actionId, {}, { author: bo })).rejects.toMatchObject({ code: 'access/denied' })
    expect(await harness.press(actionId)).toEqual({ type: 'done' })
    expect((await harness.thread()).headImageId).toBe(fox.imageId)
    await expect(harness.press(actionId)).rejects.toMatchObject({ code: 'input/not-found' })
  })
})

describe('branch', () => {
  it('goes on from an older picture; the other line stays and can be gone back to', async () => {
    const harness = await start()
    const first = await harness.ask('/imagine a fox')
    const second = await harness.ask('make it blue')
    const [fox, blue] = [imagesOf(first)[0]!, imagesOf(second)[0]!]
    const shown = await harness.ended(await harness.press(controlOf(first, 'Branch').actionId))
    expect(imagesOf(shown).map(({ imageId }) => imageId)).toEqual([fox.imageId])
    expect((await harness.thread()).headImageId).toBe(fox.imageId)
    await harness.ask('make it green')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Sure! Here it is: <gen_image> detailed Refine: a fox </gen_image>', 'make it green'])
    const { images } = await harness.thread()
    const green = Object.values(images).at(-1)!
    expect(green.parentId).toBe(fox.imageId)
    await harness.ended(await harness.press(controlOf(second, 'Branch').actionId))
    const state = await harness.thread()
    expect(state.headImageId).toBe(blue.imageId)
    expect(history(state).some(({ headImageId }) => headImageId === green.id)).toBe(false)
    expect(await harness.say('/branch', { replyToImageId: green.id })).toMatchObject({ type: 'accepted' })
  })

  it('from one of several pictures makes that one current', async () => {
    const harness = await start()
    const reply = await harness.ask('/imagine a fox --count 3')
    const third = imagesOf(reply)[2]!
    await harness.ended(await harness.press(controlOf(reply, 'Branch 3').actionId))
    expect((await harness.thread()).headImageId).toBe(third.imageId)
  })
})

describe('compare', () => {
  it('shows a picture beside the one that it was made from, and the model never sees it', async () => {
    const harness = await start()
    const fox = imagesOf(await harness.ask('/imagine a fox'))[0]!
    const blue = imagesOf(await harness.ask('make it blue'))[0]!
    const both = await harness.ask('/compare')
    expect(imagesOf(both).map(({ imageId }) => imageId)).toEqual([fox.imageId, blue.imageId])
    expect((await harness.thread()).headImageId).toBe(blue.imageId)
    await harness.ask('what is it?')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text)
        .join(),
    ).not.toMatch(/compare|Before and after/)
  })

  it('needs another picture', async () => {
    const harness = await start()
    await expect(harness.say('/compare')).rejects.toMatchObject({ code: 'input/not-found' })
    await harness.ask('/imagine a fox')
    await expect(harness.say('/compare')).rejects.toMatchObject({ code: 'input/not-found' })
  })
})

describe('a reply to an older picture', () => {
  it('works on that one', async () => {
    const harness = await start()
    const fox = imagesOf(await harness.ask('/imagine a fox'))[0]!
    await harness.ask('/imagine an owl')
    await harness.ask('make it blue', { replyToImageId: fox.imageId })
    expect(requests('edit')[0]!.sourcePrompt).toBe('detailed Refine: a fox')
    await harness.ask('make it green')
    expect(requests('edit')[1]!.sourcePrompt).toBe('detailed make it blue')
  })
})

describe('another route', () => {
  it('answers the same words in another way, in the place of the first answer', async () => {
    const harness = await start()
    await harness.ask('/imagine a fox')
    const edited = await harness.ask('make the fox blue')
    const [part] = partsOf(edited, 'route')
    const anew = part!.controls.find(({ label }) => label === 'New picture')!
    const reply = await harness.ended(await harness.press(anew.actionId))
    expect(requests('text-to-image').at(-1)!.prompt).toBe('detailed make the fox blue')
    expect(partsOf(reply, 'route')[0]).toMatchObject({ chosen: 'New picture' })
    const roles = history(await harness.thread()).map(({ id }) => id)
    expect(roles).toHaveLength(4)
    expect(roles).toContain(reply.replyId)
    expect(roles).not.toContain(edited.replyId)
  })

  it('as talk leaves the picture alone', async () => {
    const harness = await start({ script: { reply: () => 'It is a fox.' } })
    await harness.ask('/imagine a fox --raw')
    const edited = await harness.ask('make the fox blue')
    const answer = partsOf(edited, 'route')[0]!.controls.find(({ label }) => label === 'Answer')!
    const reply = await harness.ended(await harness.press(answer.actionId))
    expect(partsOf(reply, 'text')[0]!.text).toBe('It is a fox.')
    expect(imagesOf(reply)).toEqual([])
    await expect(harness.press('route:none:edit')).rejects.toMatchObject({ code: 'input/not-found' })
    await expect(harness.press(`route:${edited.jobId}:format`)).rejects.toMatchObject({ code: 'input/not-found' })
  })
})
