import type { CDPSession, Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { Incoming, IncomingAction } from '../../../src/contract/incoming.ts'
import type { MaskShape } from '../../../src/contract/inference.ts'
import { button, describePage, eventually, picture, say } from './describe-page.ts'
import type { Visit } from './describe-page.ts'
import { solidPng } from '../../support/scripted-inference.ts'

/** The open editor, and the picture's box in it. */
interface Open {
  readonly stage: Locator
  /** A place of the picture (shares of its sides) on the screen. */
  readonly at: (x: number, y: number) => Promise<[number, number]>
}

async function openEditor(page: Page): Promise<Open> {
  await say(page, 'draw a red fox in the snow')
  await picture(page).waitFor()
  await say(page, 'edit: make the fox blue')
  await button(page, 'Edit').click()
  await page.getByRole('menuitem', { name: 'Inpaint…' }).click()
  const sheet = page.locator('.mask-sheet')
  await eventually(() => sheet.evaluate((element) => element.getBoundingClientRect().width)).toBeGreaterThan(128)
  return {
    stage: page.getByRole('application'),
    async at(x, y) {
      const box = (await sheet.boundingBox())!
      return [box.x + x * box.width, box.y + y * box.height]
    },
  }
}

const apply = (page: Page) => page.getByRole('button', { name: 'Inpaint', exact: true }).click()

/** The action that the form sent, once it came. */
async function sent({ bot }: Visit): Promise<IncomingAction> {
  await eventually(() => bot.handled.at(-1)?.type).toBe('action')
  return bot.handled.at(-1) as IncomingAction
}

const shapeIn = ({ values }: IncomingAction) => JSON.parse(values['mask'] ?? 'null') as MaskShape

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 2) as number)

describePage('the mask editor', (visit) => {
  it('takes strokes of the mouse as shares of the picture, with words; asks before they are lost', async () => {
    const there = await visit()
    const { page, complaints } = there
    const { at } = await openEditor(page)
    await eventually(() => page.getByRole('button', { name: 'Inpaint', exact: true }).isDisabled()).toBe(true)
    await page.mouse.move(...(await at(0.25, 0.25)))
    await page.mouse.down()
    await page.mouse.move(...(await at(0.75, 0.25)), { steps: 8 })
    await page.mouse.up()
    await page.getByText(/^7 % of the picture is marked/).waitFor()
    await page.keyboard.press('Escape')
    await button(page, 'Go on painting').click()
    await page.getByLabel('What to draw there').fill('a big [moon]') // keys of the editor are letters here
    await apply(page)
    const action = await sent(there)
    expect(action).toMatchObject({ actionId: 'inpaint:image-job-2-0', values: { words: 'a big [moon]' } })
    const shape = shapeIn(action)
    if (shape.type !== 'strokes') throw new Error(shape.type)
    expect(shape.strokes.map(({ points }) => points.map(near))).toEqual([
      [
        [expect.closeTo(0.25, 2), expect.closeTo(0.25, 2)],
        [expect.closeTo(0.75, 2), expect.closeTo(0.25, 2)],
      ],
    ])
    expect(shape.strokes[0]!.radius).toBe(0.06)
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('is used with keys alone: cursor, brush, box, undo, invert; what is more than a shape goes as a picture', async () => {
    const there = await visit()
    const { page } = there
    const { stage } = await openEditor(page)
    await eventually(() => stage.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press(']')
    await page.keyboard.down('Space')
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.up('Space')
    await page.getByText(/Cursor 5\d % from the left, 50 % from the top: marked/).waitFor()
    await page.keyboard.press('r')
    await page.keyboard.press('Space')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowDown')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowLeft')
    await page.keyboard.press('Space')
    await page.keyboard.press('i')
    await page.getByText(/^9\d % of the picture is marked/).waitFor()
    await page.keyboard.press('Control+z')
    await page.getByText(/^\d % of the picture is marked/).waitFor()
    await page.keyboard.press('+')
    await page.keyboard.press('Control+ArrowRight')
    await apply(page)
    const { values, files } = await sent(there)
    expect(values).toEqual({ words: '' })
    const png = await pixels(page, files!['mask']!)
    expect(png).toMatchObject({ width: 128, height: 128, middle: 255, corner: 0 })
    expect(png.white / (128 * 128)).toBeGreaterThan(0.02)
  })

  it('begins with the mask that was proposed', async () => {
    const there = await visit()
    const { page } = there
    await say(page, 'draw a red fox in the snow')
    await picture(page).waitFor()
    await say(page, 'propose a blue fox')
    await button(page, 'Draw mask…').click()
    await page.getByText(/^9 % of the picture is marked/).waitFor() // a disc of 22 pixels
    await page.keyboard.press('i')
    await page.getByText(/^91 % of the picture is marked/).waitFor()
    await button(page, 'Use this mask').or(button(page, 'Draw mask')).click()
    const { files } = await sent(there)
    expect(await pixels(page, files!['mask']!)).toMatchObject({ middle: 255, corner: 255 })
  })

  it('pinches with two fingers, paints with one, and a pen keeps the hand from painting', async () => {
    const there = await visit()
    const { page } = there
    const { at } = await openEditor(page)
    const devtools = await page.context().newCDPSession(page)
    const zoom = () => page.locator('.zoom-figure').innerText()
    const whole = parseInt(await zoom(), 10)
    const [a, b] = [await at(0.4, 0.5), await at(0.6, 0.5)]
    await touch(devtools, 'touchStart', a)
    await touch(devtools, 'touchStart', a, b)
    await touch(devtools, 'touchMove', await at(0.2, 0.5), await at(0.8, 0.5))
    await touch(devtools, 'touchEnd')
    await eventually(async () => parseInt(await zoom(), 10) / whole).toBeCloseTo(3, 1)
    await page.getByText('Nothing is marked yet.').waitFor() // the first finger's dot was taken back
    await touch(devtools, 'touchStart', await at(0.5, 0.5))
    await touch(devtools, 'touchEnd')
    await page.getByText(/of the picture is marked/).waitFor()
    await pen(devtools, await at(0.45, 0.45), await at(0.55, 0.45))
    await touch(devtools, 'touchStart', await at(0.5, 0.55))
    await touch(devtools, 'touchEnd')
    await apply(page)
    const shape = shapeIn(await sent(there))
    if (shape.type !== 'strokes') throw new Error(shape.type)
    expect(shape.strokes.map(({ points }) => near(points[0]!))).toEqual([
      [expect.closeTo(0.5, 2), expect.closeTo(0.5, 2)],
      [expect.closeTo(0.45, 2), expect.closeTo(0.45, 2)],
    ])
  })
})

/** Fingers, as the browser gets them from the system. */
async function touch(
  devtools: CDPSession,
  type: 'touchStart' | 'touchMove' | 'touchEnd',
  ...points: readonly (readonly [number, number])[]
): Promise<void> {
  const touchPoints = points.map(([x, y], id) => ({ x, y, id }))
  await devtools.send('Input.dispatchTouchEvent', { type, touchPoints })
}

async function pen(
  devtools: CDPSession,
  from: readonly [number, number],
  to: readonly [number, number],
): Promise<void> {
  const send = (
    type: 'mousePressed' | 'mouseMoved' | 'mouseReleased',
    [x, y]: readonly [number, number],
    buttons: number,
  ) =>
    devtools.send('Input.dispatchMouseEvent', {
      ...{ type, x, y, buttons, button: 'left', clickCount: 1, pointerType: 'pen', force: 0.6 },
    })
  await send('mousePressed', from, 1)
  await send('mouseMoved', to, 1)
  await send('mouseReleased', to, 0)
}

/** What a PNG shows, by the browser. */
const pixels = (page: Page, png: Uint8Array) =>
  page.evaluate(
    async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
      const { width, height } = image
      const context = new OffscreenCanvas(width, height).getContext('2d')!
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, width, height)
      const at = (x: number, y: number) => data[4 * (y * width + x)]
      let white = 0
      for (let i = 0; i < data.length; i += 4) white += (data[i] ?? 0) > 125 ? 1 : 0
      return { width, height, white, middle: at(width / 2, height / 2), corner: at(1, 1) }
    },
    [...png],
  )

describePage('the mask editor behind a link', (visit) => {
  it('opens alone, sends what was drawn, and says so', async () => {
    const image = {
      imageId: 'i',
      sha256: 'a'.repeat(64),
      mediaType: 'image/png',
      width: 128,
      height: 128,
      alt: 'a fox',
    }
    const handled: Incoming[] = []
    const { page, adapter, served, complaints } = await visit(
      { publicUrl: 'http://localhost' },
      {
        readBlob: async () => solidPng(128, 128, 0xff8000),
        handle: async (incoming) => {
          handled.push(incoming)
          return { type: 'done' }
        },
      },
    )
    const key = { platform: 'discord', workspaceId: 'g', channelId: 'c', threadId: 't' }
    const link = await adapter.maskLink(
      key,
      { id: '400', name: 'Ann' },
      {
        ...{ actionId: 'cancel:i', label: 'Draw mask', style: 'secondary' },
        fields: [{ type: 'mask', name: 'mask', label: 'What is drawn anew', image }],
      },
    )
    await page.goto(served.url + new URL(link!).pathname)
    const sheet = page.locator('.mask-sheet')
    await eventually(() => sheet.evaluate((element) => element.getBoundingClientRect().width)).toBeGreaterThan(128)
    const box = (await sheet.boundingBox())!
    await page.mouse.move(box.x + 0.25 * box.width, box.y + 0.25 * box.height)
    await page.mouse.down()
    await page.mouse.move(box.x + 0.75 * box.width, box.y + 0.25 * box.height, { steps: 4 })
    await page.mouse.up()
    await page.getByRole('button', { name: 'Use this mask' }).click()
    await page.getByText('The picture comes in your chat').waitFor()
    expect(handled.at(-1)).toMatchObject({ type: 'action', key, author: { id: '400' }, actionId: 'cancel:i' })
    await page.reload()
    await page.getByText('This link was used already').waitFor()
    expect(complaints.filter((line) => !line.includes('404'))).toEqual([])
  })
})
