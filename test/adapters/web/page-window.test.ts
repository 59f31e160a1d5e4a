import { expect, it, onTestFinished } from 'vitest'
import { serveRoutes } from '../../../adapters/web/serve.ts'
import { button, describePage, eventually, field, picture, say } from './describe-page.ts'

describePage('the page, its connection, colours, sizes and keys', (visit) => {
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
    await eventually(() => page.getByText('Connection lost').count()).toBe(0)
    await button(page, 'Retry').click()
    await eventually(() => picture(page).count()).toBe(2)
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
    await eventually(background).toBe(dark)
    await page.reload()
    await eventually(background).toBe(dark)
  })

  it('has its threads in a drawer on narrow screens, and nothing sticks out', async () => {
    const { page } = await visit()
    await page.setViewportSize({ width: 360, height: 740 })
    await say(page, 'draw four foxes')
    await button(page, 'Variations 4').waitFor()
    await eventually(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await button(page, 'Threads').click()
    await page.locator('.thread-open').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => page.locator('.thread-open').isVisible()).toBe(false)
  })

  it('is used by keyboard alone, and every control has a name', async () => {
    const { page } = await visit()
    await field(page).waitFor()
    await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('message')
    await page.keyboard.type('draw a fox')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('in the snow')
    await page.keyboard.press('Enter')
    await picture(page).waitFor()
    await eventually(() => page.locator('.bubble').innerText()).toBe('draw a fox\nin the snow')
    const first = page.locator('a, button, input, textarea, [tabindex]').first()
    await eventually(() => first.innerText()).toBe('Skip to the message field')
    await first.focus()
    await page.keyboard.press('Enter')
    await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('message')
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
    await eventually(() => page.getByRole('alert').innerText()).toBe('This token is not known here.')
    await page.getByLabel('Token').fill('ann-secret-token')
    await button(page, 'Sign in').click()
    await say(page, 'draw a fox')
    await picture(page).waitFor()
    await button(page, 'Sign out').click()
    await page.getByLabel('Token').waitFor()
    expect(complaints.filter((line) => !/status of 401/.test(line))).toEqual([])
  })
})
