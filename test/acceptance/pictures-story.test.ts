import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WireImage, WireThread } from '../../adapters/web/wire.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { findChromium, launchChromium, noChromium } from '../adapters/web/chromium.ts'
import { eventually } from '../adapters/web/describe-page.ts'
import { makePlace, startServer, type Server } from './program.ts'
import { drawnImages, readThread, visit, type Visit } from './visit.ts'

const executable = findChromium()
const cat = readFileSync(new URL('../fixtures/llmga-tiny/sample-cat.png', import.meta.url))

if (executable === undefined && process.env['CI'] !== 'true') {
  it.skip(`every picture ability in a real browser (skipped: ${noChromium})`)
} else describe('the story of one picture, on the embedded models', { timeout: 120_000 }, story)

/** A designer iterates in one thread: each part goes on where the one before it ended. */
function story(): void {
  const place = makePlace('pictures')
  let browser: Awaited<ReturnType<typeof launchChromium>> | undefined
  let server: Server
  let at: Visit
  let replies = 0
  const complaints: string[] = []

  beforeAll(async () => {
    if (executable === undefined) throw new Error(noChromium)
    server = await startServer(place)
    browser = await launchChromium(executable)
    const page = browser.context.pages()[0] ?? (await browser.context.newPage())
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    at = visit(page)
    await page.goto(server.url)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    server.signalAll('SIGKILL')
    await server.exit
    place.remove()
  })

  const thread = (): Promise<WireThread> => readThread(server.url, at.threadId())
  const nextReply = (): Promise<void> => at.ended(++replies)
  const say = async (text: string): Promise<void> => {
    await at.say(text)
    await nextReply()
  }
  /** Opens a menu of the newest reply's buttons and chooses. */
  const choose = async (menu: string, item: string | RegExp): Promise<void> => {
    await at.reply.getByRole('button', { name: menu, exact: true }).click()
    await at.page.getByRole('menuitem', { name: item }).click()
  }
  /** Pictures for whoever looks at the page: SHOTS=folder. */
  const shot = async (name: string): Promise<void> => {
    const folder = process.env['SHOTS']
    if (folder === undefined) return
    mkdirSync(folder, { recursive: true })
    await at.page.waitForTimeout(400)
    await at.page.screenshot({ path: path.join(folder, `${name}.png`) })
  }
  const newest = async (): Promise<WireImage> => drawnImages(await thread()).at(-1)!
  const pixels = async (image: { readonly url: string }) => {
    const bytes = new Uint8Array(await (await fetch(server.url + image.url)).arrayBuffer())
    return decodeImage(bytes, { limits: { maxBytes: 1 << 26, maxPixels: 1 << 24 } })
  }

  it('a drawn picture is edited by words: the colour changes, the background stays', async () => {
    await say('draw a cat')
    const before = await pixels(await newest())
    await say('make it blue')
    const { recipe, ...image } = await newest()
    expect(recipe).toMatchObject({ operation: 'edit', prompt: expect.stringMatching(/blue cat/) as string })
    expect(recipe?.edit?.sourcePrompt).toMatch(/orange cat/)
    const after = await pixels(image)
    const corner = (rgb: typeof after) => [...rgb.data.subarray(0, 3 * 32)]
    const away = corner(after).map((value, i) => Math.abs(value - corner(before)[i]!))
    expect(Math.max(...away)).toBeLessThan(40)
    await eventually(() => at.reply.innerText()).toMatch(/% of the picture/)
    await shot('1-edit')
  })

  it('a second edit goes on from the first', async () => {
    await say('put it in the snow')
    expect((await newest()).recipe).toMatchObject({ prompt: expect.stringMatching(/blue cat.*snow/) as string })
    await shot('2-second-edit')
  })

  it('undo goes back, and another edit from there is another branch', async () => {
    await at.button('Undo').click()
    await expect.poll(() => at.replies.count()).toBe(2)
    replies = 2
    await say('add a crown')
    const { recipe } = await newest()
    expect(recipe?.prompt).toMatch(/blue cat wearing a crown/)
    expect(recipe?.prompt).not.toMatch(/snow/)
    await at.button('Pictures of this thread').click()
    await at.page.getByRole('dialog').waitFor()
    await shot('3-tree')
    await at.page.keyboard.press('Escape')
  })

  it('a part painted with the brush is drawn anew; every other pixel keeps its bytes', async () => {
    const before = await pixels(await newest())
    await choose('Edit', /Inpaint/)
    const canvas = at.page.getByRole('application')
    const box = (await canvas.boundingBox())!
    await at.page.mouse.move(box.x + box.width * 0.45, box.y + box.height * 0.35)
    await at.page.mouse.down()
    await at.page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.3, { steps: 4 })
    await at.page.mouse.up()
    await shot('4-mask')
    await at.page.locator('.mask-apply').click()
    await nextReply()
    const { recipe, ...image } = await newest()
    expect(recipe).toMatchObject({ operation: 'inpaint' })
    const after = await pixels(image)
    const changed = before.data.reduce((sum, value, i) => sum + Number(value !== after.data[i]), 0)
    expect(changed).toBeGreaterThan(0)
    expect([...after.data.subarray(-3 * 128 * 20)]).toEqual([...before.data.subarray(-3 * 128 * 20)])
    await shot('5-inpainted')
  })

  it('the picture grows to the right; what was there is kept bit for bit', async () => {
    const before = await pixels(await newest())
    await say('/outpaint right:50%')
    const after = await pixels(await newest())
    expect([after.width, after.height]).toEqual([192, 128])
    const row = (rgb: typeof after, y: number) => [...rgb.data.subarray(y * rgb.width * 3, y * rgb.width * 3 + 128 * 3)]
    for (const y of [0, 64, 127]) expect(row(after, y)).toEqual(row(before, y))
    await shot('6-outpainted')
  })

  it('is restored by its button', async () => {
    await choose('Edit', 'Restore')
    await nextReply()
    expect((await newest()).recipe).toMatchObject({ operation: 'restore', restore: { scale: 1 } })
  })

  it('a storybook of three pages comes with a file', async () => {
    await at.button('New thread').click()
    replies = 0
    await say('write a short story about a fox in 3 pictures')
    await eventually(() => at.reply.locator('.picture img').count()).toBe(3)
    const { entries } = await thread()
    const parts = entries.flatMap((entry) => (entry.type === 'reply' ? entry.reply.parts : []))
    expect(parts.find((part) => part.type === 'file')).toMatchObject({ mediaType: 'text/html' })
    await shot('7-story')
  })

  it("a photo's subject is drawn somewhere else", async () => {
    await at.button('New thread').click()
    replies = 0
    await at.drop('cat.png', cat)
    await say('/subject it on the beach --raw')
    expect((await newest()).recipe).toMatchObject({
      operation: 'text-to-image',
      subject: { scale: expect.any(Number) as number },
    })
    await shot('8-subject')
  })

  it('the browser had nothing to complain about', () => {
    expect(complaints).toEqual([])
  })
}
