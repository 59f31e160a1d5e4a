import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { WebOptions } from '../../../adapters/web/options.ts'
import { serveRoutes } from '../../../adapters/web/serve.ts'
import type { ServedRoutes } from '../../../adapters/web/serve.ts'
import type { Bot } from '../../../src/contract/adapter.ts'
import { findChromium, launchChromium, noChromium } from './chromium.ts'
import { startWeb } from './web.ts'
import type { Web } from './web.ts'

/** A page in a browser, and the server behind it. */
export interface Visit extends Web {
  readonly page: Page
  readonly served: ServedRoutes
  /** What the browser complained about: errors of scripts, the content security policy, failed requests. */
  readonly complaints: string[]
}

export type Visiting = (options?: Partial<WebOptions>, changes?: Partial<Bot>) => Promise<Visit>

/** Tests of the page in a real Chromium. Without one they are skipped by name; under CI=true that is a failure. */
export function describePage(name: string, tests: (visit: Visiting) => void): void {
  const executable = findChromium()
  if (executable === undefined && process.env['CI'] !== 'true') return it.skip(`${name} (skipped: ${noChromium})`)
  describe(name, () => {
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

    // every visit has a server and so an origin of its own: nothing is kept from the test before
    tests(async (options = {}, changes = {}) => {
      const web = await startWeb(options, changes)
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
    })
  })
}

export const field = (page: Page) => page.getByRole('textbox', { name: 'Message' })

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })

/** Pictures that were drawn. */
export const picture = (page: Page) => page.getByRole('article', { name: 'LLMGA' }).locator('.picture img')

export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await field(page).press('Enter')
}

/** What comes to hold within a while. */
export const eventually = <T>(value: () => T | Promise<T>) => expect.poll(value, { timeout: 20_000 })
