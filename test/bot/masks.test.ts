import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { controlOf, createRecordingAdapter, imagesOf, partsOf } from '../support/bot-harness.ts'
import { halfTransparentPng, maskPng, pixelsOf } from '../support/mask-png.ts'
import { solidPng } from '../support/scripted-inference.ts'
import { attached, useHarness } from './use-harness.ts'

const { start, chats, requests } = useHarness()
const picture = solidPng(16, 16, 0xff0000)
const box = { x: 8, y: 0, width: 8, height: 16 }
const file = (name: string, bytes: Uint8Array) => ({ name, source: { bytes } })
const black = [0, 0, 0]
const red = [255, 0, 0]

describe('inpainting', () => {
  it('shows the model the picture with the marked part black, and draws with the prompt of the whole', async () => {
    const harness = await start()
    const drawn = await harness.ask('/imagine a fox')
    const inpaint = controlOf(drawn, 'Inpaint…')
    expect(inpaint.fields!.map(({ type, name }) => `${type} ${name}`)).toEqual(['mask mask', 'text words'])
    const strokes = JSON.stringify([{ points: [[0.25, 0.5]], radius: 0.2 }])
    const reply = await harness.ended(await harness.press(inpaint.actionId, { mask: strokes, words: 'a hat' }))
    const [request] = requests('inpaint')
    expect(request).toMatchObject({
      prompt: 'detailed Inpaint: a hat',
      wish: 'a hat',
      mask: { shapes: [{ type: 'strokes', strokes: [{ points: [[0.25, 0.5]], radius: 0.2 }] }] },
    })
    const { messages } = chats().at(-1)!
    expect(messages.map(({ text }) => text)).toEqual(['Inpaint: a hat'])
    const shown = await pixelsOf(messages[0]!.image!)
    expect(shown.at(4, 8)).toEqual(black)
    expect(shown.at(12, 8)).not.toEqual(black)
    const node = (await harness.thread()).images[imagesOf(reply)[0]!.imageId]!
    expect(node).toMatchObject({ operation: 'inpaint', parentId: imagesOf(drawn)[0]!.imageId })
    expect(node.maskSha256).toBeDefined()
    expect(partsOf(reply, 'change')[0]).toMatchObject({ operation: 'inpaint', mask: { sha256: node.maskSha256 } })
  })

  it('without words uses the wording of the training set', async () => {
    const harness = await start()
    await harness.ask('/inpaint --boxes 50%,0,50%,100%', attached(picture))
    const { messages } = chats()[0]!
    expect(messages[0]!.text).toBe('Inpaint!')
    const shown = await pixelsOf(messages[0]!.image!)
    expect([shown.at(3, 3), shown.at(12, 3)]).toEqual([red, black])
    expect(sha256Of(requests('inpaint')[0]!.image)).toBe(sha256Of(picture))
  })

  it('takes a second picture that is white where it is to be drawn', async () => {
    const harness = await start()
    const mask = await maskPng(16, 16, box)
    await harness.ask('a hat', { attachments: [file('fox.png', picture), file('mask.png', mask)] })
    const [request] = requests('inpaint')
    expect(sha256Of(request!.image)).toBe(sha256Of(picture))
    expect(request!.mask).toEqual({ shapes: [{ type: 'image', image: mask }] })
    const state = await harness.thread()
    expect(Object.values(state.images).map(({ operation }) => operation)).toEqual(['upload', 'inpaint'])
  })

  it('takes a mask for the current picture, and a picture with transparent parts', async () => {
    const harness = await start()
    await harness.ask('/imagine a fox')
    const mask = await maskPng(16, 16, box)
    await harness.ask('/inpaint a hat --feather 4 --grow 2', { attachments: [file('mask.png', mask)] })
    expect(requests('inpaint')[0]!.mask).toEqual({ shapes: [{ type: 'image', image: mask }], feather: 4, grow: 2 })
    const transparent = await halfTransparentPng(16, 16)
    await harness.ask('a hat', {
      attachments: [file('fox.png', transparent)],
      key: { ...(await harness.thread()).key, threadId: 't2' },
    })
    expect(requests('inpaint')[1]!.mask).toEqual({ shapes: [{ type: 'alpha' }] })
    const shown = await pixelsOf(chats().at(-1)!.messages[0]!.image!)
    expect([shown.at(2, 2), shown.at(14, 2)]).toEqual([black, [200, 10, 10]])
  })

  it('fetches picture and mask that the platform still holds', async () => {
    const mask = await maskPng(16, 16, box)
    const download = async (url: string) => (url.endsWith('mask.png') ? mask : picture)
    const harness = await start({ adapter: { ...createRecordingAdapter(), download } })
    const attachments = ['fox.png', 'mask.png'].map((name) => ({
      name,
      source: { url: `https://example.org/${name}` },
    }))
    const reply = await harness.ask('/inpaint a hat', { attachments })
    expect(imagesOf(reply)).toHaveLength(1)
    expect(sha256Of(requests('inpaint')[0]!.image)).toBe(sha256Of(picture))
    expect(requests('inpaint')[0]!.mask).toEqual({ shapes: [{ type: 'image', image: mask }] })
  })

  it('takes a fetched mask beside plain words for the current picture; a question is only a question', async () => {
    const mask = await maskPng(16, 16, box)
    const harness = await start({ adapter: { ...createRecordingAdapter(), download: async () => mask } })
    const drawn = await harness.ask('/imagine a fox')
    const attachments = [{ name: 'mask.png', source: { url: 'https://example.org/mask.png' } }]
    await harness.ask('a hat', { attachments })
    expect(sha256Of(requests('inpaint')[0]!.image)).toBe(imagesOf(drawn)[0]!.sha256)
    expect(requests('inpaint')[0]!.mask).toEqual({ shapes: [{ type: 'image', image: mask }] })
    await harness.ask('what is this?', { attachments })
    expect(requests('inpaint')).toHaveLength(1)
  })

  it.each<[string, string, Uint8Array | undefined, string]>([
    ['/inpaint a hat', 'no mask', undefined, 'input/empty'],
    ['/inpaint a hat --boxes 2,0,1,1', 'a box outside', undefined, 'input/invalid-option'],
    ['/inpaint a hat --cells 3x3:9', 'a cell outside', undefined, 'input/invalid-option'],
    ['/inpaint a hat --boxes 0,0,1,1', 'a full mask', undefined, 'input/invalid-option'],
    ['/inpaint a hat --mask {}', 'no shapes', undefined, 'input/invalid-option'],
  ])('is refused before it is taken: %s (%s)', async (text, _, bytes, code) => {
    const harness = await start()
    await harness.ask('/imagine a fox')
    const attachments = bytes ? [file('mask.png', bytes)] : []
    await expect(harness.say(text, { attachments })).rejects.toMatchObject({ code })
    expect(requests('inpaint')).toEqual([])
  })

  it('is refused for a mask of another shape, an empty one, and without a picture; nothing is lost', async () => {
    const harness = await start()
    await expect(harness.say('/inpaint a hat --boxes 0,0,.5,.5')).rejects.toMatchObject({ code: 'input/not-found' })
    await harness.ask('/imagine a fox')
    const wide = { attachments: [file('mask.png', await maskPng(32, 16, box))] }
    await expect(harness.say('/inpaint a hat', wide)).rejects.toMatchObject({ code: 'input/invalid-option' })
    const { actionId } = controlOf(harness.adapter.messages.at(-1)!, 'Inpaint…')
    const empty = { mask: await maskPng(16, 16, { x: 0, y: 0, width: 0, height: 0 }) }
    await expect(harness.press(actionId, {}, { files: empty })).rejects.toMatchObject({ code: 'input/empty' })
    await expect(harness.press(actionId, {})).rejects.toMatchObject({ code: 'input/empty' })
    await expect(harness.press(actionId, { mask: 'nonsense' })).rejects.toMatchObject({ code: 'input/invalid-option' })
    expect(Object.keys((await harness.thread()).turns)).toHaveLength(2)
  })
})

describe('outpainting', () => {
  it('shows the model the grown canvas, black where nothing is yet', async () => {
    const harness = await start()
    const reply = await harness.ask('extend it to the right', attached(picture))
    const { messages } = chats()[0]!
    expect(messages.map(({ text }) => text)).toEqual(['Outpaint!'])
    const shown = await pixelsOf(messages[0]!.image!)
    expect([shown.width, shown.height]).toEqual([24, 24]) // stretched, as the demo shows masked pictures
    expect([shown.at(3, 3), shown.at(20, 20)]).toEqual([red, black])
    expect(requests('outpaint')[0]).toMatchObject({ sides: { left: 0, top: 0, right: 8, bottom: 0 } })
    expect(imagesOf(reply)[0]).toMatchObject({ width: 24, height: 16 })
    expect(partsOf(reply, 'route')[0]!.chosen).toBe('Extend the picture')
  })

  it.each<[string, object]>([
    ['/outpaint left', { left: 8, top: 0, right: 0, bottom: 0 }],
    ['/outpaint 2:1', { left: 8, top: 0, right: 8, bottom: 0 }],
    ['/outpaint --left 8 --top 25% a forest', { left: 8, top: 4, right: 0, bottom: 0 }],
    ['/outpaint', { left: 4, top: 4, right: 4, bottom: 4 }],
  ])('%s', async (text, sides) => {
    const harness = await start()
    await harness.ask(text, attached(picture))
    expect(requests('outpaint')[0]!.sides).toEqual(sides)
    expect(chats()[0]!.messages[0]!.text).toBe(/forest/.test(text) ? 'Outpaint: a forest' : 'Outpaint!')
  })

  it('goes on button by button, and draws the same once more with another seed', async () => {
    const harness = await start()
    const drawn = await harness.ask('/imagine a fox')
    const right = await harness.ended(await harness.press(controlOf(drawn, 'Outpaint →').actionId))
    await harness.ended(await harness.press(controlOf(right, 'Outpaint ↑').actionId))
    const [first, second] = requests('outpaint')
    expect(second!.sides).toEqual({ left: 0, top: 8, right: 0, bottom: 0 })
    expect(sha256Of(second!.image)).toBe(imagesOf(right)[0]!.sha256)
    await harness.ended(await harness.press(controlOf(right, 'Redo with a new seed').actionId))
    expect(requests('outpaint')[2]).toMatchObject({ sides: first!.sides, prompt: first!.prompt })
    expect(requests('outpaint')[2]!.seed).not.toBe(first!.seed)
  })

  it('to a shape that the picture has already is said so', async () => {
    const harness = await start()
    const reply = await harness.ask('/outpaint 1:1', attached(picture))
    expect(partsOf(reply, 'error')[0]!.sentence).toMatch(/has this shape already/)
  })
})
