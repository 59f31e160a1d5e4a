import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../src/contract/inference.ts'
import { wordChanges } from '../../src/bot/word-changes.ts'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { controlOf, imagesOf, keyOf, ann, partsOf } from '../support/bot-harness.ts'
import { maskPng } from '../support/mask-png.ts'
import { attached, png, useHarness } from './use-harness.ts'

const { start, chats, requests } = useHarness()

/** Answers like the model of the little world. */
const reply = ({ messages }: ChatRequest): string => {
  const words = messages.at(-1)!.text
  if (words === 'Similar!') return 'Here: <gen_image> a big red fox in the snow </gen_image>'
  if (/blue/.test(words)) return 'Done! <gen_image> a big blue fox in the snow </gen_image>'
  if (/green/.test(words)) return 'Done! <gen_image> a big green fox in the snow </gen_image>'
  if (/fox/.test(words)) return 'Sure! <gen_image> a big red fox in the snow </gen_image>'
  return 'You are welcome!'
}

describe('an edit by words', () => {
  it('changes the current picture from its own prompt to the one that the instruction gives', async () => {
    const harness = await start({ script: { reply } })
    const drawn = imagesOf(await harness.ask('draw a fox'))[0]!
    const edited = await harness.ask('make the fox blue')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Sure! <gen_image> a big red fox in the snow </gen_image>', 'make the fox blue'])
    const [request] = requests('edit')
    expect(request).toMatchObject({
      sourcePrompt: 'a big red fox in the snow',
      prompt: 'a big blue fox in the snow',
      count: 1,
      wish: 'make the fox blue',
    })
    expect(sha256Of(request!.image)).toBe(drawn.sha256)
    const [change] = partsOf(edited, 'change')
    expect(change).toMatchObject({
      operation: 'edit',
      proposed: false,
      before: { imageId: drawn.imageId },
      after: { imageId: imagesOf(edited)[0]!.imageId },
      details: { changedShare: 0.25 },
    })
    expect(change!.target!.filter(({ changed }) => changed).map(({ text }) => text)).toEqual(['blue'])
    expect(change!.source!.filter(({ changed }) => changed).map(({ text }) => text)).toEqual(['red'])
    expect(partsOf(edited, 'notice')[0]!.text).toBe('25 % of the picture changed.')
    expect(partsOf(edited, 'route')[0]).toMatchObject({ chosen: 'Edit the picture' })
    const node = (await harness.thread()).images[imagesOf(edited)[0]!.imageId]!
    expect(node).toMatchObject({ operation: 'edit', parentId: drawn.imageId })
    expect(await harness.bot.readBlob(keyOf('t'), ann, node.maskSha256!)).toBeDefined()
  })

  it('goes on from the edited picture, which opens its own segment', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('draw a fox')
    await harness.ask('make the fox blue')
    await harness.ask('make it green')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Done! <gen_image> a big blue fox in the snow </gen_image>', 'make it green'])
    expect(requests('edit')[1]).toMatchObject({
      sourcePrompt: 'a big blue fox in the snow',
      prompt: 'a big green fox in the snow',
    })
  })

  it('asks first what an uploaded picture shows, and works on a picture that is answered', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('/edit make it blue', attached())
    expect(chats().map(({ messages }) => messages.map(({ text }) => text))).toEqual([
      ['Similar!'],
      ['Similar!', 'Here: <gen_image> a big red fox in the snow </gen_image>', 'make it blue'],
    ])
    expect(chats().every(({ messages }) => messages[0]!.image !== undefined)).toBe(true)
    const first = requests('edit')[0]!
    expect(sha256Of(first.image)).toBe(sha256Of(png))
    const upload = Object.values((await harness.thread()).images).find(({ operation }) => operation === 'upload')!
    await harness.ask('/edit make it green', { replyToImageId: upload.id })
    expect(sha256Of(requests('edit')[1]!.image)).toBe(sha256Of(png))
  })

  it('keeps the style behind both prompts, and says no more than asked', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('/imagine a fox --style logo')
    await harness.ask('/edit make it blue --strength 0.3 --engine ledits --weights blue:1.5')
    const [request] = requests('edit')
    expect(request!.sourcePrompt).toMatch(/^a big red fox in the snow, flat vector logo/)
    expect(request!.prompt).toMatch(/^a big blue fox in the snow, flat vector logo/)
    expect(request).toMatchObject({ strength: 0.3, engine: 'ledits', wordWeights: { blue: 1.5 } })
  })

  it('that is asked for while the picture is still being drawn changes that one', async () => {
    const harness = await start({ script: { reply, stepMs: 5 } })
    await harness.ask('/imagine a green fox')
    const drawing = await harness.say('/imagine a red fox')
    const editing = await harness.say('make it blue')
    const [drawn, edited] = [await harness.ended(drawing), await harness.ended(editing)]
    expect(sha256Of(requests('edit')[0]!.image)).toBe(imagesOf(drawn)[0]!.sha256)
    const node = (await harness.thread()).images[imagesOf(edited)[0]!.imageId]!
    expect(node.parentId).toBe(imagesOf(drawn)[0]!.imageId)
    await harness.ended(await harness.press(controlOf(edited, 'Stronger').actionId))
    expect(sha256Of(requests('edit')[1]!.image)).toBe(imagesOf(drawn)[0]!.sha256)
  })

  it('that waits for a picture which never comes says so', async () => {
    const harness = await start({ script: { reply: () => 'Hello!', tokenMs: 5 } })
    const talking = await harness.say('hello')
    const editing = await harness.say('make it blue')
    expect((await harness.ended(talking)).state).toBe('done')
    const failed = await harness.ended(editing)
    expect(partsOf(failed, 'error')[0]!.sentence).toMatch(/needs a picture, and this thread has none/)
  })

  it('without a new prompt leaves the picture as it is', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('draw a fox')
    const answer = await harness.ask('/edit something odd')
    expect(requests('edit')).toEqual([])
    expect(partsOf(answer, 'text')[0]!.text).toBe('You are welcome!')
    expect(partsOf(answer, 'notice')[0]!.text).toMatch(/stays as it is/)
  })

  it('without a picture is refused', async () => {
    const harness = await start({ script: { reply } })
    await expect(harness.say('/edit make it blue')).rejects.toMatchObject({ code: 'input/not-found' })
  })

  it('can be made stronger, weaker, with other words and another mask, each from the picture before', async () => {
    const harness = await start({ script: { reply } })
    const drawn = imagesOf(await harness.ask('draw a fox'))[0]!
    const edited = await harness.ask('make the fox blue')
    const press = async (label: string, ...values: [Record<string, string>?, { files: Record<string, Uint8Array> }?]) =>
      harness.ended(await harness.press(controlOf(edited, label).actionId, ...values))
    await press('Stronger')
    await press('Change words', { prompt: 'a big purple fox' })
    const drawnMask = await maskPng(16, 16, { x: 0, y: 0, width: 8, height: 8 })
    await press('Draw mask', {}, { files: { mask: drawnMask } })
    const [first, stronger, reworded, masked] = requests('edit')
    expect(stronger).toMatchObject({ strength: 0.7, prompt: first!.prompt, seed: first!.seed })
    expect(reworded).toMatchObject({ prompt: 'a big purple fox', sourcePrompt: first!.sourcePrompt })
    expect(masked!.mask).toEqual({ shapes: [{ type: 'image', image: new Uint8Array(drawnMask) }] })
    for (const request of requests('edit')) expect(sha256Of(request.image)).toBe(drawn.sha256)
    expect(chats()).toHaveLength(2)
    await harness.ask('stronger')
    expect(requests('edit')).toHaveLength(5)
    const marked = Object.values((await harness.thread()).turns).find(({ mask }) => mask)
    expect(marked!.mask).toEqual({ imageId: drawn.imageId, sha256: sha256Of(drawnMask) })
  })

  it('can be done once more with another seed and the same prompts', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('draw a fox')
    const edited = await harness.ask('make the fox blue')
    await harness.ended(await harness.press(controlOf(edited, 'Redo with a new seed').actionId))
    const [first, again] = requests('edit')
    expect(again).toMatchObject({ prompt: first!.prompt, sourcePrompt: first!.sourcePrompt })
    expect(again!.seed).not.toBe(first!.seed)
    expect(sha256Of(again!.image)).toBe(sha256Of(first!.image))
    expect(chats()).toHaveLength(2)
  })
})

describe('an edit that waits for approval', () => {
  it('shows words and mask, draws nothing, and is applied with the same prompts', async () => {
    const harness = await start({ script: { reply } })
    const drawn = imagesOf(await harness.ask('draw a fox'))[0]!
    await harness.ask('/settings --confirm')
    const proposed = await harness.ask('make the fox blue')
    expect(requests('edit')[0]).toMatchObject({ onlyMask: true })
    const [change] = partsOf(proposed, 'change')
    expect(change).toMatchObject({ proposed: true, before: { imageId: drawn.imageId } })
    expect(change).not.toHaveProperty('after')
    expect(imagesOf(proposed)).toEqual([])
    expect(await harness.bot.readBlob(keyOf('t'), ann, change!.mask!.sha256)).toBeDefined()
    expect((await harness.thread()).headImageId).toBe(drawn.imageId)
    const labels = partsOf(proposed, 'controls').flatMap(({ controls }) => controls.map(({ label }) => label))
    expect(labels).toEqual(['Apply', 'Stronger', 'Weaker', 'Draw mask', 'Change words'])

    const applied = await harness.ended(await harness.press(controlOf(proposed, 'Apply').actionId))
    const done = requests('edit')[1]!
    expect(done).toMatchObject({ prompt: 'a big blue fox in the snow', sourcePrompt: 'a big red fox in the snow' })
    expect(done).not.toHaveProperty('onlyMask')
    expect(imagesOf(applied)).toHaveLength(1)
    expect((await harness.thread()).headImageId).toBe(imagesOf(applied)[0]!.imageId)
  })

  it('stays a proposal when it is made stronger, and the model is not shown what was not applied', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('draw a fox')
    const proposed = await harness.ask('/edit make the fox blue --confirm')
    const again = await harness.ended(await harness.press(controlOf(proposed, 'Weaker').actionId))
    expect(partsOf(again, 'change')[0]).toMatchObject({ proposed: true })
    expect(requests('edit')[1]).toMatchObject({ onlyMask: true, strength: 0.3 })
    await harness.ask('what is it?')
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Sure! <gen_image> a big red fox in the snow </gen_image>', 'what is it?'])
  })

  it('is refused to others, and when the picture is gone', async () => {
    const harness = await start({ script: { reply } })
    const drawn = imagesOf(await harness.ask('draw a fox'))[0]!
    const proposed = await harness.ask('/edit make the fox blue --confirm')
    const { actionId } = controlOf(proposed, 'Apply')
    const bo = { author: { id: 'bo', name: 'Bo' } }
    await expect(harness.press(actionId, {}, bo)).rejects.toMatchObject({ code: 'access/denied' })
    await harness.press(`delete:${drawn.imageId}`)
    await expect(harness.press(actionId)).rejects.toMatchObject({ code: 'input/not-found' })
  })
})

describe('the words that differ between two prompts', () => {
  it.each([
    ['a red fox', 'a blue fox', ['red'], ['blue']],
    ['a fox', 'a fox wearing a crown', [], ['wearing', 'a', 'crown']],
    ['a fox, in the snow', 'a fox in the snow', [], []],
    ['', 'a fox', [], ['a', 'fox']],
  ])('%j -> %j', (source, target, gone, come) => {
    const changes = wordChanges(source, target)
    const changed = (words: typeof changes.source) => words.filter((word) => word.changed).map(({ text }) => text)
    expect(changed(changes.source)).toEqual(gone)
    expect(changed(changes.target)).toEqual(come)
  })
})
