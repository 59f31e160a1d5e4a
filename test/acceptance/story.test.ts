import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchChromium, noChromium } from '../adapters/web/chromium.ts'
import { eventually } from '../adapters/web/describe-page.ts'
import { childrenOf, isRunning, makePlace, startServer, type Server } from './program.ts'
import { drawnImages, readPictures, readThread, record, visit, type Visit } from './visit.ts'

const executable = findChromium()
const cat = readFileSync(new URL('../fixtures/llmga-tiny/sample-cat.png', import.meta.url))

if (executable === undefined && process.env['CI'] !== 'true') {
  it.skip(`the story in a real browser (skipped: ${noChromium})`)
} else describe('the story of a newcomer, on the embedded models', { timeout: 120_000 }, story)

/** One person, one browser, one data folder: each part goes on where the one before it ended. */
function story(): void {
  const place = makePlace('story')
  let browser: Awaited<ReturnType<typeof launchChromium>> | undefined
  let server: Server
  let at: Visit
  /** What the browser complained about while the program ran. */
  const complaints: string[] = []

  beforeAll(async () => {
    if (executable === undefined) throw new Error(noChromium)
    server = await startServer(place)
    browser = await launchChromium(executable)
    const page = browser.context.pages()[0] ?? (await browser.context.newPage())
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('response', (response) => {
      const isStarting = response.status() === 503 // after a restart, until the program is ready: the page asks again
      if (response.status() >= 400 && !isStarting) complaints.push(statusOf(response))
    })
    at = visit(page)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    server.signalAll('SIGKILL')
    await server.exit
    place.remove()
  })

  /** Kills the program, starts it again at the same address, and waits until the page has found it. */
  async function killAndStartAgain(kill: () => void): Promise<void> {
    kill()
    await server.exit
    await at.page.getByText('Connection lost').waitFor()
    server = await startServer(place, { LLMGA_HTTP_PORT: new URL(server.url).port })
    await at.page.getByText('Connection lost').waitFor({ state: 'detached' })
  }

  it('a wish becomes a streamed sentence, a refined prompt, previews, and a picture', async () => {
    await at.page.goto(server.url)
    await at.page.getByText('20 objects, 12 places').waitFor()
    const moments = await record(at.page)
    await at.say('draw a red fox in the snow')
    await at.pictures.waitFor()
    const size = await at.pictures.evaluate(async (image: HTMLImageElement) => {
      await image.decode()
      return [image.naturalWidth, image.naturalHeight]
    })
    expect(size).toEqual([128, 128])
    await at.ended(1)
    const seen = await moments()
    const words = [...new Set(seen.map(({ said, prompt }) => said + prompt))]
    expect(words.length).toBeGreaterThan(3) // it was shown while it grew
    for (const [i, text] of words.entries()) expect(text.startsWith(words[i - 1]?.trim() ?? '')).toBe(true)
    expect(seen.at(-1)).toMatchObject({
      said: expect.stringMatching(/fox/) as string,
      prompt: expect.stringMatching(/red fox.*snow.*style/) as string,
    })
    expect(new Set(seen.map(({ preview }) => preview)).size).toBeGreaterThan(2)
    const steps = seen.map(({ step }) => step).filter((step) => step > 0)
    expect(steps.length).toBeGreaterThan(2)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  })

  it('the model sees what it drew', async () => {
    await at.say('What color is the fox?')
    await at.ended(2)
    await eventually(() => at.reply.innerText()).toMatch(/\bred\b/)
  })

  it('a picture of the person is looked at', async () => {
    await at.drop('cat.png', cat)
    await at.say('What color is the cat?')
    await at.ended(3)
    await eventually(() => at.reply.innerText()).toMatch(/\bblue\b/)
    expect(await at.page.locator('.person-images img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(
      128,
    )
  })

  it('after kill -9 of everything the thread is there as it was, and goes on', async () => {
    const thread = await readThread(server.url, at.threadId())
    const pictures = await readPictures(server.url, thread)
    expect([...pictures.values()].some((bytes) => bytes.equals(cat))).toBe(true)
    await killAndStartAgain(() => server.signalAll('SIGKILL'))
    const again = await readThread(server.url, at.threadId())
    expect(again).toEqual(thread)
    expect(await readPictures(server.url, again)).toEqual(pictures)
    await at.page.reload()
    await at.ended(3)
    await eventually(() => at.page.getByRole('article').count()).toBe(6)
    await at.say('Is there a dog in the image?')
    await at.ended(4)
    await eventually(() => at.reply.innerText()).toMatch(/^No\b/)
  })

  it('the bot killed while it draws takes its worker along, and the picture arrives once after the restart', async () => {
    await at.say('/imagine a yellow star at night --raw --steps 40 --seed 5')
    await at.page.getByRole('progressbar').waitFor()
    const children = childrenOf(server.pid)
    expect(children.length).toBeGreaterThan(0)
    await killAndStartAgain(() => server.signal('SIGKILL'))
    await expect.poll(() => children.filter(isRunning)).toEqual([])
    await at.ended(5)
    const { entries } = await readThread(server.url, at.threadId())
    expect(entries).toHaveLength(10)
    expect(entries.at(-1)).toMatchObject({ type: 'reply', reply: { state: 'done', final: true } })
    expect(drawnImages(await readThread(server.url, at.threadId())).map(({ recipe }) => recipe?.prompt)).toEqual([
      expect.stringMatching(/red fox/),
      'a yellow star at night',
    ])
    await expect.poll(() => at.pictures.count()).toBe(2)
  })

  it('talks in one thread while it draws in another, and stops drawing within a step', async () => {
    const drawing = at.threadId()
    await at.say('/imagine a red car --raw --steps 150')
    await at.page.getByRole('progressbar').waitFor()
    await at.button('New thread').click()
    await at.drop('cat.png', cat)
    await at.say('What color is the cat?')
    await at.ended(1)
    await eventually(() => at.reply.innerText()).toMatch(/\bblue\b/)
    const other = await readThread(server.url, drawing)
    expect(other.entries.at(-1)).toMatchObject({ reply: { state: 'running', final: false } })

    await at.page.locator('.thread-open', { hasText: 'draw a red fox' }).click()
    await at.button('Cancel').click()
    const cancelled = performance.now()
    await at.reply.getByText('Cancelled.').waitFor()
    await eventually(() => at.reply.locator('.picture').count()).toBe(0)
    const left = remainingMs(other)
    await at.say('/imagine a red car --raw --steps 2 --seed 1')
    await expect.poll(() => at.pictures.count(), { timeout: left }).toBe(3)
    expect(performance.now() - cancelled).toBeLessThan(left / 2) // the other 140 steps were not drawn first
  })

  it('has buttons that draw again, vary, edit, tell the recipe, delete and take back', async () => {
    await at.button('New thread').click()
    await at.say('/imagine a red car --steps 4 --seed 7')
    await at.ended(1)
    await choose(at, 'Again', 'Redo with a new seed')
    await at.ended(2)
    await choose(at, 'Again', 'Variations')
    await at.ended(3)
    await expect.poll(() => at.reply.locator('.picture img').count()).toBe(4)
    await at.replies.first().getByRole('button', { name: 'Edit prompt' }).click()
    await at.page.getByRole('textbox', { name: 'Prompt' }).fill('a big blue car in the center, on the beach')
    await at.page.keyboard.press('Enter')
    await at.ended(4)
    const recipe = at.page.getByRole('dialog', { name: 'Recipe' })
    for (let tries = 0; tries < 3 && !(await recipe.isVisible()); tries++) {
      await at.reply.getByRole('button', { name: 'Recipe of picture' }).click()
      await recipe.waitFor({ timeout: 10_000 }).catch(() => undefined) // a button that moves away is not pressed
    }
    await eventually(() => recipe.innerText()).toMatch(
      /Prompt\s+a big blue car in the center, on the beach\s+Seed\s+7\s/,
    )
    await at.page.keyboard.press('Escape')

    const thread = await readThread(server.url, at.threadId())
    const recipes = drawnImages(thread).map((image) => image.recipe!)
    expect(recipes.map(({ steps }) => steps)).toEqual([4, 4, 4, 4, 4, 4, 4])
    expect(recipes[0]).toMatchObject({ seed: 7, wish: 'a red car' })
    expect(recipes[1]!.seed).not.toBe(7)
    expect(recipes[1]!.prompt).toBe(recipes[0]!.prompt)
    expect(new Set(recipes.slice(2, 6).map(({ variation }) => variation?.seed)).size).toBe(4)
    expect(recipes[6]).toMatchObject({ seed: 7, prompt: 'a big blue car in the center, on the beach' })

    const [image] = drawnImages(thread)
    await choose(at, 'More', 'Delete', at.replies.first())
    await at.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => at.pictures.count()).toBe(6)
    expect((await fetch(server.url + image!.url)).status).toBe(404)
    await at.button('Undo').click()
    await expect.poll(() => at.replies.count()).toBe(3)
    expect((await readThread(server.url, at.threadId())).entries).toHaveLength(6)
  })

  it('the browser had nothing to complain about', () => {
    expect(complaints).toEqual([])
  })
}

/** Opens a menu of a reply's buttons and chooses. */
async function choose(at: Visit, menu: string, item: string, reply = at.reply): Promise<void> {
  await reply.getByRole('button', { name: menu, exact: true }).click()
  await at.page.getByRole('menuitem', { name: item }).click()
}

const statusOf = (response: { status(): number; url(): string }) => `${response.status()} ${response.url()}`

/** What the program thinks that the drawing at the thread's end still takes. */
function remainingMs({ entries }: Awaited<ReturnType<typeof readThread>>): number {
  const last = entries.at(-1)
  const parts = last?.type === 'reply' ? last.reply.parts : []
  const left = parts.flatMap((part) =>
    part.type === 'progress' && part.progress.phase === 'drawing' ? [part.progress.remainingMs ?? 0] : [],
  )
  expect(left.length).toBe(1)
  return left[0]!
}
