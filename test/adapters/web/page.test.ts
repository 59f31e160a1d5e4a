import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { serveRoutes } from '../../../adapters/web/serve.ts'
import type { ServedRoutes } from '../../../adapters/web/serve.ts'
import type { WebOptions } from '../../../adapters/web/options.ts'
import type { IncomingMessage } from '../../../src/contract/incoming.ts'
import { findChromium, launchChromium, noChromium } from './chromium.ts'
import { drawScene } from './scene.ts'
import { startWeb } from './web.ts'
import type { Web } from './web.ts'

const executable = findChromium()

if (executable === undefined && process.env['CI'] !== 'true') {
  it.skip(`the page in a real browser (skipped: ${noChromium})`)
} else describe('the page in a real browser', pageTests)

interface Visit extends Web {
  readonly page: Page
  readonly served: ServedRoutes
  /** What the browser complained about: errors of scripts, the content security policy, failed requests. */
  readonly complaints: string[]
}

function pageTests(): void {
  let browser: Awaited<ReturnType<typeof launchChromium>> | undefined
  let page: Page
  let complaints: string[] = []
  beforeAll(async () => {
    if (executable === undefined) throw new Error(noChromium)
    browser = await launchChromium(executable)
    page = browser.context.pages()[0] ?? (await browser.context.newPage())
    page.setDefaultTimeout(20_000)
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterAll(() => browser?.close())
  afterEach(() => browser?.context.clearCookies())

  /** The page of a server of its own (so nothing is kept from the test before). */
  async function visit(options: Partial<WebOptions> = {}): Promise<Visit> {
    const web = await startWeb(options)
    const served = await serveRoutes(web.adapter.routes, { host: '127.0.0.1', port: 0 })
    complaints = []
    onTestFinished(async () => {
      await page.goto('about:blank')
      await page.setViewportSize({ width: 1280, height: 860 })
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: null })
      await web.adapter.stop()
      await served.close()
    })
    await page.goto(served.url)
    return { ...web, page, served, complaints }
  }
  const field = (page: Page) => page.getByRole('textbox', { name: 'Message' })
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
  const say = async (page: Page, text: string): Promise<void> => {
    await field(page).fill(text)
    await field(page).press('Enter')
  }
  const picture = (page: Page) => page.getByRole('article', { name: 'LLMGA' }).locator('.picture img')
  const lastMessage = ({ bot }: Web) => bot.handled.findLast((one): one is IncomingMessage => one.type === 'message')!
  const png = (name: string) => ({ name, mimeType: 'image/png', buffer: Buffer.from(drawScene(3)) })

  it('takes a wish from the first word to the picture, with words, prompt and previews on the way', async () => {
    const { page, bot, complaints } = await visit()
    bot.stopAt = 'writing'
    await say(page, 'draw a red fox in the snow')
    await page.locator('.bubble', { hasText: 'draw a red fox in the snow' }).waitFor()
    await page.locator('.said.streaming', { hasText: 'Sure! Here is a picture' }).waitFor()
    bot.release()
    bot.stopAt = 'drawing'
    await page.getByText('Step 6 of 10').waitFor()
    expect(await page.getByLabel('Prompt', { exact: true }).innerText()).toContain('a big red fox in the snow')
    expect(await page.getByAltText('Preview of the picture').getAttribute('src')).toMatch(/^data:image\/png/)
    expect(await page.getByText('about 2 s left').count()).toBe(1)
    bot.release()
    await picture(page).waitFor()
    expect(await picture(page).evaluate((image: HTMLImageElement) => [image.naturalWidth, image.clientWidth])).toEqual([
      128, 320,
    ])
    expect(await page.getByRole('progressbar').count()).toBe(0)
    expect(await page.getByRole('status').last().innerText()).toContain('Picture ready')
    expect(await page.locator('.thread-item.current').innerText()).toContain('draw a red fox in the snow')
    expect(complaints).toEqual([])
  })

  it('shows the thread as it was after a reload in the middle of a drawing', async () => {
    const { page, bot } = await visit()
    bot.stopAt = 'drawing'
    await say(page, 'draw a fox')
    await page.getByText('Step 6 of 10').waitFor()
    await page.reload()
    await page.getByText('Step 6 of 10').waitFor()
    bot.release()
    await picture(page).waitFor()
    expect(await page.getByRole('article').count()).toBe(2)
  })

  it('says the place in line, and cancels', async () => {
    const { page, bot } = await visit()
    bot.stopAt = 'queued'
    await say(page, 'draw a fox')
    await page.getByText('Waiting: 2nd in line').waitFor()
    await button(page, 'Cancel').click()
    await page.getByRole('article').getByText('Cancelled.').waitFor()
    expect(bot.handled.at(-1)).toMatchObject({ type: 'action', actionId: 'cancel:job-1' })
    expect(await picture(page).count()).toBe(0)
  })

  it('draws a changed prompt; Esc leaves it as it is', async () => {
    const { page, bot } = await visit()
    await say(page, 'draw a fox')
    await button(page, 'Edit prompt').click()
    const form = page.getByRole('textbox', { name: 'Prompt' })
    await form.press('Escape')
    expect(await form.count()).toBe(0)
    await button(page, 'Edit prompt').click()
    await form.fill('a blue fox')
    await form.press('Enter')
    await page.getByText('a big a blue fox in the center').waitFor()
    expect(bot.handled.at(-1)).toMatchObject({ actionId: 'draw:turn-job-1:0', values: { prompt: 'a blue fox' } })
  })

  it('offers redo, variations, recipe, download and delete beside each picture', async () => {
    const { page, bot } = await visit()
    await say(page, 'draw four foxes')
    await button(page, 'Variations 4').waitFor()
    expect(await picture(page).count()).toBe(4)
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download picture 2' }).click()
    expect((await download).suggestedFilename()).toBe('draw-four-foxes-2.png')
    await button(page, 'Delete 3').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 3' }).click()
    await expect.poll(() => picture(page).count()).toBe(3)
    await button(page, 'Redo with a new seed 1').click()
    await expect.poll(() => bot.handled.at(-1)).toMatchObject({ actionId: 'redo:image-job-1-0' })
    await button(page, 'Undo').first().click()
    await expect.poll(() => bot.handled.at(-1)).toMatchObject({ command: { name: 'undo' } })
  })

  it('shows a recipe to read and to copy', async () => {
    const { page } = await visit()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await say(page, 'draw a fox')
    await button(page, 'Recipe of picture').click()
    const panel = page.getByRole('dialog', { name: 'Recipe' })
    expect(await panel.innerText()).toMatch(/Seed\s+1\s+Sampler\s+ddim/)
    await panel.getByRole('button', { name: 'Copy' }).click()
    await panel.getByText('Copied').waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(JSON.parse(copied)).toMatchObject({ seed: 1, wish: 'draw a fox' })
    await page.keyboard.press('Escape')
    expect(await panel.count()).toBe(0)
  })

  it('enlarges pictures; arrow keys go on, Esc closes and gives the focus back', async () => {
    const { page } = await visit()
    await say(page, 'draw four foxes')
    await button(page, /^Enlarge picture 4/).click()
    await page.getByRole('dialog', { name: 'Picture 4 of 4' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('dialog', { name: 'Picture 1 of 4' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toMatch(/^Enlarge picture 4/)
  })

  it('takes pictures that are chosen, dropped and pasted, and shows them before they are sent', async () => {
    const web = await visit()
    const { page } = web
    await page.locator('input[type=file]').setInputFiles([png('chosen.png'), png('wrong.png')])
    await button(page, 'Remove wrong.png').click()
    const bring = async (type: 'drop' | 'paste', name: string): Promise<void> =>
      page.evaluate(
        ([kind, file, bytes]) => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(bytes)], file, { type: 'image/png' }))
          const event = kind === 'drop' ? new DragEvent('drop', { dataTransfer: data, cancelable: true }) : undefined
          dispatchEvent(event ?? new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))
        },
        [type, name, [...drawScene(5)]] as const,
      )
    await bring('drop', 'dropped.png')
    await bring('paste', 'pasted.png')
    expect(await page.getByLabel('Pictures to send').getByRole('img').count()).toBe(3)
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.of(1) })
    expect(await page.getByRole('alert').innerText()).toBe('“a.txt” is not a picture.')
    await say(page, 'what is this?')
    await expect.poll(() => page.locator('.person-images img').count()).toBe(3)
    expect(lastMessage(web).attachments.map(({ name }) => name)).toEqual(['chosen.png', 'dropped.png', 'pasted.png'])
  })

  it('sends the drawing options with a wish', async () => {
    const web = await visit()
    const { page } = web
    await page.getByText('Draw', { exact: true }).click()
    await button(page, 'Options').click()
    await page.getByLabel('Steps').fill('12')
    await page.getByLabel('Seed').fill('7')
    await page.getByLabel('Size').selectOption('16:9')
    await page.getByLabel('Sampler').selectOption('euler')
    await page.getByLabel('Style').selectOption('poster')
    await page.getByLabel('Leave out').fill('fog')
    await page.getByLabel('Draw my words as they are').check()
    await say(page, 'a red fox')
    await expect.poll(() => web.bot.handled.length).toBe(1)
    expect(lastMessage(web)).toMatchObject({ text: 'a red fox' })
    expect(lastMessage(web).command).toEqual({
      name: 'imagine',
      options: { steps: 12, seed: 7, ratio: '16:9', sampler: 'euler', style: 'poster', negative: 'fog', raw: true },
    })
    await page.reload()
    expect(await button(page, 'Options · 7').count()).toBe(1)
  })

  it('tells what the model knows; an example is said, a word goes into the message', async () => {
    const web = await visit()
    const { page } = web
    await page.getByText('The embedded tiny model knows').click()
    await page.getByRole('button', { name: 'dinosaur' }).click()
    await page.getByRole('button', { name: 'purple' }).click()
    expect(await field(page).inputValue()).toBe('dinosaur purple ')
    await button(page, 'What can it draw?').click()
    await page.getByRole('dialog').getByRole('button', { name: 'a yellow star at night' }).click()
    await page.locator('.bubble', { hasText: 'a yellow star at night' }).waitFor()
    expect(lastMessage(web).text).toBe('a yellow star at night')
  })

  it('keeps threads: new, switch, rename, delete, and a draft for each', async () => {
    const { page } = await visit()
    await say(page, 'draw a fox')
    await picture(page).waitFor()
    await field(page).fill('half a thought')
    await button(page, /New thread/).click()
    expect(await field(page).inputValue()).toBe('')
    await say(page, 'draw a boat')
    await expect.poll(() => page.locator('.thread-item').count()).toBe(2)
    await page.locator('.thread-open', { hasText: 'draw a fox' }).click()
    await page.locator('.bubble', { hasText: 'draw a fox' }).waitFor()
    expect(await field(page).inputValue()).toBe('half a thought')
    await page.locator('.thread-item.current').hover()
    await button(page, 'Rename “draw a fox”').click()
    await page.getByLabel('Title of the thread').fill('Wolves')
    await page.keyboard.press('Escape')
    await page.locator('.thread-item.current').hover()
    await button(page, 'Rename “draw a fox”').click()
    await page.getByLabel('Title of the thread').fill('Foxes')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('Foxes')
    await button(page, 'Delete “Foxes”').click({ force: true })
    await page.getByRole('button', { name: 'Keep' }).click()
    await button(page, 'Delete “Foxes”').click({ force: true })
    await page.getByRole('button', { name: 'Delete thread' }).click()
    await expect.poll(() => page.locator('.thread-item').count()).toBe(1)
    await page.getByText('What shall we draw?').waitFor()
    await page.goBack()
    await page.getByText('What shall we draw?').waitFor()
  })

  it('shows why a message was refused and sends the same one again; a failed reply can be tried again', async () => {
    const { page, bot } = await visit()
    await say(page, 'refuse this')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.innerText()).toContain('You have 8 jobs waiting. Wait for one of them to finish.')
    await button(page, 'Retry').click()
    await expect.poll(() => bot.handled.length).toBe(2)
    expect(bot.handled[0]?.eventId).toBe(bot.handled[1]?.eventId)
    await button(page, 'Discard').click()
    await say(page, 'please fail')
    await page.getByRole('article').getByText('The model stopped unexpectedly').waitFor()
    await button(page, 'Try again').click()
    await expect.poll(() => bot.handled.at(-1)).toMatchObject({ actionId: 'retry:job-1' })
  })

  it('says that the connection is lost, comes back by itself and has missed nothing', async () => {
    const { page, bot, adapter, served } = await visit()
    bot.stopAt = 'drawing'
    await say(page, 'draw a fox')
    await page.getByText('Step 6 of 10').waitFor()
    await served.close()
    await page.getByText('Connection lost').waitFor()
    bot.release()
    await say(page, 'and a boat')
    await page.getByText('The program cannot be reached.').waitFor()
    const again = await serveRoutes(adapter.routes, { host: '127.0.0.1', port: served.port })
    onTestFinished(() => again.close())
    await picture(page).waitFor()
    expect(await page.getByText('Connection lost').count()).toBe(0)
    await button(page, 'Retry').click()
    await expect.poll(() => picture(page).count()).toBe(2)
  })

  it('is dark where the system is, and when it is switched, also after a reload', async () => {
    const { page } = await visit()
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await background()
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await background()
    expect(dark).not.toBe(light)
    await page.emulateMedia({ colorScheme: 'light' })
    await page.reload()
    await button(page, 'Switch to dark colours').click()
    expect(await background()).toBe(dark)
    await page.reload()
    expect(await background()).toBe(dark)
  })

  it('has its threads in a drawer on narrow screens, and nothing sticks out', async () => {
    const { page } = await visit()
    await page.setViewportSize({ width: 360, height: 740 })
    await say(page, 'draw four foxes')
    await button(page, 'Variations 4').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await button(page, 'Threads').click()
    await page.locator('.thread-open').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.thread-open').isVisible()).toBe(false)
  })

  it('is used by keyboard alone, and every control has a name', async () => {
    const { page } = await visit()
    await field(page).waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('message')
    await page.keyboard.type('draw a fox')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('in the snow')
    await page.keyboard.press('Enter')
    await picture(page).waitFor()
    expect(await page.locator('.bubble').innerText()).toBe('draw a fox\nin the snow')
    const first = page.locator('a, button, input, textarea, [tabindex]').first()
    expect(await first.innerText()).toBe('Skip to the message field')
    await first.focus()
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('message')
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, input, textarea, select, img')]
        .filter((element) => !(element instanceof HTMLElement && element.hidden))
        .filter((element) => {
          const labels = 'labels' in element ? [...((element.labels as NodeListOf<HTMLElement> | null) ?? [])] : []
          const words = [element.textContent, element.getAttribute('aria-label'), element.getAttribute('alt')]
          const decoration = element.getAttribute('alt') === ''
          return !decoration && ![...words, ...labels.map((label) => label.textContent)].some((name) => name?.trim())
        })
        .map((element) => element.outerHTML),
    )
    expect(nameless).toEqual([])
  })

  it('moves nothing for people who want less motion', async () => {
    const { page, bot } = await visit()
    await page.emulateMedia({ reducedMotion: 'reduce' })
    bot.stopAt = 'thinking'
    await say(page, 'draw a fox')
    await page.getByText('Thinking', { exact: true }).waitFor()
    expect(
      await page
        .locator('.dots i')
        .first()
        .evaluate((dot) => getComputedStyle(dot).animationDuration),
    ).toBe('1e-05s')
  })

  it('asks for the token where it is protected, and lets one out again', async () => {
    const { page, complaints } = await visit({ tokens: [{ name: 'ann', token: 'ann-secret-token' }] })
    await page.getByLabel('Token').fill('wrong')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('alert').innerText()).toBe('This token is not known here.')
    await page.getByLabel('Token').fill('ann-secret-token')
    await button(page, 'Sign in').click()
    await say(page, 'draw a fox')
    await picture(page).waitFor()
    await button(page, 'Sign out').click()
    await page.getByLabel('Token').waitFor()
    expect(complaints.filter((line) => !/status of 401/.test(line))).toEqual([])
  })
}
