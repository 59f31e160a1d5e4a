import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { controlOf, imagesOf, partsOf } from '../support/bot-harness.ts'
import { solidPng } from '../support/scripted-inference.ts'
import { attached, png, useHarness } from './use-harness.ts'

const { start, chats, drawings, requests } = useHarness()
const fox = () => ({ reply: () => 'Sure! <gen_image> a big red fox </gen_image>' })

describe('restoring', () => {
  it('mends or enlarges a picture and goes on with its prompt', async () => {
    const harness = await start()
    const drawn = await harness.ask('/imagine a fox')
    const restored = await harness.ended(await harness.press(controlOf(drawn, 'Restore').actionId))
    const larger = await harness.ended(await harness.press(controlOf(restored, 'Upscale ×2').actionId))
    const [first, second] = requests('restore')
    expect([first!.scale, second!.scale]).toEqual([1, 2])
    expect(sha256Of(second!.image)).toBe(imagesOf(restored)[0]!.sha256)
    expect(imagesOf(larger)[0]).toMatchObject({ width: 32, height: 32, alt: 'detailed Refine: a fox' })
    await harness.ask('make it blue')
    expect(requests('edit')[0]!.sourcePrompt).toBe('detailed Refine: a fox')
  })

  it('of a picture that was sent needs no words, and refuses other enlargements', async () => {
    const harness = await start()
    const reply = await harness.ask('/restore --scale 4', attached())
    expect(imagesOf(reply)[0]).toMatchObject({ width: 32, height: 32 })
    expect(partsOf(reply, 'prompt')).toEqual([])
    expect(chats()).toEqual([])
    await expect(harness.say('/restore --scale 3')).rejects.toMatchObject({ code: 'input/invalid-option' })
    await harness.ask('what is it?')
    expect(chats()[0]!.messages.map(({ text }) => text)).toEqual(['what is it?'])
  })
})

describe('drawing over', () => {
  it('takes its prompt from the words about the picture, or from the picture alone', async () => {
    const harness = await start({ script: fox() })
    await harness.ask('/restyle as a watercolour --strength 0.4', attached())
    expect(requests('image-to-image')[0]).toMatchObject({ prompt: 'a big red fox', strength: 0.4 })
    await harness.ask('/restyle')
    expect(requests('image-to-image')[1]).toMatchObject({ prompt: 'a big red fox', strength: 0.6 })
    await harness.ask('/restyle --raw oil on canvas')
    expect(requests('image-to-image')[2]).toMatchObject({ prompt: 'oil on canvas' })
  })

  it('makes variations of a picture whose noise is not known', async () => {
    const harness = await start({ script: fox() })
    const reply = await harness.ask('/variations --count 2', attached())
    expect(imagesOf(reply)).toHaveLength(2)
    expect(requests('image-to-image')).toMatchObject([{ count: 2, prompt: 'a big red fox' }])
    expect(chats()[0]!.messages.map(({ text }) => text)).toEqual(['Similar!'])
    const node = (await harness.thread()).images[imagesOf(reply)[0]!.imageId]!
    expect(node).toMatchObject({ operation: 'variation', recipe: { operation: 'image-to-image' } })
  })
})

describe('similar', () => {
  it('by its button asks as the words would have', async () => {
    const harness = await start()
    const drawn = await harness.ask('/imagine a fox')
    await harness.ask('/imagine an owl')
    await harness.ended(await harness.press(controlOf(drawn, 'Similar').actionId))
    expect(
      chats()
        .at(-1)!
        .messages.map(({ text }) => text),
    ).toEqual(['Similar!', 'Sure! Here it is: <gen_image> detailed Refine: a fox </gen_image>', 'Similar!'])
  })
})

describe('a subject', () => {
  it('is drawn elsewhere, with the picture as reference and its words in the prompt', async () => {
    const harness = await start({ script: fox() })
    const reply = await harness.ask('/subject it on the beach --scale 0.8', attached())
    expect(drawings()[0]).toMatchObject({ prompt: 'a big red fox', wish: 'it on the beach', subject: { scale: 0.8 } })
    expect(sha256Of(drawings()[0]!.subject!.image)).toBe(sha256Of(png))
    await harness.ended(await harness.press(controlOf(reply, 'Redo with a new seed').actionId))
    expect(sha256Of(drawings()[1]!.subject!.image)).toBe(sha256Of(png))
    expect(drawings()[1]!.seed).not.toBe(drawings()[0]!.seed)
    await expect(harness.say('/subject')).rejects.toMatchObject({ code: 'input/empty' })
  })

  it('may lend its outlines alone, in its own shape', async () => {
    const harness = await start({ script: fox() })
    await harness.ask('/control a blue house --end 0.5', attached(solidPng(32, 16, 5)))
    const [request] = drawings()
    expect(request).toMatchObject({ control: { end: 0.5 }, width: 192, height: 96 })
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'Refine: a blue house' }])
  })
})

describe('a design', () => {
  const reply = () => 'A logo should be simple, so I suggest a flower. <gen_image> a big pink flower </gen_image>'

  it('says first what it has in mind, and has the shape of its kind', async () => {
    const harness = await start({ script: { reply } })
    const answer = await harness.ask('/design poster for a flower shop')
    expect(chats()[0]!.messages).toEqual([{ role: 'user', text: 'Design a poster for a flower shop' }])
    expect(partsOf(answer, 'text')[0]!.text).toBe('A logo should be simple, so I suggest a flower.')
    expect(drawings()[0]).toMatchObject({ prompt: 'a big pink flower', width: 96, height: 160 })
  })

  it('goes on in its shape', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('/design infographic about bees')
    await harness.ask('a second one, warmer')
    await harness.ask('another one, but bluer please')
    expect(drawings().map(({ width, height }) => [width, height])).toEqual([
      [96, 192],
      [96, 192],
      [96, 192],
    ])
    expect(chats().at(-1)!.messages[1]!.text).toContain('<gen_image> a big pink flower </gen_image>')
  })

  it('goes on with the last prompt and the words where the model has none', async () => {
    let asked = 0
    const once = () => (asked++ === 0 ? reply() : 'I cannot draw that.')
    const harness = await start({ script: { reply: once } })
    await harness.ask('/design poster for a flower shop')
    const second = await harness.ask('a second one, warmer')
    expect(drawings()[1]).toMatchObject({ prompt: 'a big pink flower, warmer', width: 96, height: 160 })
    expect(drawings()[1]!.seed).not.toBe(drawings()[0]!.seed)
    expect(partsOf(second, 'notice')[0]!.text).toMatch(/the last one was drawn with your words/)
  })

  it('is asked for in plain words', async () => {
    const harness = await start({ script: { reply } })
    await harness.ask('design a logo for a flower shop')
    expect(chats()[0]!.messages[0]!.text).toBe('design a logo for a flower shop')
    expect(drawings()[0]).toMatchObject({ width: 128, height: 128 })
    await expect(harness.say('/design a car')).rejects.toMatchObject({ code: 'input/empty' })
    await expect(harness.say('/design --kind boat a car')).rejects.toMatchObject({ code: 'input/invalid-option' })
  })
})

describe('settings of a thread', () => {
  it('choose models, LoRAs and the way of editing', async () => {
    const offered = { mllm: ['tiny', 'large'], t2i: ['tiny', 'xl'], inpaint: ['tiny'] }
    const about = (await import('../support/bot-harness.ts')).about
    const harness = await start({ about: { ...about, offered }, otherWordings: {} })
    await harness.ask('/settings --mllm large --t2i xl --lora ink:0.5,line --restore false --strength 0.9')
    await harness.ask('/imagine a fox')
    expect(chats()[0]).toMatchObject({ model: 'large' })
    const loras = [
      { name: 'ink', weight: 0.5 },
      { name: 'line', weight: 1 },
    ]
    expect(drawings()[0]).toMatchObject({ model: 'xl', loras })
    await harness.ask('/outpaint left')
    expect(requests('outpaint')[0]).toMatchObject({ model: 'xl' })
    await harness.ask('make it blue')
    expect(requests('edit')[0]).toMatchObject({ model: 'xl', loras, restore: false, strength: 0.9 })
    await expect(harness.say('/settings --t2i xxl')).rejects.toMatchObject({ code: 'input/invalid-option' })
    await expect(harness.say('/edit it --stregth 1')).rejects.toMatchObject({
      hint: expect.stringMatching(/Did you mean "strength"/) as string,
    })
  })
})
